/** What /api/v1 answers, as far as the console reads it; openapi.json is the contract. */

export type Clearance = 'ValidUser' | 'Operator' | 'ClusterAdmin' | 'ClusterNode'

export interface Whoami {
  readonly name: string
  readonly dn: string | null
  readonly fingerprint: string | null
  readonly clearance: Clearance | null
  readonly permissions: Readonly<Record<string, string>>
  readonly roles: readonly string[]
}

/** One thing wrong in a file. */
export interface FileProblem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly path: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly snippet: string
  readonly hint?: string
}

/** RFC 9457, as errors come. */
export interface ProblemBody {
  readonly title?: string
  readonly status?: number
  readonly detail?: string
  readonly code?: string
  readonly hint?: string
  readonly problems?: readonly FileProblem[]
}

export interface Sample {
  readonly at: string
  readonly seconds: number
  readonly requests: number
  readonly statuses: readonly { readonly class: number; readonly count: number }[]
  readonly refusals: readonly { readonly reason: string; readonly count: number }[]
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null
  readonly connections: number
  readonly upstream_errors: number
}

export interface Reload {
  readonly outcome: 'loaded' | 'unchanged' | 'failed'
  readonly cause: 'signal' | 'file' | 'command'
  readonly at: string
  readonly snapshot: number
  readonly message: string
  readonly problems: readonly FileProblem[]
}

export interface Overview {
  readonly at: string
  readonly version: string
  readonly started_at: string
  readonly state: 'starting' | 'serving' | 'draining'
  readonly config_file: string | null
  readonly snapshot: { readonly number: number; readonly loaded_at: string }
  readonly workers: readonly Worker[]
  readonly last_reload: Reload | null
  readonly upstreams: readonly Upstream[]
  readonly expiring: {
    readonly own: readonly {
      readonly kind: 'server' | 'ca' | 'crl'
      readonly name: string
      readonly subject: string
      readonly not_after: string
      readonly expired: boolean
    }[]
    readonly clients: {
      readonly total: number
      readonly first: readonly { readonly name: string; readonly fingerprint: string; readonly not_after: string }[]
    }
  }
  readonly registered: Readonly<Record<string, number>>
  readonly samples: readonly Sample[]
}

export interface Worker {
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'leaving'
  readonly started_at: string
  readonly snapshot: number
  readonly connections: number | null
  readonly restarts: number
}

export interface Upstream {
  readonly upstream: string
  readonly target: string
  readonly healthy: boolean | null
  readonly checked_at: string | null
}

/** One role of the mapping; an absent list grants nothing. */
export interface Role {
  readonly users: readonly string[]
  readonly backend_roles: readonly string[]
  readonly and_backend_roles: readonly string[]
  readonly hosts: readonly string[]
  readonly issuers: readonly string[]
  readonly reserved: boolean
  readonly hidden: boolean
  readonly description: string | null
}

export interface Route {
  readonly name: string
  readonly path: string
  readonly methods: readonly string[]
  readonly allow: readonly (string | { readonly database: string; readonly access: string })[]
}

export interface Affected {
  readonly total: number
  /** The first of them. */
  readonly certificates: readonly {
    readonly fingerprint: string
    readonly name: string
    readonly gained: readonly string[]
    readonly lost: readonly string[]
  }[]
  /** False: there was no time for all. */
  readonly complete: boolean
}

/** What the gateway thinks of a mapping that is not written yet. */
export interface JudgedMapping {
  readonly ok: boolean
  readonly file: string
  readonly problems: readonly FileProblem[]
  readonly affected: Affected | null
}

/** One line of a file; its text is there as long as the file is what is in force. */
export interface ConfigLine {
  readonly file: string
  readonly line: number
  readonly snippet: string | null
}

export interface DecisionStep {
  readonly step: 'request' | 'chain' | 'revocation' | 'identity' | 'roles' | 'route'
  readonly outcome: 'passed' | 'stopped' | 'not_reached'
  readonly summary: string
  readonly lines: readonly ConfigLine[]
}

/** What is known of the revocation of each certificate of a chain, the client's own first. */
export interface RevocationLines {
  readonly on: boolean
  readonly checks: readonly {
    readonly subject: string
    readonly serial: string
    readonly outcome: 'good' | 'not_checked' | 'unknown' | 'refused'
    readonly answers: readonly RevocationAnswer[]
  }[]
}

export interface RevocationAnswer {
  readonly source: 'file' | 'crl' | 'ocsp'
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly detail: string | null
  readonly said_at: string | null
  readonly ends_at: string | null
  readonly stale: boolean
  readonly asked: 'no' | 'meanwhile' | 'first'
  readonly urls: readonly string[]
  readonly on_unavailable: 'allow' | 'deny'
}

export interface Explanation {
  readonly allowed: boolean
  readonly status: number | null
  readonly reason: string | null
  readonly told: string | null
  readonly detail: string | null
  readonly steps: readonly DecisionStep[]
  readonly request: {
    readonly method: string
    readonly path: string | null
    readonly host: string
    readonly listener: string
    readonly address: string
  }
  readonly certificate: {
    readonly subject: string
    readonly issuer: string
    readonly sha256: string | null
    readonly not_after: string | null
    readonly not_checked: string
  } | null
  readonly revocation: RevocationLines | null
  readonly identity: {
    readonly name: string
    readonly domain: string
    readonly backend_roles: readonly string[]
    readonly clearance: string | null
    readonly permissions: Readonly<Record<string, string>>
  } | null
  readonly roles: readonly {
    readonly role: string
    readonly by: string
    readonly pattern: string
    readonly file: string
    readonly line: number
  }[]
  readonly route: {
    readonly name: string
    readonly path: string
    readonly methods: readonly string[]
    readonly allow: readonly string[]
    readonly captures: Readonly<Record<string, string>>
  } | null
  readonly databases: readonly { readonly rule: string; readonly granted: boolean; readonly detail: string }[]
  readonly forwarded: {
    readonly upstream: string
    readonly targets: readonly string[]
    readonly path: string
    readonly headers: readonly { readonly name: string; readonly value: string }[]
  } | null
  readonly notes: readonly string[]
}

/** Who gets through which route; `cells` are in the order of `routes`. */
export interface AccessMatrix {
  readonly total: number
  readonly registered: number
  readonly routes: readonly { readonly name: string; readonly path: string; readonly methods: readonly string[] }[]
  readonly routes_total: number
  readonly by_address: boolean
  readonly identities: readonly AccessRow[]
}

export interface AccessRow {
  readonly source: 'registered' | 'mapping'
  readonly fingerprint: string | null
  readonly name: string
  readonly subject: string
  readonly state: string | null
  readonly identity: string | null
  readonly clearance: string | null
  readonly roles: readonly string[]
  readonly cells: readonly AccessCell[]
}

export interface AccessCell {
  readonly access: 'allowed' | 'denied' | 'conditional'
  readonly methods: readonly string[]
  readonly reason: string | null
  readonly detail: string
  readonly example: { readonly listener: string; readonly method: string; readonly url: string } | null
}

export interface AuditEntry {
  readonly sequence: number
  readonly at: string
  readonly actor: { readonly name: string; readonly fingerprint: string | null; readonly remote: string | null }
  readonly action: string
  readonly target: string | null
  readonly outcome: 'done' | 'refused'
  readonly details: Readonly<Record<string, unknown>>
  readonly previous: string
  readonly hash: string
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly head: { readonly sequence: number; readonly hash: string }
  /** As `before` (with `after`: as `after`) it goes on from here; null: there is nothing before. */
  readonly next: number | null
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly sequence: number; readonly problem: string }

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
