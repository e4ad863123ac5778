import { copyHead } from '../http1/head-copy.ts'
import { lowerText, RequestHead } from '../http1/request-head.ts'
import { crossSiteProblem } from '../policy/cross-site.ts'
import type { Route, RouteMiss } from '../policy/types.ts'
import type { ListenerRuntime } from './runtime.ts'

const NOTHING = Buffer.alloc(0)
const NO_HEAD = new RequestHead(0)

/** A request between its head and its end. One per client connection, reused; nothing of it outlives the request. */
export class Asked {
  /** A head was read: false where the request could not be understood. */
  understood = false
  bytes: Buffer = NOTHING
  /** The connection's head, or a copy where something was awaited or cut. Its offsets are good until the decision is made. */
  head: RequestHead = NO_HEAD
  /** Something was awaited since the head was read. */
  waited = false
  /** First byte of the fields and the byte after the head, in `bytes`. */
  fieldsStart = 0
  end = 0
  /** What came of the body with the head, and whether that is all of it. */
  body: Buffer | null = null
  complete = true
  /** Target for the upstream; null where it goes on as received. */
  target: string | null = null
  found: Route | RouteMiss = 'route_missing'
  /** Header line for a request id that we made; '' where the client's is kept. */
  idLine = ''

  begin(bytes: Buffer, head: RequestHead, bodyEnd: number, complete: boolean): void {
    this.understood = true
    this.waited = false
    this.bytes = bytes
    this.head = head
    this.fieldsStart = head.fieldsStart
    this.end = head.end
    this.body = bodyEnd > head.end ? bytes.subarray(head.end, bodyEnd) : null
    this.complete = complete
  }

  /** Before anything is awaited: the head is overwritten by the next request of any connection. */
  keepHead(): void {
    this.head = copyHead(this.head)
    this.waited = true
  }

  /** The head, to cut from: a remembered one stays as it is, and no text made of its fields is that of this one. */
  headToCut(): RequestHead {
    if (this.head.memo !== 0) this.head = copyHead(this.head)
    this.head.fieldsMemo = 0
    return this.head
  }

  /** Lets go of the client's bytes. */
  clear(): void {
    this.understood = false
    this.bytes = NOTHING
    this.head = NO_HEAD
    this.body = null
  }
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
