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
  /** SubjectPublicKeyInfo (DER) of the CA that signed it, where that was verified; null: not known, and nothing is recognised as its renewal. */
  readonly issuerKey: Buffer | null
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
  /** The worst that any entry with this key says, itself included: its key is refused. null: none says anything. */
  readonly keyRefusal: KeyRefusal | null
  readonly createdAt: number
  /** Who did it: `cli`, or the name and fingerprint of a certificate. */
  readonly createdBy: string
  /** Written back lazily; null: never seen. */
  readonly lastSeen: number | null
  /** Rises with every change of this registry: deltas to workers are ordered by it. */
  readonly version: number
}

/** What refuses a key, whichever certificate shows it. */
export type KeyRefusal = 'disabled' | 'revoked'

/** What is known of it at a moment; `expiring`: within the threshold. */
export type EntryState = 'valid' | 'expiring' | 'expired' | 'disabled' | 'revoked'

/** What deltas and sealing need of an entry: all but the certificate itself, and what follows from others with its key. */
export type RegistryRecord = Omit<RegistryEntry, 'der' | 'keyRefusal'>

/** What is known of a certificate before it is in the registry; fingerprint and thumbprint are computed from `der`. */
export interface NewEntry {
  readonly der: Uint8Array
  readonly name: string
  readonly subjectDn: string
  readonly issuerDn: string
  readonly serial: string
  readonly pin: string
  /** SubjectPublicKeyInfo (DER) of the CA key that its signature was verified with; null: of none. */
  readonly issuerKey: Uint8Array | null
  readonly sans: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
  readonly clearance: Clearance
  readonly permissions: ReadonlyMap<string, DatabaseAccess>
  readonly origin: RegistryEntry['origin']
  readonly predecessor?: string | null
  /** As in NewIssuance, where a CA of ours signed it: its serial is then recorded for CRL and OCSP in the same transaction. Absent: not ours. */
  readonly issuerKeyId?: string
}

/** Who does something. `name`: `cli`, `certgate` for what it does by itself, or the name in the certificate of that fingerprint. */
export interface Actor {
  readonly name: string
  /** null: not known by a certificate, as on the local socket. */
  readonly fingerprint: string | null
  /** Address they came from. */
  readonly remote?: string
  /** Which user of the machine says to be behind `cli`: told, not proven, and nothing is decided by it. */
  readonly osUser?: string
}

/** What an operator may change of an entry; what is absent stays. */
export interface EntryEdit {
  readonly name?: string
  readonly clearance?: Clearance
  readonly permissions?: ReadonlyMap<string, DatabaseAccess>
}

/** What decides about a certificate: an entry, or what is left of one that was removed and must stay refused. */
export type TrustedRecord = Pick<
  RegistryRecord,
  | 'fingerprint'
  | 'pin'
  | 'name'
  | 'subjectDn'
  | 'sans'
  | 'notBefore'
  | 'notAfter'
  | 'issuerKey'
  | 'disabled'
  | 'revoked'
  | 'clearance'
  | 'permissions'
>

/** One step from a version of the registry to a later one. */
export type RegistryChange =
  | { readonly kind: 'put'; readonly version: number; readonly record: TrustedRecord }
  | { readonly kind: 'remove'; readonly version: number; readonly fingerprint: string }

export interface RegistryChanges {
  /** In the order of their versions: applied in this order they give the registry as it was at `version`. */
  readonly changes: readonly RegistryChange[]
  /** Where to go on from. */
  readonly version: number
  /** There are more: ask again with `version`. */
  readonly more: boolean
}

export type EntrySort = 'name' | 'notAfter' | 'notBefore' | 'createdAt' | 'lastSeen'

export interface EntryQuery {
  /** Exactly this name. */
  readonly name?: string
  /** SHA-1 or SHA-256 in hex, in any case, with or without colons. */
  readonly thumbprint?: string
  readonly state?: EntryState | readonly EntryState[]
  readonly clearance?: Clearance | readonly Clearance[]
  /** Found anywhere in name, subject, SANs, serial, thumbprint or fingerprint, in any case. */
  readonly text?: string
  /** One of each group alone: as many as people count. */
  readonly leaders?: boolean
  readonly sort?: EntrySort
  readonly descending?: boolean
  readonly offset?: number
  /** At most 1000; default 100. */
  readonly limit?: number
  /** Milliseconds since the epoch; default: now. */
  readonly now?: number
  /** Milliseconds before its end in which an entry counts as expiring; default 14 days. */
  readonly expiringWithin?: number
}

export interface EntryPage {
  readonly entries: readonly RegistryEntry[]
  /** How many there are without `offset` and `limit`. */
  readonly total: number
}
