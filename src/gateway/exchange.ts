/**
 * The seam between a protocol reader and the gateway, types only: http1/ implements `HttpConnection` and calls an `HttpHandler`;
 * gateway/ implements the handler. One of each per client connection, reused for every request on it.
 */

import type { RequestHead } from '../http1/request-head.ts'

/** Why a protocol reader gives a request up; gateway/ turns it into a refusal. */
export type ProtocolProblem = 'malformed_request' | 'head_too_large' | 'body_too_large' | 'request_timeout' | 'expectation_failed'

export interface HttpHandler {
  /**
   * A head was read and found sound; it begins at `start` of `bytes`, and `head` is valid until this returns.
   * `[head.end, bodyEnd)` is the part of a length-framed body that came with it; `complete`: there is no more.
   */
  onRequest(bytes: Buffer, head: RequestHead, start: number, bodyEnd: number, complete: boolean): void
  /** More of the body, without its framing. The buffer is the handler's to keep. */
  onBody(bytes: Buffer): void
  /** The body is complete. `trailers` are its trailer lines, unfiltered. */
  onBodyEnd(trailers: readonly string[]): void
  /** The message cannot be read any further. The handler answers where no response has begun. Not null: the head was sound all the same. */
  onProblem(problem: ProtocolProblem, detail: string, bytes: Buffer | null, head: RequestHead | null): void
  onTunnelBytes(bytes: Buffer): void
  /** In a tunnel the client closed its direction. */
  onTunnelEnd(): void
  /** All that was sent has left. */
  onDrain(): void
  /** The client is gone: whatever is under way for it is given up. */
  onGone(): void
}

export interface HttpConnection {
  /** Sends bytes of a response; `shared`: the memory is reused as soon as this returns. */
  send(bytes: Buffer, shared: boolean): void
  /** Bytes sent and not yet taken by the operating system. */
  readonly queued: number
  /** The response is complete. Keeps the connection for the next request, unless `close` or the request is not wholly read. */
  finish(close: boolean): void
  /** Stops reading the request body until `resume`. */
  pause(): void
  resume(): void
  /** From here on, bytes are passed both ways as they come. */
  startTunnel(): void
  /** Closes our direction of a tunnel once everything is sent. */
  endTunnel(): void
  /** Ends the connection at once: the only honest end of a response that cannot be completed. */
  destroy(): void
  /** The request has been read to its last byte. */
  readonly requestComplete: boolean
  /** The client asked for, or HTTP/1.0 implies, a close after this response. */
  readonly closing: boolean
}
