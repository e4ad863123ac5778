import type { ErrorShape, PathPolicy, RouteSettings } from '../policy/types.ts'

/**
 * The configuration after parsing, interpolation and validation: frozen plain data, complete with every
 * default, so that it can cross from control to the workers. Durations are milliseconds, sizes bytes, 0 means none.
 */
export interface Settings {
  readonly file: string
  /** Folder that relative paths in the file are relative to; every path below is already absolute. */
  readonly directory: string
  readonly listeners: ReadonlyMap<string, ListenerSettings>
  readonly auth: AuthSettings
  readonly rolesMapping: string | null
  readonly internalUsers: string | null
  readonly upstreams: ReadonlyMap<string, UpstreamSettings>
  readonly routes: readonly RouteSettings[]
  readonly identityHeaders: IdentityHeaderSettings
  /** null: the quick form opens nothing. */
  readonly admin: AdminSettings | null
  readonly pki: PkiSettings | null
  /** What signs; also without a `pki` block, where its folder has it. null: the quick form issues nothing. */
  readonly authority: AuthoritySettings | null
  /** null: the quick form keeps nothing. */
  readonly store: StoreSettings | null
  /** How the status of foreign certificates is found out. Always set when read from a file; absent: the defaults. */
  readonly revocation?: RevocationSettings
  readonly telemetry: TelemetrySettings
  /** Number of worker processes; `auto` is resolved at start. */
  readonly workers: number | 'auto'
  readonly errors: ErrorShape
  readonly hideRoutes: boolean
  /** Whom refused people are told to ask. */
  readonly contact: string | null
  readonly limits: Limits
  /** Every other file that decides something: reload watches these too. */
  readonly watchedFiles: readonly string[]
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface ListenerSettings {
  readonly name: string
  readonly address: Address
  readonly protocol: 'http'
  /** null: a plain listener without TLS (identity headers are removed there too). */
  readonly tls: ListenerTlsSettings | null
}

export type ClientAuthMode = 'REQUIRE' | 'OPTIONAL' | 'NONE'

export interface CertificateSource {
  readonly pfx: string | null
  readonly password: string | null
  readonly cert: string | null
  readonly key: string | null
  readonly passphrase: string | null
  /** What certgate is to renew a server certificate for: DNS names and IP addresses. Absent: what it is for already. */
  readonly names?: readonly string[]
}

export interface CrlSettings {
  readonly validate: boolean
  readonly files: readonly string[]
  /** Also fetch the lists that certificates name. Always set when read from a file; absent: no. */
  readonly fromDistributionPoints?: boolean
  readonly onUnavailable: 'deny' | 'allow'
}

export interface OcspSettings {
  readonly validate: boolean
  readonly onUnavailable: 'deny' | 'allow'
  /** The responder to ask about client certificates instead of those that they name. */
  readonly url?: string
}

/** Fetching OCSP answers and revocation lists. Milliseconds and bytes. */
export interface RevocationSettings {
  /** `public`, IP addresses, CIDR blocks and host names, `*.x` among them, in lower case: where URLs in certificates may lead. */
  readonly fetchAllow: readonly string[]
  readonly timeout: number
  readonly maxBytes: number
  readonly refresh: number
  readonly staleGrace: number
}

/** What makes a certificate trusted: a chain to one of client_ca, its entry in the registry, either of them, or both. */
export type TrustMode = 'ca' | 'registry' | 'either' | 'both'

/** Whom one SNI name (or the listener itself) trusts. */
export interface TrustSettings {
  readonly certificate: CertificateSource
  readonly clientCa: readonly string[]
  readonly trust: TrustMode
  readonly crl: CrlSettings
  /** Always set when read from a file; absent: not asked. */
  readonly ocsp?: OcspSettings
}

export interface ListenerTlsSettings extends TrustSettings {
  readonly clientauthMode: ClientAuthMode
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Lower case, exact or `*.x`. Missing keys are already inherited from the listener. */
  readonly names: ReadonlyMap<string, TrustSettings>
  readonly defaultName: string | null
}

export interface AuthSettings {
  readonly combine: 'first' | 'all'
  readonly usernameMustMatch: boolean
  readonly anonymous: boolean
  /** Ascending by order; only those with http_enabled. */
  readonly domains: readonly AuthDomain[]
}

export type AuthDomain = ClientCertDomain | BasicDomain

export interface ClientCertDomain {
  readonly type: 'clientcert'
  readonly name: string
  readonly order: number
  /** `cn`, `dn:<attr>`, `san:<type>[:glob]`; null: the full DN is the user name. */
  readonly usernameAttribute: string | null
  readonly rolesAttribute: string | null
  /** Wildcard or /regex/ patterns on the DN; a match counts as no credentials. */
  readonly skipUsers: readonly string[]
  readonly onMissing: 'refuse' | 'dn'
}

export interface BasicDomain {
  readonly type: 'basic'
  readonly name: string
  readonly order: number
  readonly challenge: boolean
  readonly realm: string
}

/** internal_users.yml, parsed. */
export interface InternalUser {
  readonly name: string
  /** bcrypt `$2y$..` or argon2id `$argon2id$..`. */
  readonly hash: string
  readonly backendRoles: readonly string[]
  readonly line: number
}

export interface UpstreamSettings {
  readonly name: string
  readonly targets: readonly UpstreamTarget[]
  readonly tls: UpstreamTlsSettings | null
  readonly strip: readonly string[]
}

export type UpstreamTarget =
  | { readonly kind: 'tcp'; readonly url: string; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly kind: 'unix'; readonly url: string; readonly path: string; readonly tls: false }

export interface UpstreamTlsSettings {
  /** CA files; null: the system's roots. */
  readonly ca: readonly string[] | null
  readonly certificate: CertificateSource | null
  readonly serverName: string | null
}

export type HeaderStyle = 'plain' | 'xfcc' | 'rfc9440' | 'nginx' | 'traefik' | 'opensearch' | 'kube' | 'oauth2' | 'couchdb' | 'grafana'

export interface IdentityHeaderSettings {
  readonly styles: readonly HeaderStyleSettings[]
  /** Header name -> template with {name} {dn} {roles} {backend_roles} {fingerprint} {issuer} {serial} {email} {san:<type>}. */
  readonly custom: ReadonlyMap<string, string>
  /** Also send RFC 7239 `Forwarded`. */
  readonly forwarded: boolean
  /** Peers (IP or CIDR) whose X-Forwarded-For is appended to instead of replaced. */
  readonly trustedHops: readonly string[]
}

export interface HeaderStyleSettings {
  readonly style: HeaderStyle
  /** couchdb: shared secret; xfcc: mode; plain: renamed headers and separator. Already validated per style. */
  readonly options: Readonly<Record<string, string>>
}

export interface AdminSettings {
  readonly address: Address | null
  /** The listener whose certificate and client CAs count for administrators; null where neither address nor admin_dn needs one. */
  readonly tls: string | null
  /** Printed DNs (SEMANTICS.md section 3) that hold ClusterAdmin when a chain leads to that listener's client CAs. */
  readonly adminDn: readonly string[]
  /** Whether the gateway's own certificate may bootstrap /admin/certificates. */
  readonly serverCertificate: 'allow' | 'deny'
  /** Names by which browsers may reach the address, beside those of the certificate; lower case. */
  readonly hosts: readonly string[]
  /** Somebody wrote that, so it need not be told at every start. */
  readonly serverCertificateIsWritten?: true
  readonly socket: string
  /** `admin` is not written. Without a registry nobody needs the socket then. */
  readonly byDefault: boolean
}

export interface PkiSettings {
  /** Plain HTTP: revocation lists, OCSP, the CA certificate, signing keys. */
  readonly http: Address | null
  /** Enrolment over EST, RFC 7030. */
  readonly est: Address | null
  /** Whether internal users may enrol with their password; tokens always do. */
  readonly estPasswords: 'allow' | 'deny'
}

export interface AuthoritySettings {
  /** A folder as `certgate init` makes it, or a CA of the user's own. */
  readonly source: { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'own'; readonly certificate: CertificateSource }
  /** Public base address of `pki.http`, written into certificates; null: none is. */
  readonly url: string | null
  /** How long a revocation list may be relied on. */
  readonly crlLifetime: number
  /** Where the lists are written. */
  readonly crlFolder: string
}

export interface StoreSettings {
  readonly kind: 'sqlite'
  readonly file: string
  /** `store` is not written. Where nothing can be made at its default place, certgate runs without a registry, as it did before there was one. */
  readonly byDefault: boolean
  /** Milliseconds for which what was known stays in force once the store is lost. */
  readonly maxStale: number
}

export interface TelemetrySettings {
  readonly address: Address | null
  readonly accessLog: 'on' | 'off' | { readonly file: string }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'auto' | 'json' | 'pretty' }
  /** Certificates and revocation lists that end within it are warned of. */
  readonly expiryWarning: number
}

export interface Limits {
  readonly handshake: number
  readonly head: number
  readonly headBytes: number
  readonly headers: number
  readonly targetBytes: number
  readonly bodyBytes: number
  readonly bodyIdle: number
  readonly keepalive: number
  readonly upstreamConnect: number
  readonly upstreamFirstByte: number
  readonly upstreamIdle: number
  readonly drain: number
  readonly eventLoopDelay: number
  readonly handshakes: number
  readonly connections: number
  readonly connectionsPerAddress: number
}

export type { ErrorShape, PathPolicy, RouteSettings }
