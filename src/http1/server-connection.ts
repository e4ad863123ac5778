import type { Socket } from 'node:net'
import type { HttpConnection, HttpHandler, ProtocolProblem } from '../gateway/exchange.ts'
import { deadlineIn } from './clock.ts'
import type { ConnectionRules } from './connection-rules.ts'
import { reportFault } from './fault.ts'
import type { RequestHead } from './request-head.ts'
import { type ReaderOwner, RequestReader } from './request-reader.ts'
import { Transport, type TransportOwner } from './transport.ts'

/** Requests are read and answered. */
const OPEN = 0
const TUNNEL = 1
/** Our direction is closed; what still comes in is thrown away, so that the client can read the answer before a reset. */
const CLOSING = 2
const DEAD = 3

const LINGER = 2000
/** How long an idle connection may still bring a request once connections are being drained. */
const RETIREMENT = 500

/** The client's side of HTTP/1.1 on one socket, from its first byte to its end: requests, tunnels, deadlines, and how it closes. */
export class ServerConnection implements HttpConnection, TransportOwner, ReaderOwner {
  readonly transport: Transport
  readonly handler: HttpHandler
  readonly #rules: () => ConnectionRules
  readonly #reader: RequestReader
  #state = OPEN
  #lingersUntil = 0
  #peerEnded = false
  /** Our direction is closed, and all is sent. */
  #ended = false

  constructor(socket: Socket, rules: () => ConnectionRules, handler: HttpHandler) {
    this.#rules = rules
    this.handler = handler
    this.#reader = new RequestReader(this)
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
    return this.#reader.complete
  }

  get closing(): boolean {
    return this.#reader.close
  }

  /** Between requests, with nothing received. */
  get idle(): boolean {
    return this.#state === OPEN && this.#reader.idle
  }

  // From the transport

  onLent(length: number): boolean {
    if (this.#state !== OPEN || !this.#reader.readLent(length)) return false
    this.#listen()
    return true
  }

  onBytes(bytes: Buffer): void {
    if (this.#state === OPEN) {
      this.#reader.read(bytes)
      this.#listen()
    } else if (this.#state === TUNNEL) {
      this.handler.onTunnelBytes(bytes)
    }
  }

  onPeerEnd(): void {
    this.#peerEnded = true
    const reader = this.#reader
    if (this.#state === TUNNEL) {
      this.handler.onTunnelEnd()
    } else if (this.#state === CLOSING) {
      if (this.#ended) this.destroy()
    } else if (reader.waiting) {
      // Half-closed: the client still reads, and gets the response to what it asked.
      reader.close = true
    } else if (reader.complete || !reader.held || !reader.hasPending) {
      // Else what is held may be the rest of the body: `resume` finds out.
      this.destroy()
    }
  }

  onDrain(): void {
    this.handler.onDrain()
  }

  onEnded(): void {
    this.#ended = true
    if (this.#peerEnded) this.destroy()
  }

  onClose(): void {
    if (this.#state === DEAD) return
    this.#state = DEAD
    this.#reader.end()
    this.handler.onGone()
  }

  /** Acts on a deadline that has passed; called by the worker's sweep. */
  sweep(now: number): void {
    const reader = this.#reader
    if (this.transport.queued > 0 && this.#state !== TUNNEL) {
      const { bodyIdle } = reader.limits
      if (bodyIdle !== 0 && now - this.transport.progressAt > bodyIdle) this.destroy()
    } else if (this.#state === CLOSING) {
      if (now > this.#lingersUntil) this.destroy()
    } else if (this.#state === OPEN && now > reader.deadline && reader.late()) {
      // Nothing is owed to the client: closed as soon as it is told.
      this.#peerEnded = true
      this.#linger()
    }
  }

  // From the reader

  rules(): ConnectionRules {
    return this.#rules()
  }

  stopReading(): void {
    this.transport.pause()
  }

  /** One answer, then the end. */
  onProblem(problem: ProtocolProblem, detail: string, bytes: Buffer | null, head: RequestHead | null): void {
    this.#reader.close = true
    this.handler.onProblem(problem, detail, bytes, head)
  }

  // For the gateway

  send(bytes: Buffer, shared: boolean): void {
    this.transport.write(bytes, shared)
  }

  finish(close: boolean): void {
    const reader = this.#reader
    if (this.#state === DEAD || this.#state === CLOSING) return
    if (close || reader.close || this.#state === TUNNEL || !reader.complete || this.#peerEnded) {
      this.#linger()
    } else if (reader.next()) {
      // Contained here: an upstream's event may have led to this, and the fault is not its.
      try {
        reader.readOn()
        this.#listen()
      } catch (error) {
        reportFault(error)
        this.destroy()
      }
    }
  }

  pause(): void {
    this.#reader.held = true
    this.transport.pause()
  }

  resume(): void {
    const reader = this.#reader
    if (!reader.held) return
    reader.release()
    if (this.#peerEnded && !reader.complete) this.destroy()
    else if (!reader.held) this.transport.resume()
  }

  startTunnel(): void {
    this.#state = TUNNEL
    const pending = this.#reader.takePending()
    if (pending !== null) this.handler.onTunnelBytes(pending)
    if (this.#peerEnded) this.handler.onTunnelEnd()
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
    this.#reader.retire(RETIREMENT)
  }

  /** Pipelined requests beyond what is held stopped the reading; whoever waits for bytes now must get them. */
  #listen(): void {
    if (this.transport.paused && !this.#reader.waiting && !this.#reader.held) this.transport.resume()
  }

  #linger(): void {
    this.#state = CLOSING
    this.#reader.end()
    this.#lingersUntil = deadlineIn(LINGER)
    this.transport.end()
    if (this.#ended && this.#peerEnded) this.destroy()
    else this.transport.resume()
  }
}
