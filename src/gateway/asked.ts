import { lowerText, type RequestHead } from '../http1/request-head.ts'
import { crossSiteProblem } from '../policy/cross-site.ts'
import type { Route, RouteMiss } from '../policy/types.ts'
import type { ListenerRuntime } from './runtime.ts'

/** A request between its head and its decision. The head is the connection's shared one, or a copy where something is awaited. */
export interface Asked {
  readonly bytes: Buffer
  readonly head: RequestHead
  readonly body: Buffer | null
  readonly complete: boolean
  /** Target for the upstream; null where it goes on as received. */
  readonly target: string | null
  readonly found: Route | RouteMiss
  /** Header line for an id that we made; '' where the client's is kept. */
  readonly idLine: string
}

/** Why a page of another site may not have asked this; null where it did not, or may. */
export function crossSite({ bytes, head }: Asked, route: Route, method: string, listener: ListenerRuntime, host: string): string | null {
  if (head.secFetchSiteStart < 0 && (head.originStart < 0 || !head.upgradeRequested)) return null
  return crossSiteProblem(route.settings, {
    method,
    scheme: listener.scheme,
    host,
    secFetchSite: head.secFetchSiteStart < 0 ? null : bytes.latin1Slice(head.secFetchSiteStart, head.secFetchSiteEnd),
    origin: head.originStart < 0 ? null : bytes.latin1Slice(head.originStart, head.originEnd),
    upgrade: head.upgradeRequested,
  })
}

/** The protocol that a request asks to switch to, where its route allows that one; else ''. One with a body never switches. */
export function upgradeProtocol({ bytes, head, complete, body }: Asked, allowed: readonly string[]): string {
  if (!head.upgradeRequested || head.upgradeStart < 0 || head.minor === 0 || !complete || body !== null || allowed.length === 0) return ''
  const protocol = lowerText(bytes, head.upgradeStart, head.upgradeEnd)
  return allowed.includes(protocol) ? protocol : ''
}
