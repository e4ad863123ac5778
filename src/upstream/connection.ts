import type { Socket } from 'node:net'
import { contained, reportFault } from '../http1/fault.ts'
import { COMPLETE, INCOMPLETE } from '../http1/head-fields.ts'
import { ResponseHead } from '../http1/response-head.ts'
import { SocketWriter } from '../http1/socket-writer.ts'
import { ResponseBody } from './response-body.ts'
import type { ConnectionHome, ResponseHandler, UpstreamFailure } from './types.ts'

const IDLE = 0
const HEAD = 1
const BODY = 2
const TUNNEL = 3

/** Head bytes an upstream may send: a response head is not limited by the client's `head_bytes`. */
const MAX_HEAD = 262144
const MAX_INFORMATIONAL = 32
/** Up to this size a body is copied behind its head: cheaper than a second write. */
const SMALL_BODY = 2048
/** Beyond this much unsent, the sender is asked to wait. */
const HIGH_WATER = 65536

/** Facts of the response head being handled. Shared by all connections of a worker: valid only inside the handler's call. */
export const responseHead: ResponseHead = new ResponseHead()
const NOTHING = Buffer.alloc(0)

/** One connection to an upstream: frames responses, one exchange at a time. */
export class UpstreamConnection {
  readonly socket: Socket
  readonly target: string
  readonly #home: ConnectionHome
  readonly #writer: SocketWriter
  #handler: ResponseHandler | null = null
  #phase = IDLE
  #partial: Buffer | null = null
  readonly #body = new ResponseBody()
  #headRequest = false
  #dechunk = false
  #informational = 0
  /** The response allows another request on this connection. */
  #reusable = true
  #paused = false
  #dead = false
  connecting = true
  /** Requests sent on it before the current one: a reused connection may have been closed by the upstream meanwhile. */
  requests = 0
  /** A byte of the current response has arrived: from here on nothing may be retried. */
  answered = false
  /** Seconds the upstream said it keeps an unused connection; -1 where it said nothing. */
  keepAliveTimeout = -1
  /** On the coarse clock, for the pool. */
  idleSince = 0
  /** Milliseconds that it may stay unused. */
  idleLimit = 0

  constructor(target: string, home: ConnectionHome) {
    this.target = target
    this.#home = home
    const socket = home.connect((bytes, shared) => this.#receive(bytes, shared))
    this.socket = socket
    socket.on(home.readyEvent, () => {
      this.connecting = false
      home.connected(this)
    })
    this.#writer = new SocketWriter(
      socket,
      () => this.#handler?.onWritable(),
      () => {},
    )
    socket.on('end', () => contained(() => this.#onEnd(), socket))
    socket.on('error', (error: NodeJS.ErrnoException) => contained(() => this.#onGone(error.code ?? error.message), socket))
    socket.on('close', () => contained(() => this.#onGone('closed'), socket))
  }

  get dead(): boolean {
    return this.#dead
  }

  /** Binds the connection to one exchange. `headRequest`: the response has no body; `dechunk`: pass body bytes without framing. */
  begin(handler: ResponseHandler, headRequest: boolean, dechunk: boolean): void {
    this.#handler = handler
    this.#phase = HEAD
    this.#headRequest = headRequest
    this.#dechunk = dechunk
    this.#informational = 0
    this.answered = false
  }

  /** Sends a head and the beginning of its body, as one write where that is cheap; false asks to wait for `onWritable`. */
  sendHead(text: string, body: Buffer | null): boolean {
    if (body === null) return this.sendText(text)
    if (body.length <= SMALL_BODY) return this.sendText(text + body.latin1Slice())
    this.#writer.writeTextAndBytes(text, body)
    return this.#writer.queued <= HIGH_WATER
  }

  sendText(text: string): boolean {
    this.#writer.writeText(text)
    return this.#writer.queued <= HIGH_WATER
  }

  sendBytes(bytes: Buffer): boolean {
    this.#writer.write(bytes, false)
    return this.#writer.queued <= HIGH_WATER
  }

  /** Milliseconds since the upstream last took anything of what waits for it; 0 where nothing does. */
  stalledFor(now: number): number {
    return this.#writer.queued === 0 ? 0 : now - this.#writer.progressAt
  }

  /** Ends our direction (tunnels only). */
  endSending(): void {
    this.#writer.end()
  }

  /** Stops reading, for as long as the client does not keep up. */
  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.socket.resume()
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Gives the connection back after a finished response; `requestSent`: to its last byte, else it can never be reused. */
  release(requestSent: boolean): void {
    this.#handler = null
    this.#phase = IDLE
    this.#body.drop()
    this.requests++
    this.resume()
    if (requestSent && this.#reusable && !this.#dead) this.#home.keep(this)
    else this.destroy()
  }

  /** Gives up whatever is under way; the handler hears nothing more. */
  destroy(): void {
    this.#handler = null
    if (this.#dead) return
    this.#dead = true
    this.#home.forget(this)
    this.socket.destroy()
  }

  /** Gives up after a time limit; one that never connected counts against its target. */
  expire(): void {
    if (this.connecting && !this.#dead) this.#home.failed(this)
    this.destroy()
  }

  #fail(failure: UpstreamFailure, detail: string): void {
    const handler = this.#handler
    this.destroy()
    handler?.onFailed(failure, detail)
  }

  #onEnd(): void {
    const handler = this.#handler
    if (this.#phase === TUNNEL) {
      handler?.onTunnelEnd()
    } else if (this.#phase === BODY && this.#body.untilClose && handler !== null) {
      handler.onResponseBody(NOTHING, false, true)
    } else {
      this.#onGone('the upstream closed the connection')
    }
  }

  #onGone(detail: string): void {
    this.#writer.closed()
    if (this.#dead) return
    if (this.connecting) {
      this.#home.failed(this)
      this.#fail('connect', detail)
    } else this.#fail('broken', detail)
  }

  /** Returns false to stop reading. A fault of ours costs this exchange, never the worker. */
  #receive(bytes: Buffer, shared: boolean): boolean {
    try {
      return this.#onBytes(bytes, shared)
    } catch (error) {
      reportFault(error)
      this.#fail('protocol', 'internal fault')
      return false
    }
  }

  #onBytes(bytes: Buffer, shared: boolean): boolean {
    const handler = this.#handler
    if (handler === null) {
      // Nobody asked for these bytes: they must never be taken for an answer to the next request.
      this.destroy()
      return false
    }
    switch (this.#phase) {
      case HEAD:
        this.answered = true
        this.#head(handler, bytes, shared)
        break
      case BODY:
        this.#readBody(handler, bytes, shared)
        break
      case TUNNEL:
        handler.onTunnelBytes(bytes, shared)
    }
    return !this.#dead
  }

  #readBody(handler: ResponseHandler, bytes: Buffer, shared: boolean): void {
    const body = this.#body
    const content = body.read(bytes)
    if (content === null) {
      this.#fail('protocol', 'malformed chunked response')
      return
    }
    if (body.excess) this.#reusable = false
    handler.onResponseBody(content, shared, body.finished)
  }

  #head(handler: ResponseHandler, received: Buffer, receivedShared: boolean): void {
    if (this.#partial === null && this.#home.memo.recall(received, responseHead)) {
      this.#final(handler, received, 0, receivedShared)
      return
    }
    let bytes = received
    let shared = receivedShared
    if (this.#partial !== null) {
      const looked = Math.max(0, this.#partial.length - 3)
      bytes = Buffer.concat([this.#partial, received])
      shared = false
      this.#partial = null
      // Read again only once it may be whole: byte by byte would cost its square.
      if (bytes.length <= MAX_HEAD && bytes.indexOf('\r\n\r\n', looked, 'latin1') < 0) {
        this.#partial = bytes
        return
      }
    }
    let start = 0
    for (;;) {
      const outcome = responseHead.read(bytes, start, bytes.length)
      if (outcome === INCOMPLETE) {
        if (bytes.length - start > MAX_HEAD) this.#fail('protocol', 'the response head is too long')
        else this.#partial = Buffer.from(bytes.subarray(start))
        return
      }
      if (outcome !== COMPLETE) {
        this.#fail('protocol', responseHead.problem)
        return
      }
      if (responseHead.status >= 200) break
      const { end } = responseHead
      if (responseHead.status === 101) {
        this.#phase = TUNNEL
        this.#reusable = false
        handler.onSwitched(bytes, start, end, Buffer.from(bytes.subarray(end)))
        return
      }
      if (++this.#informational > MAX_INFORMATIONAL) {
        this.#fail('protocol', 'too many informational responses')
        return
      }
      handler.onInformational(bytes, start, end)
      if (this.#handler !== handler) return
      start = end
      if (start === bytes.length) return
    }
    if (start === 0) this.#home.memo.consider(bytes, responseHead)
    this.#final(handler, bytes, start, shared)
  }

  #final(handler: ResponseHandler, bytes: Buffer, start: number, shared: boolean): void {
    const head = responseHead
    const body = this.#body
    if (head.close || head.connectionOptions) this.#reusable = false
    if (head.keepAliveTimeout >= 0) this.keepAliveTimeout = head.keepAliveTimeout
    if (!body.begin(head, bytes, this.#headRequest, this.#dechunk)) {
      this.#fail('protocol', 'malformed chunked response')
      return
    }
    const { end, finished } = body
    if (body.excess || body.untilClose) this.#reusable = false
    this.#phase = BODY
    handler.onResponse(bytes, start, end, finished, shared)
    // Chunks to take the framing off: they could not go along with the head.
    if (!finished && end < bytes.length && this.#handler === handler) this.#readBody(handler, bytes.subarray(end), shared)
  }
}
