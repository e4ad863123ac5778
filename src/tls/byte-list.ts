const CHUNK_BYTES = 1 << 20

/** Items of one size, appended without ever copying what is there; a size of 1 makes it a stream of bytes. */
export class ByteList {
  readonly #size: number
  readonly #perChunk: number
  readonly #chunks: Buffer[] = []
  #length = 0

  constructor(size: number) {
    this.#size = size
    this.#perChunk = Math.floor(CHUNK_BYTES / size)
  }

  /** In items. */
  get length(): number {
    return this.#length
  }

  /** One item, or for a stream any number of bytes. */
  push(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      const used = (this.#length % this.#perChunk) * this.#size
      if (used === 0) this.#chunks.push(Buffer.allocUnsafeSlow(this.#perChunk * this.#size))
      const copied = bytes.copy(this.#chunks.at(-1) as Buffer, used, from)
      from += copied
      this.#length += copied / this.#size
    }
  }

  /** A view of a part of one item. */
  slice(index: number, start: number, length: number): Buffer {
    const at = (index % this.#perChunk) * this.#size + start
    return (this.#chunks[Math.floor(index / this.#perChunk)] as Buffer).subarray(at, at + length)
  }

  *parts(): Generator<Buffer> {
    for (const [index, chunk] of this.#chunks.entries()) {
      const items = Math.min(this.#perChunk, this.#length - index * this.#perChunk)
      yield chunk.subarray(0, items * this.#size)
    }
  }
}
