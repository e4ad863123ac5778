import type { HttpHandler, ProtocolProblem } from '../gateway/exchange.ts'
import { deadlineIn } from './clock.ts'
import type { ConnectionLimits, ConnectionRules } from './connection-rules.ts'
import { HEAD_ABSENT, HEAD_PARTIAL, HEAD_READ, HeadReader } from './head-reader.ts'
import { BODY_COMPLETE, BODY_MALFORMED, BODY_TOO_LARGE, RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'

/** Between requests. */
const IDLE = 0
const HEAD = 1
const BODY = 2
/** The request is read; its response is under way. */
const WAIT = 3
/** Nothing is read any more. */
const DONE = 4

/** What a reader asks of its connection. */
export interface ReaderOwner {
  readonly handler: HttpHandler
  rules(): ConnectionRules
  /** More than may be held has come. */
  stopReading(): void
  /** Nothing after this point can be trusted to be where we think it is. Not null: the head was sound all the same. */
  onProblem(problem: ProtocolProblem, detail: string, bytes: Buffer | null, head: RequestHead | null): void
}

/** Reads one client's requests one after the other, each as far as its answer allows, and keeps the time that each part may take. */
export class RequestReader {
  readonly #owner: ReaderOwner
  readonly #handler: HttpHandler
  readonly #heads = new HeadReader()
  readonly #body = new RequestBody()
  #state = IDLE
  /** Received and not yet read: a partial head, pipelined requests, or what is held of a body. */
  #pending: Buffer | null = null
  #reading = false
  /** Requests so far. */
  #count = 0
  limits: ConnectionLimits
  /** When what is awaited is late, on the coarse clock. */
  deadline: number
  /** The request asks for a close, or implies it. */
  close = false
  /** The handler takes nothing more for now. */
  held = false

  constructor(owner: ReaderOwner) {
    this.#owner = owner
    this.#handler = owner.handler
    this.limits = owner.rules().limits
    this.deadline = deadlineIn(this.limits.head)
  }

  /** Between requests, with nothing received. */
  get idle(): boolean {
    return this.#state === IDLE && this.#pending === null
  }

  /** The request has been read to its last byte. */
  get complete(): boolean {
    return this.#state !== BODY
  }

  /** A whole request waits for its answer. */
  get waiting(): boolean {
    return this.#state === WAIT
  }

  get hasPending(): boolean {
    return this.#pending !== null
  }

  /** Whether the bytes in `LENT` were one whole request that repeats; else nothing was done. */
  readLent(length: number): boolean {
    if (this.#state !== IDLE || this.#pending !== null || this.held) return false
    const rules = this.#owner.rules()
    if (!this.#heads.repeats(length, rules)) return false
    this.limits = rules.limits
    this.#reading = true
    this.#request(this.#heads.remembered, rules)
    this.readOn()
    return true
  }

  /** Reads what came, or keeps it for later. */
  read(bytes: Buffer): void {
    if (this.#state === BODY) {
      this.deadline = deadlineIn(this.limits.bodyIdle)
      if (this.held) this.#keep(bytes)
      else this.#readBody(bytes)
      return
    }
    this.#keep(bytes)
    if (this.#state === WAIT || this.held) {
      if ((this.#pending as Buffer).length > this.limits.headBytes) this.#owner.stopReading()
    } else {
      this.readOn()
    }
  }

  /** The heads in what is pending, until one waits for its answer. Not again from inside itself. */
  readOn(): void {
    this.#reading = true
    while ((this.#state === IDLE || this.#state === HEAD) && this.#pending !== null) {
      const bytes = this.#pending
      this.#pending = null
      if (!this.#head(bytes)) break
    }
    this.#reading = false
  }

  /** The answer is complete: false where a reading under way goes on with the next request by itself. */
  next(): boolean {
    this.#drop()
    this.#state = IDLE
    this.deadline = deadlineIn(this.limits.keepalive)
    return !this.#reading
  }

  /** Nothing that came or comes is a request any more. */
  end(): void {
    this.#drop()
    this.#state = DONE
    this.#pending = null
  }

  /** Ends a hold: what was held of a body is read. */
  release(): void {
    this.held = false
    if (this.#pending !== null && this.#state === BODY) this.#readBody(this.takePending() as Buffer)
    if (!this.held && this.#state === BODY) this.deadline = deadlineIn(this.limits.bodyIdle)
  }

  /** The request under way, or one that comes within `grace` milliseconds, is the last. */
  retire(grace: number): void {
    this.close = true
    if (this.#state === IDLE) this.deadline = Math.min(this.deadline, deadlineIn(grace))
  }

  /** What was received and not read. */
  takePending(): Buffer | null {
    const pending = this.#pending
    this.#pending = null
    return pending
  }

  /** Acts where what is awaited is late; true where nothing is, and the connection is just unused. */
  late(): boolean {
    if (this.#state === HEAD) this.#refuse('request_timeout', `the head did not arrive within ${this.limits.head} ms`)
    else if (this.#state === BODY && !this.held) this.#refuse('request_timeout', `no body byte arrived for ${this.limits.bodyIdle} ms`)
    return this.#state === IDLE
  }

  #drop(): void {
    this.#body.drop()
    this.held = false
  }

  #keep(bytes: Buffer): void {
    this.#pending = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes])
  }

  /** Reads one head from the front of `bytes`; false where more bytes are needed or reading has ended. */
  #head(bytes: Buffer): boolean {
    const rules = this.#owner.rules()
    const reader = this.#heads
    const begun = this.#state === HEAD
    const outcome = reader.read(bytes, begun, rules)
    if (outcome === HEAD_ABSENT) {
      this.#pending = reader.rest
      return false
    }
    this.#state = HEAD
    if (!begun) {
      this.limits = rules.limits
      if (outcome !== HEAD_READ) this.deadline = deadlineIn(rules.limits.head)
    }
    if (outcome === HEAD_READ) {
      this.#request(bytes, rules)
      return true
    }
    if (outcome === HEAD_PARTIAL) this.#pending = reader.rest
    else this.#refuse(reader.problem, reader.detail)
    return false
  }

  /** A head was read: the handler gets it, with what came of its body. */
  #request(bytes: Buffer, { draining }: ConnectionRules): void {
    const { head, start, close } = this.#heads
    const { length } = bytes
    this.#count++
    this.close = this.close || close || draining || head.minor === 0 || head.hasUnexpectedBody(bytes)
    if (head.chunked) {
      this.#beginBody(head, 0)
      this.#handler.onRequest(bytes, head, start, head.end, false)
      if (head.end < length && this.#state === BODY) this.#rest(bytes.subarray(head.end))
      return
    }
    const expected = Math.max(0, head.contentLength)
    if (this.limits.bodyBytes !== 0 && expected > this.limits.bodyBytes) {
      this.#state = BODY
      this.#refuse('body_too_large', `Content-Length ${expected} is over ${this.limits.bodyBytes}`, bytes, head)
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
    this.deadline = deadlineIn(this.limits.bodyIdle)
    this.#body.begin(head, have, this.limits.bodyBytes, this.limits.headBytes)
  }

  #rest(bytes: Buffer): void {
    if (this.held) this.#pending = bytes
    else this.#readBody(bytes)
  }

  #readBody(bytes: Buffer): void {
    const body = this.#body
    const outcome = body.read(bytes)
    if (outcome === BODY_MALFORMED) {
      this.#refuse('malformed_request', 'malformed chunked body')
      return
    }
    if (outcome === BODY_TOO_LARGE) {
      this.#refuse('body_too_large', `the body is over ${this.limits.bodyBytes} bytes`)
      return
    }
    const complete = outcome === BODY_COMPLETE
    if (complete) {
      this.#await()
      if (body.end < bytes.length) this.#pending = bytes.subarray(body.end)
    }
    const { trailers } = body
    const content = body.take()
    const request = this.#count
    if (content !== null) this.#handler.onBody(content)
    // An answer from inside `onBody` ends this request, and may begin the next.
    if (complete && this.#state === WAIT && request === this.#count) this.#handler.onBodyEnd(trailers)
  }

  /** The request is read to its last byte. */
  #await(): void {
    this.#state = WAIT
    this.deadline = Number.POSITIVE_INFINITY
  }

  #refuse(problem: ProtocolProblem, detail: string, bytes: Buffer | null = null, head: RequestHead | null = null): void {
    this.#pending = null
    this.#owner.onProblem(problem, detail, bytes, head)
  }
}
