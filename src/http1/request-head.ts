import { CR, equalsIgnoringCase, LF, LOWER, SP, TARGET, TOKEN, word } from './bytes.ts'
import { BAD_EXPECTATION, COMPLETE, HeadFields, INCOMPLETE, parseContentLength, TOO_LARGE } from './head-fields.ts'
import {
  AUTHORIZATION,
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  type HeaderTable,
  HOST,
  KEEP_ALIVE,
  LOOK_ALIKE,
  ORIGIN,
  PROXY_CONNECTION,
  REQUEST_ID,
  SEC_FETCH_SITE,
  STRIP,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
} from './header-table.ts'

const MAX_METHOD = 32
const MAX_CUTS = 128
const KEEP_ALIVE_WORD = word('keep-alive')
const CLOSE_WORD = word('close')
const CHUNKED_WORD = word('chunked')
const CONTINUE_WORD = word('100-continue')
const VERSION = word('http/1.')
const GET = word('GET')
const HEAD = word('HEAD')

export interface HeadLimits {
  readonly headers: number
  readonly targetBytes: number
}

/**
 * Reads one request head (RFC 9112) in a single pass. Results stay in the fields below, as offsets into the bytes given,
 * until the next `read`: a head costs no object per header. Every ambiguity is `MALFORMED`: framing that two readers could
 * understand differently is never passed on (RFC 9112 11.2).
 */
export class RequestHead extends HeadFields {
  methodStart = 0
  methodEnd = 0
  targetStart = 0
  targetEnd = 0
  /** Minor version: HTTP/1.0 or HTTP/1.1. */
  minor = 1
  hostStart = 0
  hostEnd = 0
  close = false
  /** `Connection` holds more than `close` or `keep-alive`: the slow path in field-lines.ts has to look. */
  connectionOptions = false
  upgradeStart = -1
  upgradeEnd = -1
  /** `Connection` lists `upgrade`; without it an Upgrade field means nothing. Set by whoever reads the list. */
  upgradeRequested = false
  expectContinue = false
  /** The whole line, so that it can be cut once a domain consumed it. */
  authorizationLine = -1
  authorizationLineEnd = -1
  authorizationStart = -1
  authorizationEnd = -1
  requestIdLine = -1
  requestIdLineEnd = -1
  requestIdStart = -1
  requestIdEnd = -1
  originStart = -1
  originEnd = -1
  secFetchSiteStart = -1
  secFetchSiteEnd = -1
  /** How many client-sent copies of gateway-only headers were among the cuts. */
  stripped = 0

  /** Not zero: these bytes were read before, as this connection's head of that number. */
  memo = 0
  /** Not zero: its fields are those of this connection's head of that number. */
  fieldsMemo = 0

  constructor(cuts = MAX_CUTS) {
    super(cuts)
  }

  /** Reads a head that starts at `start`; returns COMPLETE, INCOMPLETE, or what is wrong with it. */
  read(bytes: Uint8Array, start: number, end: number, table: HeaderTable, limits: HeadLimits): number {
    const line = this.readLine(bytes, start, end, limits)
    return line === COMPLETE ? this.readFields(bytes, end, table, limits.headers) : line
  }

  /** Reads its first line alone; what is left is `readFields`. */
  readLine(bytes: Uint8Array, start: number, end: number, limits: HeadLimits): number {
    this.#reset()
    return this.#requestLine(bytes, start, end, limits)
  }

  /**
   * A body on GET or HEAD (RFC 9110 9.3.1, 9.3.2): its length is beyond doubt, but a server that expects none takes it for the next
   * request. Nothing may follow it on either connection.
   */
  hasUnexpectedBody(bytes: Uint8Array): boolean {
    if (!this.chunked && this.contentLength <= 0) return false
    return isMethod(bytes, this.methodStart, this.methodEnd, GET) || isMethod(bytes, this.methodStart, this.methodEnd, HEAD)
  }

  #reset(): void {
    this.contentLength = -1
    this.chunked = this.close = this.connectionOptions = this.upgradeRequested = this.expectContinue = false
    this.upgradeStart = this.authorizationLine = this.authorizationStart = this.requestIdStart = this.requestIdLine = -1
    this.originStart = this.secFetchSiteStart = -1
    this.memo = this.fieldsMemo = 0
    this.hostStart = this.hostEnd = this.cuts.length = this.stripped = 0
  }

  #requestLine(bytes: Uint8Array, start: number, end: number, limits: HeadLimits): number {
    let i = start
    while (i < end && TOKEN[bytes[i]] === 1) i++
    if (i - start > MAX_METHOD) return this.bad('method is too long')
    if (i === end) return INCOMPLETE
    if (bytes[i] !== SP || i === start) return this.bad('request line does not begin with a method and one space')
    this.methodStart = start
    this.methodEnd = i++
    this.targetStart = i
    while (i < end && TARGET[bytes[i]] === 1) i++
    if (i - this.targetStart > limits.targetBytes) {
      this.problem = `request target is longer than ${limits.targetBytes} bytes`
      return TOO_LARGE
    }
    if (i === end) return INCOMPLETE
    if (bytes[i] !== SP || i === this.targetStart) return this.bad('request target holds a byte that is not visible ASCII')
    this.targetEnd = i++
    return this.#version(bytes, i, end)
  }

  #version(bytes: Uint8Array, start: number, end: number): number {
    const length = VERSION.length
    for (let k = 0; k < length; k++) {
      if (start + k === end) return INCOMPLETE
      // RFC 9112 2.3: HTTP-name is case-sensitive.
      if (bytes[start + k] !== (k < 4 ? VERSION[k] - 32 : VERSION[k])) return this.bad('not HTTP/1.1')
    }
    const i = start + length
    if (i + 2 >= end) {
      if (i < end && bytes[i] !== 48 && bytes[i] !== 49) return this.bad('not HTTP/1.1')
      if (i + 1 < end && bytes[i + 1] !== CR) return this.bad('request line does not end with CRLF')
      return INCOMPLETE
    }
    if (bytes[i] !== 48 && bytes[i] !== 49) return this.bad('not HTTP/1.1')
    if (bytes[i + 1] !== CR || bytes[i + 2] !== LF) return this.bad('request line does not end with CRLF')
    this.minor = bytes[i] - 48
    this.fieldsStart = i + 3
    return COMPLETE
  }

  protected override known(id: number, bytes: Uint8Array, line: number, start: number, end: number, lineEnd: number): number {
    if (id === STRIP) {
      this.stripped++
      return this.cut(line, lineEnd)
    }
    if (id >= LOOK_ALIKE) return this.#lookAlike(id - LOOK_ALIKE, line, lineEnd)
    switch (id) {
      case HOST:
        if (this.hostEnd !== 0) return this.bad('more than one Host')
        if (start === end) return this.bad('empty Host')
        this.hostStart = start
        this.hostEnd = end
        return COMPLETE
      case CONTENT_LENGTH:
        if (this.isTabbed(bytes, line, start, end, lineEnd)) return this.bad('tab around Content-Length')
        return this.#contentLength(bytes, start, end)
      case TRANSFER_ENCODING:
        if (this.isTabbed(bytes, line, start, end, lineEnd)) return this.bad('tab around Transfer-Encoding')
        if (this.chunked) return this.bad('more than one Transfer-Encoding')
        if (!equalsIgnoringCase(bytes, start, end, CHUNKED_WORD)) return this.bad('Transfer-Encoding is not exactly chunked')
        this.chunked = true
        return COMPLETE
      case CONNECTION:
        if (equalsIgnoringCase(bytes, start, end, CLOSE_WORD)) this.close = true
        else if (!equalsIgnoringCase(bytes, start, end, KEEP_ALIVE_WORD)) this.connectionOptions = true
        return this.cut(line, lineEnd)
      case KEEP_ALIVE:
      case PROXY_CONNECTION:
      case TE:
        return this.cut(line, lineEnd)
      case UPGRADE:
        if (this.upgradeStart >= 0) return this.bad('more than one Upgrade')
        this.upgradeStart = start
        this.upgradeEnd = end
        return this.cut(line, lineEnd)
      case EXPECT:
        if (!equalsIgnoringCase(bytes, start, end, CONTINUE_WORD)) {
          this.problem = 'Expect is not 100-continue'
          return BAD_EXPECTATION
        }
        this.expectContinue = true
        return COMPLETE
      default:
        return this.#remembered(id, line, start, end, lineEnd)
    }
  }

  /** Fields that are forwarded, but that the gateway reads too. */
  #remembered(id: number, line: number, start: number, end: number, lineEnd: number): number {
    switch (id) {
      case AUTHORIZATION:
        if (this.authorizationStart >= 0) return this.bad('more than one Authorization')
        this.authorizationLine = line
        this.authorizationLineEnd = lineEnd
        this.authorizationStart = start
        this.authorizationEnd = end
        break
      case REQUEST_ID:
        if (this.requestIdStart >= 0) return this.bad('more than one X-Request-Id')
        this.requestIdLine = line
        this.requestIdLineEnd = lineEnd
        this.requestIdStart = start
        this.requestIdEnd = end
        break
      case ORIGIN:
        if (this.originStart >= 0) return this.bad('more than one Origin')
        this.originStart = start
        this.originEnd = end
        break
      case SEC_FETCH_SITE:
        if (this.secFetchSiteStart >= 0) return this.bad('more than one Sec-Fetch-Site')
        this.secFetchSiteStart = start
        this.secFetchSiteEnd = end
        break
    }
    return COMPLETE
  }

  /** A name that only folds to a known one: framing and credentials are refused, the gateway's own and hints are cut. */
  #lookAlike(id: number, line: number, lineEnd: number): number {
    if (id === HOST || id === CONTENT_LENGTH || id === TRANSFER_ENCODING || id === AUTHORIZATION) {
      return this.bad('header name is a look-alike of a framing header')
    }
    this.stripped++
    return this.cut(line, lineEnd)
  }

  #contentLength(bytes: Uint8Array, start: number, end: number): number {
    if (this.contentLength >= 0) return this.bad('more than one Content-Length')
    this.contentLength = parseContentLength(bytes, start, end)
    return this.contentLength < 0 ? this.bad('Content-Length is not a decimal number') : COMPLETE
  }

  protected override finished(): number {
    if (this.chunked && this.contentLength >= 0) return this.bad('both Transfer-Encoding and Content-Length')
    if (this.chunked && this.minor === 0) return this.bad('Transfer-Encoding in HTTP/1.0')
    if (this.hostEnd === 0) return this.bad('no Host')
    return COMPLETE
  }
}

/** Lower-case text of a small range, for values that are compared as words. */
export function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(LOWER[bytes[i]])
  return text
}

function isMethod(bytes: Uint8Array, start: number, end: number, method: Uint8Array): boolean {
  return end - start === method.length && method.every((byte, index) => bytes[start + index] === byte)
}
