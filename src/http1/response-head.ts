import { CR, equalsIgnoringCase, FIELD_VALUE, LF, SP, word } from './bytes.ts'
import { COMPLETE, HeadFields, INCOMPLETE, parseContentLength } from './head-fields.ts'
import {
  CONNECTION,
  CONTENT_LENGTH,
  compileHeaderTable,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  RESPONSE_NAMES,
  TRANSFER_ENCODING,
  UPGRADE,
  VARY,
} from './header-table.ts'

const TABLE = compileHeaderTable(RESPONSE_NAMES)
const MAX_CUTS = 32
/** A response's head is limited by its bytes alone. */
const MAX_FIELDS = Number.MAX_SAFE_INTEGER
const VERSION = Buffer.from('HTTP/1.', 'latin1')
const KEEP_ALIVE_WORD = word('keep-alive')
const CLOSE_WORD = word('close')
const CHUNKED_WORD = word('chunked')
const TIMEOUT_WORD = word('timeout=')
/**
 * Reads one response head in a single pass, results in fields as in `RequestHead`. A response whose framing could be read
 * in two ways is MALFORMED: its connection is given up and the client gets 502.
 */
export class ResponseHead extends HeadFields {
  status = 0
  minor = 1
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

  constructor() {
    super(MAX_CUTS)
  }

  /** Reads a head that starts at `start`; returns COMPLETE, INCOMPLETE or MALFORMED. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.contentLength = this.keepAliveTimeout = this.upgradeStart = this.keepAliveLine = -1
    this.chunked = this.close = this.connectionOptions = this.vary = false
    this.cuts.length = 0
    const line = this.#statusLine(bytes, start, end)
    return line === COMPLETE ? this.readFields(bytes, end, TABLE, MAX_FIELDS) : line
  }

  /** Makes the results of another head its own; of one without cuts, and so without an upgrade or a list of options. */
  takeFrom(other: ResponseHead): void {
    this.end = other.end
    this.fieldsStart = other.fieldsStart
    this.contentLength = other.contentLength
    this.chunked = other.chunked
    this.status = other.status
    this.minor = other.minor
    this.close = other.close
    this.keepAliveLine = other.keepAliveLine
    this.keepAliveLineEnd = other.keepAliveLineEnd
    this.keepAliveTimeout = other.keepAliveTimeout
    this.vary = other.vary
    this.connectionOptions = false
    this.upgradeStart = -1
    this.cuts.length = 0
  }

  #statusLine(bytes: Uint8Array, start: number, end: number): number {
    for (let k = 0; k < VERSION.length; k++) {
      if (start + k === end) return INCOMPLETE
      if (bytes[start + k] !== VERSION[k]) return this.bad('not HTTP/1')
    }
    if (start + 13 > end) return INCOMPLETE
    const minor = bytes[start + 7] - 48
    const a = bytes[start + 9] - 48
    const b = bytes[start + 10] - 48
    const c = bytes[start + 11] - 48
    if ((minor !== 0 && minor !== 1) || bytes[start + 8] !== SP || a < 1 || a > 9 || b < 0 || b > 9 || c < 0 || c > 9) {
      return this.bad('malformed status line')
    }
    this.minor = minor
    this.status = a * 100 + b * 10 + c
    let i = start + 12
    if (bytes[i] !== SP && bytes[i] !== CR) return this.bad('malformed status line')
    while (i < end && FIELD_VALUE[bytes[i]] === 1) i++
    if (i + 1 >= end) return INCOMPLETE
    if (bytes[i] !== CR || bytes[i + 1] !== LF) return this.bad('status line does not end with CRLF')
    this.fieldsStart = i + 2
    return COMPLETE
  }

  protected override known(id: number, bytes: Uint8Array, line: number, start: number, end: number, lineEnd: number): number {
    switch (id) {
      case CONTENT_LENGTH:
        if (this.isTabbed(bytes, line, start, end, lineEnd)) return this.bad('tab around Content-Length')
        if (this.contentLength >= 0) return this.bad('more than one Content-Length')
        this.contentLength = parseContentLength(bytes, start, end)
        return this.contentLength < 0 ? this.bad('Content-Length is not a decimal number') : this.#framing(line, lineEnd)
      case TRANSFER_ENCODING:
        if (this.isTabbed(bytes, line, start, end, lineEnd)) return this.bad('tab around Transfer-Encoding')
        if (this.chunked || !equalsIgnoringCase(bytes, start, end, CHUNKED_WORD))
          return this.bad('Transfer-Encoding is not exactly chunked')
        this.chunked = true
        return this.#framing(line, lineEnd)
      case CONNECTION:
        if (equalsIgnoringCase(bytes, start, end, KEEP_ALIVE_WORD)) {
          if (this.keepAliveLine >= 0) return this.cut(line, lineEnd)
          this.keepAliveLine = line
          this.keepAliveLineEnd = lineEnd
          return COMPLETE
        }
        if (equalsIgnoringCase(bytes, start, end, CLOSE_WORD)) this.close = true
        else this.connectionOptions = true
        return this.cut(line, lineEnd)
      case KEEP_ALIVE:
        this.#keepAlive(bytes, start, end)
        return this.cut(line, lineEnd)
      case PROXY_CONNECTION:
        return this.cut(line, lineEnd)
      case UPGRADE:
        this.upgradeStart = start
        this.upgradeEnd = end
        return this.cut(line, lineEnd)
      case VARY:
        this.vary = true
        return COMPLETE
      default:
        return COMPLETE
    }
  }

  /** 1xx and 204 have no body and may not speak of one (RFC 9110 section 8.6, RFC 9112 section 6.1): a client might wait for it. */
  #framing(line: number, lineEnd: number): number {
    return this.status < 200 || this.status === 204 ? this.cut(line, lineEnd) : COMPLETE
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

  protected override finished(): number {
    if (this.chunked && this.contentLength >= 0) return this.bad('both Transfer-Encoding and Content-Length')
    if (this.chunked && this.minor === 0) return this.bad('Transfer-Encoding in HTTP/1.0')
    if (this.minor === 0) this.close = true
    return COMPLETE
  }
}
