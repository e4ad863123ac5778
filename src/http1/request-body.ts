import { CHUNK_MALFORMED, CHUNK_MORE, ChunkedReader } from './chunked.ts'
import type { RequestHead } from './request-head.ts'

export const BODY_COMPLETE = 1
export const BODY_MORE = 0
export const BODY_MALFORMED = -1
export const BODY_TOO_LARGE = -2

/** The body of the request under way, by length or in chunks (RFC 9112 6, 7.1), without its framing. One per connection, reused. */
export class RequestBody {
  #left = 0
  #chunks: ChunkedReader | null = null
  #maxBytes = 0
  #content: Buffer | null = null
  /** The byte after the body in what was read last, once it is complete. */
  end = 0

  /** A new body, of which `have` bytes came with the head. `maxBytes` 0 is no limit; `maxTrailerBytes` limits what ends a chunked one. */
  begin(head: RequestHead, have: number, maxBytes: number, maxTrailerBytes: number): void {
    this.#chunks = head.chunked ? new ChunkedReader(maxTrailerBytes) : null
    this.#left = head.contentLength - have
    this.#maxBytes = maxBytes
  }

  /** The trailer lines, unfiltered. */
  get trailers(): readonly string[] {
    return this.#chunks?.trailers ?? []
  }

  /** Reads on; returns BODY_COMPLETE, BODY_MORE, or what is wrong. */
  read(bytes: Buffer): number {
    const reader = this.#chunks
    if (reader === null) {
      const have = Math.min(bytes.length, this.#left)
      this.#left -= have
      this.end = have
      this.#content = have === bytes.length ? bytes : bytes.subarray(0, have)
      return this.#left === 0 ? BODY_COMPLETE : BODY_MORE
    }
    const runs: Buffer[] = []
    const end = reader.read(bytes, 0, bytes.length, (from, to) => runs.push(bytes.subarray(from, to)))
    if (end === CHUNK_MALFORMED) return BODY_MALFORMED
    if (this.#maxBytes !== 0 && reader.bodyBytes > this.#maxBytes) return BODY_TOO_LARGE
    this.end = end
    this.#content = runs.length === 0 ? null : runs.length === 1 ? runs[0] : Buffer.concat(runs)
    return end === CHUNK_MORE ? BODY_MORE : BODY_COMPLETE
  }

  /** What the last `read` found of the content, to be kept by nobody else; null where it was framing alone. */
  take(): Buffer | null {
    const content = this.#content
    this.#content = null
    return content
  }

  /** The request is over. */
  drop(): void {
    this.#chunks = this.#content = null
  }
}
