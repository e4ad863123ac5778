/** One line of a file; its text is there as long as the file is what is in force. */
export interface ConfigLine {
  readonly file: string
  readonly line: number
  readonly snippet: string | null
}

export interface DecisionStep {
  readonly step: 'request' | 'chain' | 'revocation' | 'identity' | 'roles' | 'route'
  readonly outcome: 'passed' | 'stopped' | 'not_reached'
  readonly checked: boolean
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
