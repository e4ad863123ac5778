import type { AuditEntry } from './audit.ts'

export type Clearance = 'ValidUser' | 'Operator' | 'ClusterAdmin' | 'ClusterNode'

export type Access = 'Admin' | 'ReadWrite' | 'Read'

export interface NamedCertificate {
  readonly fingerprint: string
  readonly name: string
}

export interface Certificate extends NamedCertificate {
  readonly thumbprint: string
  readonly subject: string
  readonly issuer: string
  readonly serial: string
  readonly pin: string
  readonly sans: readonly string[]
  readonly not_before: string
  readonly not_after: string
  readonly clearance: Clearance
  readonly permissions: Readonly<Record<string, Access>>
  readonly state: string
  readonly revoked: { readonly at: string; readonly reason: string } | null
  readonly disabled: boolean
  readonly refused_by: (NamedCertificate & { readonly state: string }) | null
  readonly origin: 'issued' | 'trusted' | 'renewed'
  readonly predecessor: string | null
  readonly group: string
  readonly created_at: string
  readonly created_by: string
  readonly last_seen: string | null
}

export interface CertificatePage {
  readonly total: number
  readonly certificates: readonly Certificate[]
}

export interface CertificateDetails extends Certificate {
  readonly pem: string
  readonly chain: readonly { readonly subject: string; readonly fingerprint: string; readonly not_after: string }[]
  readonly renewals: readonly string[]
  readonly others: readonly Certificate[]
  readonly same_key: readonly NamedCertificate[]
  readonly history: readonly AuditEntry[]
  readonly roles: readonly string[]
}

/** `also_refused` where it was disabled or revoked. */
export interface ChangedCertificate extends Certificate {
  readonly others: readonly Certificate[]
  readonly also_refused?: readonly NamedCertificate[]
}

export interface SignedCertificate {
  readonly certificate: Certificate
  readonly pem: string
  readonly dropped: readonly string[]
  readonly same_key: readonly NamedCertificate[]
  readonly warnings: readonly string[]
}

export interface RouteAccess {
  readonly route: string
  readonly line: number
  readonly listener: string
  readonly hosts: readonly string[]
  readonly path: string
  readonly methods: readonly string[]
  readonly access: 'allowed' | 'denied' | 'conditional'
  readonly reason: string | null
  readonly detail: string
  readonly databases: readonly string[]
}

export interface CertificateAccess {
  readonly total: number
  readonly by_address: boolean
  readonly routes: readonly RouteAccess[]
}

/** Of the event `certificate`; `target`: the group of the certificate, where it was one. */
export interface CertificateEvent {
  readonly action: string
  readonly target: string | null
  readonly by: string
  readonly page: string | null
}
