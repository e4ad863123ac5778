import type { ConnectionRules } from '../http1/connection-rules.ts'
import type { AccessLog, Audit, Metrics, RequestMeter, UpstreamMeter } from '../observability/types.ts'
import type { ErrorShape, Policy, Route } from '../policy/types.ts'
import type { Peer } from '../tls/types.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Authenticator } from './authentication/types.ts'
import type { IdentityHeaders } from './headers/types.ts'

/** One snapshot, compiled: immutable, and swapped as a whole. A request sees exactly one. */
export interface Runtime {
  readonly number: number
  readonly policy: Policy
  readonly authenticator: Authenticator
  readonly headers: IdentityHeaders
  readonly rules: ConnectionRules
  readonly listeners: ReadonlyMap<string, ListenerRuntime>
  /** By `Route.index`. */
  readonly routes: readonly RouteRuntime[]
  readonly errors: ErrorShape
  readonly hideRoutes: boolean
  /** Whom a page tells people to ask. */
  readonly contact: string | null
  readonly upstreamFirstByte: number
  readonly upstreamIdle: number
  readonly upstreamConnect: number
}

export interface ListenerRuntime {
  readonly name: string
  readonly scheme: 'https' | 'http'
  /** REQUIRE: a request without a certificate is refused before anything else is looked at. */
  readonly requiresCertificate: boolean
  /** Several SNI names: `Host` has to be under the one that the handshake was made for. Null where there is one trust for all. */
  readonly nameFor: ((host: string | null) => string | null) | null
  /** Printed DNs that hold ClusterAdmin where a chain is good under this server name; none but on the listener that `admin.tls` names. */
  adminDns(serverName: string | null): ReadonlySet<string>
  /** Requests that matched no route. */
  readonly missMeter: RequestMeter
}

export interface RouteRuntime {
  readonly route: Route
  readonly upstream: Upstream
  readonly upstreamMeter: UpstreamMeter
  /** By listener name. */
  readonly meters: ReadonlyMap<string, RequestMeter>
  /** The route's and its upstream's own `strip` names (folded); null where there are none. */
  readonly strips: ((name: string) => boolean) | null
}

/** What sessions use and do not own. */
export interface GatewayServices {
  readonly metrics: Metrics
  readonly accessLog: AccessLog | null
  readonly audit: Audit
  /** What is known of certificates is too old to let anybody in by one. */
  isStale(): boolean
  /** The snapshot in force. */
  runtime(): Runtime
  /** Judges a connection's certificate again by what is trusted now. */
  judge(listener: string, peer: Peer): Peer
}
