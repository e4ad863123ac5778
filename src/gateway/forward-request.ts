import type { UpstreamFailure } from '../upstream/types.ts'
import type { RouteRuntime, Runtime } from './runtime.ts'

/** What is forwarded besides the text of its head; everything about it was decided before. */
export interface ForwardRequest {
  readonly route: RouteRuntime
  readonly runtime: Runtime
  readonly method: string
  readonly chunked: boolean
  /** Protocol that the request may switch to; '' where it asks for none or the route has none. */
  readonly upgrade: string
  /** HTTP/1.0 client: understands neither chunks nor 1xx. */
  readonly oldClient: boolean
  /** The upstream connection serves nothing after it. */
  readonly alone: boolean
}

/** Who hears how it ended. */
export interface ForwardingOwner {
  /** Complete: `close` where the connection cannot go on; `now` as of performance.now(). */
  onForwarded(status: number, close: boolean, now: number): void
  /** No response has begun: the owner answers. */
  onUpstreamFailed(failure: UpstreamFailure, detail: string): void
  /** A response had begun and cannot be completed: the owner ends the connection. */
  onBroken(status: number, failure: UpstreamFailure, detail: string): void
  /** Which trailer names of the request may not pass. */
  isReserved(name: string): boolean
}
