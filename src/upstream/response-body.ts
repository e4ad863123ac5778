import { CHUNK_MALFORMED, CHUNK_MORE, ChunkedReader } from '../http1/chunked.ts'
import type { ResponseHead } from '../http1/response-head.ts'

const LENGTH = 0
const CHUNKED = 1
const UNTIL_CLOSE = 2

/** The body of one response (RFC 9112 6.3), told from what comes after it. One per upstream connection, reused. */
export class ResponseBody {
  #framing = LENGTH
  #left = 0
  #chunks: ChunkedReader | null = null
  #dechunk = false
  /** The body is complete. */
  finished = false
  /** Bytes came that belong to no response: the connection cannot be used again. */
  excess = false
  /** The byte after the part of the body in what was begun or read last. */
  end = 0

  /**
   * The body of `head` begins in `bytes`. `bodiless`: a response to HEAD; `dechunk`: the framing is taken off, and nothing of the body
   * is looked at yet. False where its chunks are malformed.
   */
  begin(head: ResponseHead, bytes: Buffer, bodiless: boolean, dechunk: boolean): boolean {
    const { length } = bytes
    this.#dechunk = dechunk
    this.finished = this.excess = false
    this.end = length
    if (bodiless || head.status === 204 || head.status === 304) {
      this.#complete(head.end, length)
    } else if (head.chunked) {
      this.#framing = CHUNKED
      this.#chunks = new ChunkedReader()
      if (dechunk) this.end = head.end
      else return this.#readChunks(this.#chunks, bytes, head.end)
    } else if (head.contentLength >= 0) {
      this.#framing = LENGTH
      this.#left = head.contentLength - (length - head.end)
      if (this.#left <= 0) this.#complete(head.end + head.contentLength, length)
    } else {
      this.#framing = UNTIL_CLOSE
    }
    return true
  }

  /** It ends with the connection. */
  get untilClose(): boolean {
    return this.#framing === UNTIL_CLOSE && !this.finished
  }

  /** Reads on; returns what to hand on, null where the chunks are malformed. */
  read(bytes: Buffer): Buffer | null {
    const { length } = bytes
    this.end = length
    if (this.#framing === LENGTH) {
      this.#left -= length
      if (this.#left <= 0) this.#complete(length + this.#left, length)
    } else if (this.#framing === CHUNKED) {
      const reader = this.#chunks as ChunkedReader
      if (this.#dechunk) return this.#dechunked(reader, bytes)
      if (!this.#readChunks(reader, bytes, 0)) return null
    }
    return this.end === length ? bytes : bytes.subarray(0, this.end)
  }

  /** The exchange is over. */
  drop(): void {
    this.#chunks = null
  }

  #readChunks(reader: ChunkedReader, bytes: Buffer, from: number): boolean {
    const end = reader.read(bytes, from, bytes.length)
    if (end === CHUNK_MALFORMED) return false
    if (end !== CHUNK_MORE) this.#complete(end, bytes.length)
    return true
  }

  #dechunked(reader: ChunkedReader, bytes: Buffer): Buffer | null {
    const runs: Buffer[] = []
    const end = reader.read(bytes, 0, bytes.length, (from, to) => runs.push(bytes.subarray(from, to)))
    if (end === CHUNK_MALFORMED) return null
    if (end !== CHUNK_MORE) this.#complete(end, bytes.length)
    return Buffer.concat(runs)
  }

  #complete(end: number, length: number): void {
    this.finished = true
    this.end = end
    this.excess = end !== length
  }
}
