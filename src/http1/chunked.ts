import { CR, FIELD_VALUE, LF, TOKEN } from './bytes.ts'
import { EXTENSION_DONE, EXTENSION_MALFORMED, EXTENSION_START, extensionStep } from './chunk-extension.ts'

const SIZE = 0
const EXTENSION = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILER = 6
const TRAILER_LF = 7
const FINAL_LF = 8
const DONE = 9

/** Twelve hex digits are 256 TiB: more than any body, and still exact. */
const MAX_SIZE_DIGITS = 12
const MAX_EXTENSION_BYTES = 4096

/** Not in trailers (RFC 9110 6.5.1), and readers that obey it there would look for the next message elsewhere. */
const FRAMING_TRAILER = /^(?:content-length|transfer-encoding):/i

/** `read` met a byte that no strict reader would accept there; the connection must not be used any further. */
export const CHUNK_MALFORMED = -2
/** `read` consumed everything and the message goes on. */
export const CHUNK_MORE = -1

/**
 * Reads chunked framing (RFC 9112 7.1), strictly: CRLF only, hex sizes, well-formed extensions, trailers of whole lines.
 * Feeds on arbitrary slices; `onData` gets each run of body bytes as a range of the slice, never a copy.
 */
export class ChunkedReader {
  #state = SIZE
  #size = 0
  #digits = 0
  #extension = EXTENSION_START
  #extensionBytes = 0
  #partial = ''
  #trailers: string[] = []
  #trailerBytes = 0
  readonly #maxTrailerBytes: number
  /** Body bytes seen so far, without framing. */
  bodyBytes = 0

  constructor(maxTrailerBytes = 32768) {
    this.#maxTrailerBytes = maxTrailerBytes
  }

  /** The trailer lines received, without CRLF; validated only in so far as they are `name: value` of allowed bytes. */
  get trailers(): readonly string[] {
    return this.#trailers
  }

  /** Returns the index just after the message's last byte, CHUNK_MORE, or CHUNK_MALFORMED. */
  read(bytes: Buffer, start: number, end: number, onData?: (from: number, to: number) => void): number {
    let i = start
    while (i < end) {
      switch (this.#state) {
        case SIZE:
          i = this.#readSize(bytes, i, end)
          if (i < 0) return CHUNK_MALFORMED
          break
        case EXTENSION:
          this.#extension = extensionStep(this.#extension, bytes[i++])
          if (this.#extension === EXTENSION_DONE) this.#state = SIZE_LF
          else if (this.#extension === EXTENSION_MALFORMED || ++this.#extensionBytes > MAX_EXTENSION_BYTES) return CHUNK_MALFORMED
          break
        case SIZE_LF:
          if (bytes[i++] !== LF) return CHUNK_MALFORMED
          this.#digits = this.#extensionBytes = 0
          this.#extension = EXTENSION_START
          this.#state = this.#size === 0 ? TRAILER : DATA
          break
        case DATA: {
          const length = Math.min(end - i, this.#size)
          onData?.(i, i + length)
          this.bodyBytes += length
          i += length
          this.#size -= length
          if (this.#size === 0) this.#state = DATA_CR
          break
        }
        case DATA_CR:
          if (bytes[i++] !== CR) return CHUNK_MALFORMED
          this.#state = DATA_LF
          break
        case DATA_LF:
          if (bytes[i++] !== LF) return CHUNK_MALFORMED
          this.#state = SIZE
          break
        case TRAILER:
        case TRAILER_LF:
          i = this.#readTrailer(bytes, i, end)
          if (i < 0) return CHUNK_MALFORMED
          break
        case FINAL_LF:
          if (bytes[i++] !== LF) return CHUNK_MALFORMED
          this.#state = DONE
          return i
        default:
          return CHUNK_MALFORMED
      }
    }
    return CHUNK_MORE
  }

  #readSize(bytes: Buffer, start: number, end: number): number {
    let i = start
    for (; i < end; i++) {
      const byte = bytes[i]
      const letter = byte | 32
      const value = byte >= 48 && byte <= 57 ? byte - 48 : letter >= 97 && letter <= 102 ? letter - 87 : -1
      if (value >= 0) {
        if (this.#digits === 0) this.#size = 0
        if (++this.#digits > MAX_SIZE_DIGITS) return -1
        this.#size = this.#size * 16 + value
        continue
      }
      if (this.#digits === 0) return -1
      if (byte === CR) this.#state = SIZE_LF
      else if (byte === 59) this.#state = EXTENSION
      else return -1
      return i + 1
    }
    return i
  }

  /** Collects trailer lines whole, however they are sliced; an empty line ends the message. */
  #readTrailer(bytes: Buffer, start: number, end: number): number {
    let i = start
    if (this.#state === TRAILER_LF) {
      if (bytes[i] !== LF) return -1
      if (!isTrailerLine(this.#partial) || FRAMING_TRAILER.test(this.#partial)) return -1
      this.#trailers.push(this.#partial)
      this.#partial = ''
      this.#state = TRAILER
      return i + 1
    }
    while (i < end && FIELD_VALUE[bytes[i]] === 1) i++
    this.#trailerBytes += i - start
    if (this.#trailerBytes > this.#maxTrailerBytes) return -1
    this.#partial += bytes.latin1Slice(start, i)
    if (i === end) return i
    if (bytes[i] !== CR) return -1
    this.#trailerBytes += 2
    this.#state = this.#partial === '' ? FINAL_LF : TRAILER_LF
    return i + 1
  }
}

function isTrailerLine(line: string): boolean {
  const colon = line.indexOf(':')
  if (colon <= 0) return false
  for (let i = 0; i < colon; i++) if (TOKEN[line.charCodeAt(i)] === 0) return false
  return true
}
