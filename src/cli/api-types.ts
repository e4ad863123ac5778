/** What /api/v1 answers, as far as commands read it. Times are ISO 8601. */
import type { Clearance, DatabaseAccess, EntryState } from '../store/types.ts'

export interface CertificateInfo {
  /** SHA-256, hex. */
  readonly fingerprint: string
  /** SHA-1, hex. */
  readonly thumbprint: string
  readonly name: string
  readonly subject: string
  readonly issuer: string
  readonly serial: string
  readonly pin: string
  readonly sans: readonly string[]
  readonly not_before: string
  readonly not_after: string
  readonly clearance: Clearance
  readonly permissions: Readonly<Record<string, DatabaseAccess>>
  readonly state: EntryState
  readonly revoked: { readonly at: string; readonly reason: string } | null
  readonly disabled: boolean
  /** Another certificate that its key is refused through. */
  readonly refused_by?: { readonly fingerprint: string; readonly name: string; readonly state: EntryState } | null
  readonly origin: string
  readonly predecessor: string | null
  readonly group: string
  readonly created_at: string
  readonly created_by: string
  readonly last_seen: string | null
}

/** One that was revoked or disabled, and what is refused with it for having the same key. */
export interface WithdrawnCertificate extends ChangedCertificate {
  readonly also_refused?: readonly { readonly fingerprint: string; readonly name: string }[]
}

export interface CertificatePage {
  readonly total: number
  readonly certificates: readonly CertificateInfo[]
}

/** Answer to a change; `others`: those of its name that it was done to as well. */
export interface ChangedCertificate extends CertificateInfo {
  readonly others: readonly CertificateInfo[]
}

export interface CertificateDetails extends CertificateInfo {
  /** Of its name: those that it renews or that renew it, newest first. */
  readonly others: readonly CertificateInfo[]
  readonly pem: string
  readonly renewals: readonly string[]
  readonly history: readonly AuditLine[]
  readonly roles: readonly string[]
}

export interface SignedCertificate {
  readonly certificate: CertificateInfo
  readonly pem: string
  /** Names that were asked for and are not in it. */
  readonly dropped?: readonly string[]
  readonly warnings?: readonly string[]
}

export interface TrustedCertificates {
  readonly certificates: readonly CertificateInfo[]
  readonly warnings?: readonly string[]
}

export interface AuditLine {
  readonly sequence: number
  /** ISO 8601, or milliseconds since the epoch. */
  readonly at: string | number
  readonly actor: { readonly name: string; readonly fingerprint: string | null; readonly remote: string | null; readonly os_user?: string }
  readonly action: string
  readonly target: string | null
  readonly outcome: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface TokenInfo {
  readonly id: string
  readonly name: string
  readonly clearance: Clearance
  readonly permissions: Readonly<Record<string, DatabaseAccess>>
  readonly created_at: string
  readonly created_by: string
  readonly expires_at: string
  readonly used: { readonly at: string; readonly fingerprint: string } | null
}

export interface ListInfo {
  readonly number: number | string
  readonly this_update: string
  readonly next_update: string
  readonly revoked: number
}

export interface AuthorityInfo {
  readonly issuing: { readonly subject: string; readonly not_after: string; readonly key_type: string } | null
  readonly problem: string
  readonly issuers: readonly {
    readonly subject: string
    readonly key_id: string
    readonly not_after: string
    readonly crl: ListInfo | null
    readonly signs: boolean
  }[]
  /** What the roots say of their issuing CAs. Absent: the gateway is of an older version. */
  readonly root_lists?: readonly { readonly subject: string; readonly key_id: string; readonly crl: ListInfo }[]
  readonly roots: readonly {
    readonly subject: string
    readonly not_after: string
    readonly fingerprint: string
    /** Absent: the gateway is of an older version. */
    readonly ends_by_rotation?: boolean
    /** It ends by a rotation and is a CA of the user's own. */
    readonly own?: boolean
  }[]
  readonly rotation: { readonly overlap_until: string } | null
}

/** What a rotation answers. */
export interface RotationInfo extends AuthorityInfo {
  readonly issuer?: { readonly subject: string; readonly key: string } | null
  /** Bound by `issuers` to what was replaced alone. */
  readonly unbound_roles?: readonly { readonly role: string; readonly file: string; readonly line: number }[]
}
