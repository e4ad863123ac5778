import { createHash } from 'node:crypto'
import type { Writable } from 'node:stream'

const BLOCK = 1 << 20
const PIECE = 1 << 18

/** One MiB without any pattern of its own, repeated once more so that every piece of it is one slice. */
const block = (() => {
  const parts: Buffer[] = []
  for (let index = 0; index < BLOCK / 64; index++) parts.push(createHash('sha512').update(`block ${index}`).digest())
  return Buffer.concat([...parts, ...parts])
})()

/** The bytes of the endless stream at this offset: at most 256 KiB of them. */
export function bytesAt(offset: number, length: number): Buffer {
  const start = offset % BLOCK
  return block.subarray(start, start + Math.min(length, PIECE))
}

/** Writes the first `length` bytes of the stream, as fast as they are taken; chunked as RFC 9112 section 7.1 on demand. */
export async function writeStream(to: Writable, length: number, chunked = false): Promise<void> {
  for (let sent = 0; sent < length; ) {
    if (to.destroyed) throw new Error(`the connection was closed after ${sent} bytes`)
    const piece = bytesAt(sent, length - sent)
    if (chunked) to.write(`${piece.length.toString(16)}\r\n`)
    let more = to.write(piece)
    if (chunked) more = to.write('\r\n')
    sent += piece.length
    if (!more) await drained(to)
  }
  if (chunked) to.write('0\r\n\r\n')
}

function drained(to: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      to.off('drain', done).off('close', done)
      resolve()
    }
    to.on('drain', done).on('close', done)
  })
}

/** Counts bytes and compares each with the stream. */
export class StreamCheck {
  bytes = 0
  /** Offset of the first byte that was another; null: none. */
  wrongAt: number | null = null

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const expected = bytesAt(this.bytes, chunk.length - at)
      if (this.wrongAt === null && expected.compare(chunk, at, at + expected.length) !== 0) this.wrongAt = this.bytes
      at += expected.length
      this.bytes += expected.length
    }
  }
}

/** Takes a chunked body apart as it comes; throws where the framing is broken. */
export class Dechunker {
  readonly #out: (bytes: Buffer) => void
  #line = ''
  /** Bytes left of the chunk and its CRLF; 0: a size line is next. */
  #left = 0
  ended = false

  constructor(out: (bytes: Buffer) => void) {
    this.#out = out
  }

  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.ended) throw new Error('bytes after the last chunk')
      at = this.#left > 0 ? this.#data(bytes, at) : this.#size(bytes, at)
    }
  }

  #data(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    const dataEnd = Math.min(end, at + Math.max(0, this.#left - 2))
    if (dataEnd > at) this.#out(bytes.subarray(at, dataEnd))
    this.#left -= end - at
    return end
  }

  #size(bytes: Buffer, at: number): number {
    const lineEnd = bytes.indexOf(10, at)
    const end = lineEnd < 0 ? bytes.length : lineEnd + 1
    this.#line += bytes.toString('latin1', at, end)
    if (lineEnd < 0) return end
    const line = this.#line.trimEnd()
    this.#line = ''
    if (line === '' && this.#last) this.ended = true
    else {
      if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`bad chunk size ${JSON.stringify(line)}`)
      const size = Number.parseInt(line, 16)
      if (size === 0) this.#last = true
      else this.#left = size + 2
    }
    return end
  }

  #last = false
}
