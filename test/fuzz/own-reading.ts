import type { HttpHandler, ProtocolProblem } from '../../src/gateway/exchange.ts'
import type { ConnectionRules } from '../../src/http1/connection-rules.ts'
import { fieldLines } from '../../src/http1/field-lines.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../src/http1/header-table.ts'
import type { RequestHead } from '../../src/http1/request-head.ts'
import { type ReaderOwner, RequestReader } from '../../src/http1/request-reader.ts'

export interface OwnMessage {
  readonly minor: number
  readonly method: string
  readonly target: string
  readonly fields: readonly (readonly [string, string])[]
  readonly framing: 'none' | 'length' | 'chunked'
  readonly upgrade: boolean
  /** The connection ends after it. */
  close: boolean
  body: Buffer
  trailers: readonly (readonly [string, string])[]
  complete: boolean
  /** Where method and target stand in all that was given; -1 where it was given in parts. */
  readonly methodAt: number
  readonly targetAt: number
  /** The byte after it, once complete. */
  end: number
}

export interface OwnReading {
  readonly messages: readonly OwnMessage[]
  readonly refusal: string | null
}

const RULES: ConnectionRules = {
  table: compileHeaderTable(REQUEST_NAMES, { exact: ['forwarded'], prefixes: ['x-forwarded-'] }),
  limits: { head: 1e6, headBytes: 32_768, headers: 100, targetBytes: 8_192, bodyBytes: 0, bodyIdle: 1e6, keepalive: 1e6 },
  draining: false,
}

/** Reads requests with the reader of a connection, each answered as soon as it is whole. `parts`: as they come from the network. */
export function readOwn(parts: readonly Buffer[]): OwnReading {
  return new Conversation().hear(parts)
}

class Conversation implements HttpHandler, ReaderOwner {
  readonly handler: HttpHandler = this
  readonly #reader: RequestReader
  readonly #messages: OwnMessage[] = []
  #refusal: string | null = null
  #whole: Buffer | null = null

  constructor() {
    this.#reader = new RequestReader(this)
  }

  hear(parts: readonly Buffer[]): OwnReading {
    this.#whole = parts.length === 1 ? (parts[0] ?? null) : null
    for (const part of parts) if (this.#open) this.#read(part)
    return { messages: this.#messages, refusal: this.#refusal }
  }

  get #open(): boolean {
    const last = this.#messages.at(-1)
    return this.#refusal === null && !(last?.complete === true && (last.close || last.upgrade))
  }

  #read(part: Buffer): void {
    this.#reader.read(part)
    while (this.#refusal === null && this.#reader.waiting) {
      const pending = this.#reader.takePending()
      const last = this.#messages.at(-1)
      if (last === undefined) throw new TypeError('the reader waits for an answer to nothing')
      last.complete = true
      last.close = this.#reader.close
      if (this.#whole !== null) last.end = pending === null ? this.#whole.length : this.#placeOf(pending, 0)
      if (!this.#open) return
      this.#reader.next()
      if (pending !== null) this.#reader.read(pending)
    }
  }

  /** Every buffer the reader hands out is a view into what it was given; partial ones are joined only where it came in parts. */
  #placeOf(view: Buffer, offset: number): number {
    return this.#whole === null ? -1 : view.byteOffset - this.#whole.byteOffset + offset
  }

  onRequest(bytes: Buffer, head: RequestHead, start: number, bodyEnd: number, _complete: boolean): void {
    this.#messages.push({
      minor: head.minor,
      method: bytes.latin1Slice(head.methodStart, head.methodEnd),
      target: bytes.latin1Slice(head.targetStart, head.targetEnd),
      fields: [...fieldLines(bytes, head.fieldsStart, head.end)].map(({ name, value }) => [name, value] as const),
      framing: head.chunked ? 'chunked' : head.contentLength >= 0 ? 'length' : 'none',
      upgrade: head.upgradeRequested && head.upgradeStart >= 0 && head.upgradeEnd > head.upgradeStart,
      close: false,
      body: Buffer.from(bytes.subarray(head.end, bodyEnd)),
      trailers: [],
      complete: false,
      methodAt: this.#placeOf(bytes, head.methodStart),
      targetAt: this.#placeOf(bytes, head.targetStart),
      end: -1,
    })
    if (head.methodStart !== start) throw new TypeError('the method is not where the head begins')
  }

  onBody(bytes: Buffer): void {
    const last = this.#messages.at(-1)
    if (last !== undefined) last.body = Buffer.concat([last.body, bytes])
  }

  onBodyEnd(trailers: readonly string[]): void {
    const last = this.#messages.at(-1)
    if (last !== undefined) last.trailers = trailers.map(trailerField)
  }

  onProblem(problem: ProtocolProblem, detail: string, _bytes: Buffer | null, _head: RequestHead | null): void {
    this.#refusal = `${problem} ${detail}`
  }

  rules(): ConnectionRules {
    return RULES
  }

  stopReading(): void {}
  onTunnelBytes(_bytes: Buffer): void {}
  onTunnelEnd(): void {}
  onDrain(): void {}
  onGone(): void {}
}

export function trailerField(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]
}
