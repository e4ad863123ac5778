import type { DatabaseAccess, Identity, TrustRefusal } from '../identity/types.ts'

/** One entry of roles_mapping.yml, as read. `line` is where the role's key stands in its file. */
export interface MappingEntry {
  readonly role: string
  readonly users: readonly MappedValue[]
  readonly backendRoles: readonly MappedValue[]
  readonly andBackendRoles: readonly MappedValue[]
  readonly hosts: readonly MappedValue[]
  /** DNs, or lower-hex SHA-256 of a CA key: binds the whole entry to identities under that CA. Empty: any. */
  readonly issuers: readonly MappedValue[]
  readonly reserved: boolean
  readonly hidden: boolean
  readonly description: string | null
  readonly line: number
}

export interface MappedValue {
  readonly value: string
  /** Line in roles_mapping.yml, from 1. */
  readonly line: number
}

/** roles_mapping.yml, parsed. Plain data: it crosses from control to the workers. */
export interface RoleMapping {
  readonly file: string
  readonly entries: readonly MappingEntry[]
}

export type AllowWord =
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'database'; readonly capture: string; readonly access: RuleAccess }

/** What a `{ database: ... }` rule asks for; `auto`: Read for GET, HEAD and OPTIONS, ReadWrite for every other method. */
export type RuleAccess = 'auto' | 'read' | 'write' | 'admin'

/** A `{ database: "{db}", access: ... }` of a route's `allow`, compiled. */
export interface DatabaseRule {
  /** Name of the capture in the route's path. */
  readonly capture: string
  /** The path segment that it stands for, from 0. */
  readonly segment: number
  readonly access: RuleAccess
}

/** What a rule says about one request: what `decide` reads and `explain` prints. */
export interface DatabaseVerdict {
  readonly rule: DatabaseRule
  readonly granted: boolean
  /** null: the path names none that we and the upstream surely read alike. */
  readonly database: string | null
  readonly needed: DatabaseAccess
  /** null: no access at all. */
  readonly held: DatabaseAccess | null
  /** One clause for the operator: `'alice' has Read on database 'movies', and POST needs ReadWrite`. */
  readonly detail: string
}

export interface PathPolicy {
  readonly encodedSlash: 'refuse' | 'keep'
  readonly semicolon: 'refuse' | 'keep'
  readonly doubleSlash: 'merge' | 'keep'
}

/** One route as configured; plain data. */
export interface RouteSettings {
  readonly name: string
  /** Empty: every listener. */
  readonly listeners: readonly string[]
  /** Lower case, exact or `*.x`; empty: every host. */
  readonly hosts: readonly string[]
  readonly path: string
  /** Upper case; empty: every registered method but TRACE and CONNECT. */
  readonly methods: readonly string[]
  readonly allow: readonly AllowWord[]
  readonly upstream: string
  /** Lower-case protocol names that may be switched to, e.g. `websocket`. */
  readonly upgrade: readonly string[]
  readonly pathPolicy: PathPolicy
  readonly crossSite: 'refuse' | 'allow'
  readonly errors: ErrorShape | null
  /** Extra header names (folded) removed before forwarding. */
  readonly strip: readonly string[]
  readonly line: number
  /** Its place under `routes` as they are written. */
  readonly index: number
}

export type ErrorShape = 'problem' | 'raven' | 'opensearch'

/** Why a request is not forwarded. Closed: gateway/refusal.ts has the one table from reason to status. */
export type Reason =
  | TrustRefusal
  | 'overloaded'
  | 'registry_lost'
  | 'draining'
  | 'malformed_request'
  | 'malformed_path'
  | 'expectation_failed'
  | 'head_too_large'
  | 'body_too_large'
  | 'request_timeout'
  | 'misdirected_request'
  | 'certificate_required'
  | 'credentials_required'
  | 'credentials_invalid'
  | 'too_many_failures'
  | 'identity_unusable'
  | 'identity_mismatch'
  | 'role_missing'
  | 'method_not_allowed'
  | 'cross_site'
  | 'route_missing'
  | 'upstream_refused'
  | 'upstream_failed'
  | 'upstream_timeout'

/** A route after compilation. `index` is its place in the file: first match wins. */
export interface Route {
  readonly index: number
  readonly settings: RouteSettings
  /** True where `allow` lists `anonymous`: credentials are not demanded before the role check. */
  readonly allowsAnonymous: boolean
  /** Its rules about databases, in the order of `allow`. */
  readonly databases: readonly DatabaseRule[]
  /** The decision looks at method and path too: it may be kept with the request it was made for, never with the route. */
  readonly dependsOnRequest: boolean
}

export type RouteMiss = 'route_missing' | 'method_not_allowed'

/** Which roles an identity has, and by which mapping line: what `explain` prints and `decide` reads. */
export interface RoleSet {
  readonly names: ReadonlySet<string>
  readonly grants: readonly RoleGrant[]
}

export interface RoleGrant {
  readonly role: string
  readonly by: 'users' | 'backend_roles' | 'and_backend_roles' | 'hosts'
  /** The entry's text as written, e.g. `CLIENT*`. */
  readonly pattern: string
  readonly line: number
}

export interface Denial {
  readonly allowed: false
  readonly reason: Reason
  /** For the operator in full; never contains secrets. */
  readonly detail: string
  /** Where the route has rules about databases: what each said. */
  readonly databases?: readonly DatabaseVerdict[]
}

/** The compiled policy of one snapshot: immutable, and free of side effects. */
export interface Policy {
  /** First route that matches; a miss says whether the path was known with another method. Path is canonical, host lower case without port. */
  findRoute(listener: string, host: string, path: string, method: string): Route | RouteMiss
  /** Named captures of a matched route, decoded once. */
  captures(route: Route, path: string): ReadonlyMap<string, string>
  /** Roles of an identity from an address. Constant time in the number of exact users. */
  rolesOf(identity: Identity, remoteAddress: string): RoleSet
  /** Whether any mapping entry looks at `hosts`, so that roles depend on the address. */
  readonly dependsOnAddress: boolean
  readonly routes: readonly Route[]
}
