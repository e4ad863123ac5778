import type { Socket } from 'node:net'
import type { UpstreamConnection } from './connection.ts'
import type { ResponseMemo } from './response-memo.ts'

/** How an exchange with an upstream failed: refused connections, silence, a connection that broke, bytes that are not HTTP. */
export type UpstreamFailure = 'connect' | 'timeout' | 'broken' | 'protocol'

/** Who sent the request and receives its response. Buffers marked `shared` are overwritten after the call returns. */
export interface ResponseHandler {
  /** A 1xx head in `[start, end)`; its facts are in `responseHead`. */
  onInformational(bytes: Buffer, start: number, end: number): void
  /** 101: the protocol switched; `rest` are bytes that followed the head in `[start, end)`. */
  onSwitched(bytes: Buffer, start: number, end: number, rest: Buffer): void
  /** The final head and as much of the body as came with it: `[start, bodyEnd)`; facts in `responseHead`. */
  onResponse(bytes: Buffer, start: number, bodyEnd: number, finished: boolean, shared: boolean): void
  onResponseBody(bytes: Buffer, shared: boolean, finished: boolean): void
  onTunnelBytes(bytes: Buffer, shared: boolean): void
  onTunnelEnd(): void
  /** What was sent has left: the request body may go on. */
  onWritable(): void
  onFailed(failure: UpstreamFailure, detail: string): void
}

/** What a connection needs from the pool it belongs to. */
export interface ConnectionHome {
  /** What its connections received last. */
  readonly memo: ResponseMemo
  /** The socket event after which bytes can flow. */
  readonly readyEvent: 'connect' | 'secureConnect'
  connect(onBytes: (bytes: Buffer, shared: boolean) => boolean): Socket
  /** Takes the connection back for the next request. */
  keep(connection: UpstreamConnection): void
  /** The connection is no longer usable. */
  forget(connection: UpstreamConnection): void
  connected(connection: UpstreamConnection): void
  failed(connection: UpstreamConnection): void
}
