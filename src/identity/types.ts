/** One attribute of a distinguished name. The type is compared by OID, the value exactly. */
export interface Attribute {
  /** Dotted decimal, e.g. `2.5.4.3`. */
  readonly oid: string
  /** The decoded string. Values that are not strings are kept as `#` and the lower hex of their DER. */
  readonly value: string
  /** Set where `value` is that `#hex`: never a user name or a role, and never equal to a string that looks the same. */
  readonly encoded?: true
}

/** Attributes of one relative distinguished name, in DER order; more than one makes it multi-valued. */
export type Rdn = readonly Attribute[]

/** A distinguished name in DER order: outermost (country, organisation) first. Printed in reverse. */
export type Name = readonly Rdn[]

export type SanType = 'otherName' | 'rfc822Name' | 'dNSName' | 'directoryName' | 'uniformResourceIdentifier' | 'iPAddress' | 'registeredID'

export interface San {
  readonly type: SanType
  readonly value: string
}

/** What we read from one certificate's DER, once per connection; strings and numbers only, never the parsed object. */
export interface CertificateFacts {
  readonly subject: Name
  readonly issuer: Name
  /** The subject printed per SEMANTICS section 3, most specific RDN first: `CN=alice,OU=ops`. */
  readonly dn: string
  readonly issuerDn: string
  readonly sans: readonly San[]
  /** Upper-case hex without leading zeros beyond a whole byte; a negative one has a minus sign before its magnitude, zero is `00`. */
  readonly serial: string
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  readonly isCa: boolean
  /** null: the extension is absent. */
  readonly extendedKeyUsages: readonly string[] | null
  /** Bit names as in RFC 5280 4.2.1.3; null: the extension is absent. */
  readonly keyUsages: readonly string[] | null
  /** Lower hex; null where absent. */
  readonly authorityKeyId: string | null
  readonly subjectKeyId: string | null
  /** Extension OIDs marked critical that nothing here understands. */
  readonly unknownCritical: readonly string[]
}

/** Facts plus the values that need a hash: made in tls/, where the certificate is read off the connection. */
export interface PeerCertificate extends CertificateFacts {
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string
  /** Lower-case hex SHA-1 of the DER, for people and for nginx's dialect. */
  readonly fingerprintSha1: string
  /** base64 of the DER. */
  readonly derBase64: string
  /** The certificates above the leaf as sent and verified, base64 DER, leaf's issuer first; may be empty after a resumption. */
  readonly chainBase64: readonly string[]
  /** SHA-256 (lower hex) of the SubjectPublicKeyInfo of each configured CA that certainly stands above the leaf; empty for who is refused. */
  readonly caKeys: readonly string[]
}

/** Why a certificate that was presented is not trusted. Each ends the request with 403 and this code. */
export type TrustRefusal =
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'certificate_unknown_issuer'
  | 'certificate_revoked'
  | 'certificate_disabled'
  | 'certificate_not_registered'
  | 'certificate_status_unknown'
  | 'certificate_wrong_purpose'
  | 'certificate_is_ca'
  | 'certificate_weak'
  | 'certificate_invalid'

/** What RavenDB calls the security clearance of a certificate; ClusterNode ranks as ClusterAdmin. The registry has the same words. */
export type Clearance = 'ClusterAdmin' | 'ClusterNode' | 'Operator' | 'ValidUser'

/** Rights on one database; each contains the next. */
export type DatabaseAccess = 'Admin' | 'ReadWrite' | 'Read'

/** What the registry grants a certificate, by database name as it was given; names are compared ASCII case-insensitively. */
export interface Rights {
  readonly clearance: Clearance
  readonly permissions: ReadonlyMap<string, DatabaseAccess>
}

/** Who is asking. Immutable; what the roles, the route decision and the identity headers are made from. */
export interface Identity {
  readonly name: string
  /** Printed DN of the certificate; null for an identity without one. */
  readonly dn: string | null
  readonly source: 'clientcert' | 'basic' | 'anonymous'
  /** The auth domain that accepted. */
  readonly domain: string
  readonly backendRoles: readonly string[]
  /** null where no certificate was used (basic, anonymous). */
  readonly certificate: PeerCertificate | null
  /** Filled only by trust: from the registry entry of that very certificate, or `admin_dn`. Never from a role, a name or a header. */
  readonly clearance?: Clearance
  /** Filled like `clearance`. Database names as they were given, compared ASCII case-insensitively. */
  readonly permissions?: ReadonlyMap<string, DatabaseAccess>
}

/** Name of the identity that `auth.anonymous: true` gives to a request without any credentials. */
export const ANONYMOUS_NAME = 'opendistro_security_anonymous'
