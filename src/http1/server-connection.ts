import type { Socket } from 'node:net'
import type { HttpConnection, HttpHandler, ProtocolProblem } from '../gateway/exchange.ts'
import { deadlineIn } from './clock.ts'
import { reportFault } from './fault.ts'
import { HEAD_ABSENT, HEAD_PARTIAL, HEAD_READ, HeadReader } from './head-reader.ts'
import type { HeaderTable } from './header-table.ts'
import { BODY_COMPLETE, BODY_MALFORMED, BODY_TOO_LARGE, RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'
import { Transport, type TransportOwner } from './transport.ts'

/** Milliseconds and bytes; 0 is none. */
export interface ConnectionLimits {
  readonly head: number
  readonly headBytes: number
  readonly headers: number
  readonly targetBytes: number
  readonly bodyBytes: number
  readonly bodyIdle: number
  readonly keepalive: number
}

/** What a connection reads by; looked up anew for each head, so that a reload applies to the next request. */
export interface ConnectionRules {
  readonly table: HeaderTable
  readonly limits: ConnectionLimits
  /** Connections are being drained: each closes after the response to its current request. */
  readonly draining: boolean
}

const IDLE = 0
const HEAD = 1
const BODY = 2
/** The request is read; its response is under way. */
const WAIT = 3
const TUNNEL = 4
/** Our direction is closed; what still comes in is thrown away, so that the client can read the answer before a reset. */
const CLOSING = 5
const DEAD = 6

const LINGER = 2000
/** How long an idle connection may still bring a request once connections are being drained. */
const RETIREMENT = 500

/** The client's side of HTTP/1.1 on one socket: reads requests one after the other, frames bodies, keeps deadlines. */
export class ServerConnection implements HttpConnection, TransportOwner {
  readonly transport: Transport
  readonly #rules: () => ConnectionRules
  readonly #handler: HttpHandler
  readonly #heads = new HeadReader()
  readonly #body = new RequestBody()
  #limits: ConnectionLimits
  #state = IDLE
  /** Received and not yet read: a partial head, or pipelined requests. */
  #pending: Buffer | null = null
  #deadline: number
  #close = false
  #pumping = false
  #peerEnded = false
  #ended = false
  #held = false

  constructor(socket: Socket, rules: () => ConnectionRules, handler: HttpHandler) {
    this.#rules = rules
    this.#limits = rules().limits
    this.#deadline = deadlineIn(this.#limits.head)
    this.#handler = handler
    this.transport = new Transport(socket, this)
  }

  /** Begins to read; after whoever made this connection has it in hand. */
  start(): void {
    this.transport.start()
  }

  get queued(): number {
    return this.transport.queued
  }

  get requestComplete(): boolean {
    return this.#state !== BODY
  }

  get closing(): boolean {
    return this.#close
  }

  /** Between requests, with nothing received. */
  get idle(): boolean {
    return this.#state === IDLE && this.#pending === null
  }

  // From the transport

  onLent(length: number): boolean {
    if (this.#state !== IDLE || this.#pending !== null || this.#held) return false
    const rules = this.#rules()
    if (!this.#heads.repeats(length, rules)) return false
    this.#limits = rules.limits
    this.#pumping = true
    this.#request(this.#heads.remembered, rules)
    this.#pump()
    return true
  }

  onBytes(bytes: Buffer): void {
    switch (this.#state) {
      case IDLE:
      case HEAD:
      case WAIT:
        this.#pending = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes])
        if (this.#state === WAIT || this.#held) {
          if (this.#pending.length > this.#limits.headBytes) this.transport.pause()
        } else this.#pump()
        return
      case BODY:
        this.#deadline = deadlineIn(this.#limits.bodyIdle)
        if (this.#held) this.#pending = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes])
        else this.#readBody(bytes)
        return
      case TUNNEL:
        this.#handler.onTunnelBytes(bytes)
    }
  }

  onPeerEnd(): void {
    this.#peerEnded = true
    switch (this.#state) {
      case WAIT:
        // Half-closed: the client still reads, and gets the response to what it asked.
        this.#close = true
        return
      case TUNNEL:
        this.#handler.onTunnelEnd()
        return
      case CLOSING:
        if (this.#ended) this.destroy()
        return
      case BODY:
        // What is held may be the rest of the body: `resume` finds out.
        if (!this.#held || this.#pending === null) this.destroy()
        return
      default:
        this.destroy()
    }
  }

  onDrain(): void {
    this.#handler.onDrain()
  }

  onEnded(): void {
    this.#ended = true
    if (this.#peerEnded) this.destroy()
  }

  onClose(): void {
    if (this.#state === DEAD) return
    this.#state = DEAD
    this.#pending = null
    this.#handler.onGone()
  }

  /** Acts on a deadline that has passed; called by the worker's sweep. */
  sweep(now: number): void {
    if (this.transport.queued > 0 && this.#state !== TUNNEL) {
      if (this.#limits.bodyIdle !== 0 && now - this.transport.progressAt > this.#limits.bodyIdle) this.destroy()
      return
    }
    if (now <= this.#deadline) return
    switch (this.#state) {
      case HEAD:
        this.#problem('request_timeout', `the head did not arrive within ${this.#limits.head} ms`)
        return
      case BODY:
        if (this.#held) return
        this.#problem('request_timeout', `no body byte arrived for ${this.#limits.bodyIdle} ms`)
        return
      case IDLE:
        this.#endQuietly()
        return
      case CLOSING:
        this.destroy()
    }
  }

  // For the gateway

  send(bytes: Buffer, shared: boolean): void {
    this.transport.write(bytes, shared)
  }

  finish(close: boolean): void {
    if (this.#state === DEAD || this.#state === CLOSING) return
    this.#body.drop()
    this.#held = false
    if (close || this.#close || !this.requestComplete || this.#peerEnded) {
      this.#linger()
      return
    }
    this.#state = IDLE
    this.#deadline = deadlineIn(this.#limits.keepalive)
    if (!this.#pumping) this.#pump()
  }

  pause(): void {
    this.#held = true
    this.transport.pause()
  }

  resume(): void {
    if (!this.#held) return
    this.#held = false
    const pending = this.#pending
    if (pending !== null && this.#state === BODY) {
      this.#pending = null
      this.#readBody(pending)
    }
    if (this.#peerEnded && !this.requestComplete) {
      this.destroy()
      return
    }
    if (!this.#held) {
      this.#deadline = this.requestComplete ? this.#deadline : deadlineIn(this.#limits.bodyIdle)
      this.transport.resume()
    }
  }

  startTunnel(): void {
    this.#state = TUNNEL
    this.#deadline = Number.POSITIVE_INFINITY
    const pending = this.#pending
    this.#pending = null
    if (pending !== null) this.#handler.onTunnelBytes(pending)
    if (this.#peerEnded) this.#handler.onTunnelEnd()
    this.transport.resume()
  }

  endTunnel(): void {
    this.transport.end()
  }

  destroy(): void {
    this.transport.destroy()
  }

  /** Draining: an idle connection is given a moment for a request that is on its way, a busy one ends with its response. */
  retire(): void {
    this.#close = true
    if (this.#state === IDLE) this.#deadline = Math.min(this.#deadline, deadlineIn(RETIREMENT))
  }

  // Reading

  #pump(): void {
    // Contained here too: an upstream's event may have led to this, and the fault is not its.
    try {
      this.#readHeads()
    } catch (error) {
      reportFault(error)
      this.destroy()
    }
    this.#pumping = false
    // Pipelined requests beyond what is held stopped the reading; whoever waits for bytes now must get them.
    if (this.#state !== WAIT && !this.#held && this.transport.paused) this.transport.resume()
  }

  #readHeads(): void {
    this.#pumping = true
    while ((this.#state === IDLE || this.#state === HEAD) && this.#pending !== null) {
      const bytes = this.#pending
      this.#pending = null
      if (!this.#head(bytes)) break
    }
  }

  /** Reads one head from the front of `bytes`; false where more bytes are needed or reading has ended. */
  #head(bytes: Buffer): boolean {
    const rules = this.#rules()
    const reader = this.#heads
    const begun = this.#state === HEAD
    const outcome = reader.read(bytes, begun, rules)
    if (outcome === HEAD_ABSENT) {
      this.#pending = reader.rest
      return false
    }
    this.#state = HEAD
    if (!begun) {
      this.#limits = rules.limits
      if (outcome !== HEAD_READ) this.#deadline = deadlineIn(rules.limits.head)
    }
    if (outcome === HEAD_READ) {
      this.#request(bytes, rules)
      return true
    }
    if (outcome === HEAD_PARTIAL) this.#pending = reader.rest
    else this.#problem(reader.problem, reader.detail)
    return false
  }

  /** A head was read: the handler gets it, with what came of its body. */
  #request(bytes: Buffer, { draining }: ConnectionRules): void {
    const { head, start, close } = this.#heads
    const { length } = bytes
    this.#close = close || this.#peerEnded || draining || head.minor === 0 || head.hasUnexpectedBody(bytes)
    if (head.chunked) {
      this.#beginBody(head, 0)
      this.#handler.onRequest(bytes, head, start, head.end, false)
      if (head.end < length && this.#state === BODY) this.#rest(bytes.subarray(head.end))
      return
    }
    const expected = Math.max(0, head.contentLength)
    if (this.#limits.bodyBytes !== 0 && expected > this.#limits.bodyBytes) {
      this.#state = BODY
      this.#problem('body_too_large', `Content-Length ${expected} is over ${this.#limits.bodyBytes}`, bytes, head)
      return
    }
    const have = Math.min(length - head.end, expected)
    const bodyEnd = head.end + have
    const complete = have === expected
    if (complete) this.#await()
    else this.#beginBody(head, have)
    // Before the handler runs: a synchronous answer goes straight on with what is pending.
    if (bodyEnd < length) this.#pending = bytes.subarray(bodyEnd)
    this.#handler.onRequest(bytes, head, start, bodyEnd, complete)
  }

  #beginBody(head: RequestHead, have: number): void {
    this.#state = BODY
    this.#deadline = deadlineIn(this.#limits.bodyIdle)
    this.#body.begin(head, have, this.#limits.bodyBytes, this.#limits.headBytes)
  }

  #rest(bytes: Buffer): void {
    if (this.#held) this.#pending = bytes
    else this.#readBody(bytes)
  }

  #readBody(bytes: Buffer): void {
    const body = this.#body
    const outcome = body.read(bytes)
    if (outcome === BODY_MALFORMED) {
      this.#problem('malformed_request', 'malformed chunked body')
      return
    }
    if (outcome === BODY_TOO_LARGE) {
      this.#problem('body_too_large', `the body is over ${this.#limits.bodyBytes} bytes`)
      return
    }
    const complete = outcome === BODY_COMPLETE
    if (complete) {
      this.#await()
      if (body.end < bytes.length) this.#pending = bytes.subarray(body.end)
    }
    // An answer from inside `onBody` drops the body and may begin the next one.
    const { trailers } = body
    if (body.content !== null) this.#handler.onBody(body.content)
    if (complete) this.#handler.onBodyEnd(trailers)
  }

  /** The request is read to its last byte. */
  #await(): void {
    this.#state = WAIT
    this.#deadline = Number.POSITIVE_INFINITY
  }

  /** Nothing after this point can be trusted to be where we think it is: one answer, then the end. */
  #problem(problem: ProtocolProblem, detail: string, bytes: Buffer | null = null, head: RequestHead | null = null): void {
    this.#close = true
    this.#pending = null
    this.#deadline = deadlineIn(LINGER)
    this.#handler.onProblem(problem, detail, bytes, head)
  }

  /** Nothing is owed to the client: closed as soon as it is told. */
  #endQuietly(): void {
    this.#peerEnded = true
    this.#linger()
  }

  #linger(): void {
    this.#state = CLOSING
    this.#pending = null
    this.#deadline = deadlineIn(LINGER)
    this.transport.end()
    if (this.#ended && this.#peerEnded) this.destroy()
    else this.transport.resume()
  }
}
