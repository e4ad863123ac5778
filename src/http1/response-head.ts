import { COLON, CR, equalsIgnoringCase, FIELD_VALUE, HTAB, LF, NAME_CLASS, SP, TOKEN, word } from './bytes.ts'
import {
  CONNECTION,
  CONTENT_LENGTH,
  compileHeaderTable,
  DEAD,
  KEEP_ALIVE,
  OTHER,
  PROXY_CONNECTION,
  RESPONSE_NAMES,
  START,
  TRANSFER_ENCODING,
  UPGRADE,
  VARY,
} from './header-table.ts'
import { COMPLETE, INCOMPLETE, MALFORMED } from './request-head.ts'

const TABLE = compileHeaderTable(RESPONSE_NAMES)
const MAX_CUTS = 64
const VERSION = Buffer.from('HTTP/1.', 'latin1')
const KEEP_ALIVE_WORD = word('keep-alive')
const CLOSE_WORD = word('close')
const CHUNKED_WORD = word('chunked')
const TIMEOUT_WORD = word('timeout=')
const NAME_BYTES: readonly Uint8Array[] = (() => {
  const table: Uint8Array[] = []
  for (const { name, id } of RESPONSE_NAMES) table[id] = word(name)
  return table
})()

/**
 * Reads one response head in a single pass, results in fields as in `RequestHead`. A response whose framing could be read
 * in two ways is MALFORMED: its connection is given up and the client gets 502.
 */
export class ResponseHead {
  problem = ''
  end = 0
  status = 0
  minor = 1
  /** First byte after the status line. */
  fieldsStart = 0
  contentLength = -1
  chunked = false
  close = false
  connectionOptions = false
  /** `Connection: keep-alive` alone and verbatim: it can stay in a head that is forwarded unchanged. */
  keepAliveLine = -1
  keepAliveLineEnd = -1
  /** Seconds from `Keep-Alive: timeout=N`; -1 where absent. */
  keepAliveTimeout = -1
  upgradeStart = -1
  upgradeEnd = -1
  vary = false
  readonly cuts = new Int32Array(MAX_CUTS)
  cutCount = 0

  /** Reads a head that starts at `start`; returns COMPLETE, INCOMPLETE or MALFORMED. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.contentLength = this.keepAliveTimeout = this.upgradeStart = this.keepAliveLine = -1
    this.chunked = this.close = this.connectionOptions = this.vary = false
    this.cutCount = 0
    const line = this.#statusLine(bytes, start, end)
    return line === COMPLETE ? this.#fields(bytes, end) : line
  }

  #bad(problem: string): number {
    this.problem = problem
    return MALFORMED
  }

  #statusLine(bytes: Uint8Array, start: number, end: number): number {
    for (let k = 0; k < VERSION.length; k++) {
      if (start + k === end) return INCOMPLETE
      if (bytes[start + k] !== VERSION[k]) return this.#bad('not HTTP/1')
    }
    if (start + 13 > end) return INCOMPLETE
    const minor = bytes[start + 7] - 48
    const a = bytes[start + 9] - 48
    const b = bytes[start + 10] - 48
    const c = bytes[start + 11] - 48
    if ((minor !== 0 && minor !== 1) || bytes[start + 8] !== SP || a < 1 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) {
      return this.#bad('malformed status line')
    }
    this.minor = minor
    this.status = a * 100 + b * 10 + c
    let i = start + 12
    if (bytes[i] !== SP && bytes[i] !== CR) return this.#bad('malformed status line')
    while (i < end && FIELD_VALUE[bytes[i]] === 1) i++
    if (i + 1 >= end) return INCOMPLETE
    if (bytes[i] !== CR || bytes[i + 1] !== LF) return this.#bad('status line does not end with CRLF')
    this.fieldsStart = i + 2
    return COMPLETE
  }

  #fields(bytes: Uint8Array, end: number): number {
    const { next, meaning } = TABLE
    let i = this.fieldsStart
    for (;;) {
      if (i >= end) return INCOMPLETE
      if (bytes[i] === CR) {
        if (i + 1 >= end) return INCOMPLETE
        if (bytes[i + 1] !== LF) return this.#bad('bare CR in the head')
        this.end = i + 2
        return this.#finish()
      }
      const nameStart = i
      let state = START
      for (;;) {
        const kind = NAME_CLASS[bytes[i]]
        if (kind === 0) break
        state = next[(state << 6) | kind]
        if (++i >= end) return INCOMPLETE
        if (state === DEAD) {
          while (i < end && TOKEN[bytes[i]] === 1) i++
          if (i >= end) return INCOMPLETE
          break
        }
      }
      if (bytes[i] !== COLON || i === nameStart) return this.#bad('malformed header name')
      const nameEnd = i++
      while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++
      const valueStart = i
      while (i < end && FIELD_VALUE[bytes[i]] === 1) i++
      if (i + 1 >= end) return INCOMPLETE
      if (bytes[i] !== CR || bytes[i + 1] !== LF) return this.#bad('control character in a header value')
      let valueEnd = i
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--
      i += 2
      const id = meaning[state]
      if (id === OTHER || !equalsIgnoringCase(bytes, nameStart, nameEnd, NAME_BYTES[id])) continue
      if (this.#known(id, bytes, nameStart, valueStart, valueEnd, i) !== COMPLETE) return MALFORMED
    }
  }

  #known(id: number, bytes: Uint8Array, line: number, start: number, end: number, lineEnd: number): number {
    switch (id) {
      case CONTENT_LENGTH:
        return this.#contentLength(bytes, start, end)
      case TRANSFER_ENCODING:
        if (this.chunked || !equalsIgnoringCase(bytes, start, end, CHUNKED_WORD))
          return this.#bad('Transfer-Encoding is not exactly chunked')
        this.chunked = true
        return COMPLETE
      case CONNECTION:
        if (equalsIgnoringCase(bytes, start, end, KEEP_ALIVE_WORD)) {
          if (this.keepAliveLine >= 0) return this.#cut(line, lineEnd)
          this.keepAliveLine = line
          this.keepAliveLineEnd = lineEnd
          return COMPLETE
        }
        if (equalsIgnoringCase(bytes, start, end, CLOSE_WORD)) this.close = true
        else this.connectionOptions = true
        return this.#cut(line, lineEnd)
      case KEEP_ALIVE:
        this.#keepAlive(bytes, start, end)
        return this.#cut(line, lineEnd)
      case PROXY_CONNECTION:
        return this.#cut(line, lineEnd)
      case UPGRADE:
        this.upgradeStart = start
        this.upgradeEnd = end
        return this.#cut(line, lineEnd)
      case VARY:
        this.vary = true
        return COMPLETE
      default:
        return COMPLETE
    }
  }

  #contentLength(bytes: Uint8Array, start: number, end: number): number {
    if (this.contentLength >= 0) return this.#bad('more than one Content-Length')
    if (start === end || end - start > 15) return this.#bad('Content-Length is not a decimal number')
    let length = 0
    for (let i = start; i < end; i++) {
      const digit = bytes[i] - 48
      if (digit < 0 || digit > 9) return this.#bad('Content-Length is not a decimal number')
      length = length * 10 + digit
    }
    this.contentLength = length
    return COMPLETE
  }

  #keepAlive(bytes: Uint8Array, start: number, end: number): void {
    for (let i = start; i + TIMEOUT_WORD.length < end; i++) {
      if (!equalsIgnoringCase(bytes, i, i + TIMEOUT_WORD.length, TIMEOUT_WORD)) continue
      let seconds = 0
      for (let k = i + TIMEOUT_WORD.length; k < end && bytes[k] >= 48 && bytes[k] <= 57 && seconds < 1e6; k++)
        seconds = seconds * 10 + bytes[k] - 48
      this.keepAliveTimeout = seconds
      return
    }
  }

  #cut(from: number, to: number): number {
    if (this.cutCount > 0 && this.cuts[this.cutCount - 1] === from) {
      this.cuts[this.cutCount - 1] = to
      return COMPLETE
    }
    if (this.cutCount >= MAX_CUTS) return this.#bad('too many hop-by-hop header fields')
    this.cuts[this.cutCount++] = from
    this.cuts[this.cutCount++] = to
    return COMPLETE
  }

  #finish(): number {
    if (this.chunked && this.contentLength >= 0) return this.#bad('both Transfer-Encoding and Content-Length')
    if (this.chunked && this.minor === 0) return this.#bad('Transfer-Encoding in HTTP/1.0')
    if (this.minor === 0) this.close = true
    return COMPLETE
  }
}
