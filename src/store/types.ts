/** What RavenDB calls the security clearance of a certificate; ClusterNode ranks as ClusterAdmin. */
export type Clearance = 'ClusterAdmin' | 'ClusterNode' | 'Operator' | 'ValidUser'

/** Rights on one database; each contains the next. */
export type DatabaseAccess = 'Admin' | 'ReadWrite' | 'Read'

/** RFC 5280 section 5.3.1, the reasons an operator may give. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'caCompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn'

/** One client certificate that was issued here, or is trusted by hand. Times in milliseconds since the epoch. */
export interface RegistryEntry {
  /** SHA-256 of the DER, lower-case hex: the key. */
  readonly fingerprint: string
  /** SHA-1, upper-case hex, as RavenDB shows it to people. */
  readonly thumbprint: string
  readonly name: string
  /** Printed as in SEMANTICS.md section 3. */
  readonly subjectDn: string
  readonly issuerDn: string
  /** Upper-case hex, as in certificate facts. */
  readonly serial: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex (base64 of it is RavenDB's PublicKeyPinningHash). */
  readonly pin: string
  /** `dNSName:...`, `iPAddress:...` and so on. */
  readonly sans: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
  readonly der: Buffer
  readonly clearance: Clearance
  /** Database names in the case they were given; compared ASCII case-insensitively. */
  readonly permissions: ReadonlyMap<string, DatabaseAccess>
  readonly origin: 'issued' | 'trusted' | 'renewed'
  /** Fingerprint of the certificate it renews. */
  readonly predecessor: string | null
  /** Several leaves of one PFX are one entry for people: they share this. */
  readonly group: string
  readonly disabled: boolean
  readonly revoked: { readonly at: number; readonly reason: RevocationReason } | null
  readonly createdAt: number
  /** Who did it: `cli`, or the name and fingerprint of a certificate. */
  readonly createdBy: string
  /** Written back lazily; null: never seen. */
  readonly lastSeen: number | null
  /** Rises with every change of this registry: deltas to workers are ordered by it. */
  readonly version: number
}

/** What is known of it at a moment; `expiring`: within the threshold. */
export type EntryState = 'valid' | 'expiring' | 'expired' | 'disabled' | 'revoked'
