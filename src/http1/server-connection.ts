import type { Socket } from 'node:net'
import type { HttpConnection, HttpHandler, ProtocolProblem } from '../gateway/exchange.ts'
import { CR, LF } from './bytes.ts'
import { CHUNK_MALFORMED, CHUNK_MORE, ChunkedReader } from './chunked.ts'
import { deadlineIn } from './clock.ts'
import { reportFault } from './fault.ts'
import { cutLines, readConnectionOptions } from './field-lines.ts'
import { BAD_EXPECTATION, COMPLETE, INCOMPLETE, TOO_LARGE } from './head-fields.ts'
import { HeadMemo } from './head-memo.ts'
import type { HeaderTable } from './header-table.ts'
import { RequestHead } from './request-head.ts'
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
const BODY_LENGTH = 2
const BODY_CHUNKED = 3
/** The request is read; its response is under way. */
const WAIT = 4
const TUNNEL = 5
/** Our direction is closed; what still comes in is thrown away, so that the client can read the answer before a reset. */
const CLOSING = 6
const DEAD = 7

const LINGER = 2000
/** How long an idle connection may still bring a request once connections are being drained. */
const RETIREMENT = 500
const MAX_BLANK_LINES = 2

/** The offsets of the head being handled. Shared by all connections of a worker: valid only inside `onRequest`. */
export const requestHead: RequestHead = new RequestHead()

/** The client's side of HTTP/1.1 on one socket: reads requests one after the other, frames bodies, keeps deadlines. */
export class ServerConnection implements HttpConnection, TransportOwner {
  readonly transport: Transport
  readonly #rules: () => ConnectionRules
  readonly #handler: HttpHandler
  readonly #memo = new HeadMemo()
  #limits: ConnectionLimits
  #state = IDLE
  /** Received and not yet read: a partial head, or pipelined requests. */
  #pending: Buffer | null = null
  /** Length of a partial head when it was last looked at: it is read again only once it has doubled or may be whole. */
  #scanned = 0
  #left = 0
  #chunks: ChunkedReader | null = null
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
    return this.#state !== BODY_LENGTH && this.#state !== BODY_CHUNKED
  }

  get closing(): boolean {
    return this.#close
  }

  /** Between requests, with nothing received. */
  get idle(): boolean {
    return this.#state === IDLE && this.#pending === null
  }

  // From the transport

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
      case BODY_LENGTH:
      case BODY_CHUNKED:
        this.#deadline = deadlineIn(this.#limits.bodyIdle)
        if (this.#held) this.#pending = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes])
        else this.#body(bytes, 0)
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
      case BODY_LENGTH:
      case BODY_CHUNKED:
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
      case BODY_LENGTH:
      case BODY_CHUNKED:
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
    this.#chunks = null
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
    if (pending !== null && (this.#state === BODY_LENGTH || this.#state === BODY_CHUNKED)) {
      this.#pending = null
      this.#body(pending, 0)
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
    const { limits, draining } = rules
    let start = 0
    // RFC 9112 2.2: an empty line before the request line is ignored.
    while (this.#state === IDLE && start < MAX_BLANK_LINES * 2 && bytes[start] === CR && bytes[start + 1] === LF) start += 2
    const length = bytes.length
    if (this.#state === IDLE) {
      if (start === length) return false
      if (start + 1 === length && start < MAX_BLANK_LINES * 2 && bytes[start] === CR) {
        // Half of an empty line: the rest decides.
        this.#pending = bytes.subarray(start)
        return false
      }
      this.#state = HEAD
      this.#limits = limits
      this.#scanned = 0
      this.#deadline = deadlineIn(limits.head)
    } else if (length < this.#scanned * 2 && bytes.indexOf('\r\n\r\n', Math.max(0, this.#scanned - 3), 'latin1') < 0) {
      return this.#awaitMore(bytes, length)
    }
    const outcome = this.#read(bytes, start, rules)
    if (outcome === INCOMPLETE) {
      this.#scanned = length - start
      return this.#awaitMore(start === 0 ? bytes : bytes.subarray(start), length - start)
    }
    if (outcome !== COMPLETE) {
      const reason = outcome === TOO_LARGE ? 'head_too_large' : outcome === BAD_EXPECTATION ? 'expectation_failed' : 'malformed_request'
      this.#problem(reason, requestHead.problem)
      return false
    }
    if (requestHead.end - start > limits.headBytes) {
      this.#problem('head_too_large', `the head is longer than ${limits.headBytes} bytes`)
      return false
    }
    this.#close = this.#peerEnded || draining || requestHead.close || requestHead.minor === 0 || requestHead.hasUnexpectedBody(bytes)
    if (requestHead.connectionOptions && !this.#options(bytes)) return false
    this.#request(bytes, start, length)
    return true
  }

  #read(bytes: Buffer, start: number, rules: ConnectionRules): number {
    if (start === 0 && this.#memo.recall(bytes, rules, requestHead)) return COMPLETE
    const outcome = requestHead.read(bytes, start, bytes.length, rules.table, rules.limits)
    if (outcome === COMPLETE && start === 0) this.#memo.consider(bytes, rules, requestHead)
    return outcome
  }

  /** A `Connection` list: fields it names end at this hop. */
  #options(bytes: Buffer): boolean {
    const options = readConnectionOptions(bytes, requestHead.fieldsStart, requestHead.end)
    if (options === null) {
      this.#problem('malformed_request', 'malformed Connection, or one that names a field that has to stay')
      return false
    }
    if (options.close) this.#close = true
    requestHead.upgradeRequested = options.upgrade
    if (options.names.size > 0 && cutLines(bytes, requestHead, (name) => options.names.has(name)) < 0) {
      this.#problem('head_too_large', 'too many header fields to remove')
      return false
    }
    return true
  }

  #awaitMore(bytes: Buffer, length: number): boolean {
    if (length > this.#limits.headBytes) this.#problem('head_too_large', `the head is longer than ${this.#limits.headBytes} bytes`)
    else this.#pending = bytes
    return false
  }

  #request(bytes: Buffer, start: number, length: number): void {
    const head = requestHead
    const bodyStart = head.end
    this.#chunks = null
    if (head.chunked) {
      this.#state = BODY_CHUNKED
      this.#chunks = new ChunkedReader(this.#limits.headBytes)
      this.#deadline = deadlineIn(this.#limits.bodyIdle)
      this.#handler.onRequest(bytes, start, bodyStart, bodyStart, false)
      if (bodyStart < length && this.#state === BODY_CHUNKED) this.#rest(bytes.subarray(bodyStart))
      return
    }
    const expected = Math.max(0, head.contentLength)
    if (this.#limits.bodyBytes !== 0 && expected > this.#limits.bodyBytes) {
      this.#state = BODY_LENGTH
      this.#problem('body_too_large', `Content-Length ${expected} is over ${this.#limits.bodyBytes}`, bytes)
      return
    }
    const have = Math.min(length - bodyStart, expected)
    const bodyEnd = bodyStart + have
    this.#left = expected - have
    this.#state = this.#left === 0 ? WAIT : BODY_LENGTH
    this.#deadline = this.#left === 0 ? Number.POSITIVE_INFINITY : deadlineIn(this.#limits.bodyIdle)
    // Before the handler runs: a synchronous answer goes straight on with what is pending.
    if (bodyEnd < length) this.#pending = bytes.subarray(bodyEnd)
    this.#handler.onRequest(bytes, start, bodyStart, bodyEnd, this.#left === 0)
  }

  #rest(bytes: Buffer): void {
    if (this.#held) this.#pending = bytes
    else this.#body(bytes, 0)
  }

  #body(bytes: Buffer, start: number): void {
    if (this.#state === BODY_LENGTH) {
      const have = Math.min(bytes.length - start, this.#left)
      this.#left -= have
      const last = this.#left === 0
      if (last) this.#bodyRead(bytes, start + have)
      this.#handler.onBody(start === 0 && have === bytes.length ? bytes : bytes.subarray(start, start + have))
      if (last) this.#handler.onBodyEnd([])
      return
    }
    const reader = this.#chunks as ChunkedReader
    const runs: Buffer[] = []
    const end = reader.read(bytes, start, bytes.length, (from, to) => runs.push(bytes.subarray(from, to)))
    if (end === CHUNK_MALFORMED) {
      this.#problem('malformed_request', 'malformed chunked body')
      return
    }
    if (this.#limits.bodyBytes !== 0 && reader.bodyBytes > this.#limits.bodyBytes) {
      this.#problem('body_too_large', `the body is over ${this.#limits.bodyBytes} bytes`)
      return
    }
    if (end !== CHUNK_MORE) this.#bodyRead(bytes, end)
    if (runs.length > 0) this.#handler.onBody(runs.length === 1 ? runs[0] : Buffer.concat(runs))
    if (end !== CHUNK_MORE) this.#handler.onBodyEnd(reader.trailers)
  }

  #bodyRead(bytes: Buffer, end: number): void {
    this.#state = WAIT
    this.#deadline = Number.POSITIVE_INFINITY
    if (end < bytes.length) this.#pending = bytes.subarray(end)
  }

  /** Nothing after this point can be trusted to be where we think it is: one answer, then the end. */
  #problem(problem: ProtocolProblem, detail: string, head: Buffer | null = null): void {
    this.#close = true
    this.#pending = null
    this.#deadline = deadlineIn(LINGER)
    this.#handler.onProblem(problem, detail, head)
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
