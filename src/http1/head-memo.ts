import type { RequestHead } from './request-head.ts'

/** Longer heads are read anew each time: what is kept for every connection has to stay small. */
const MAX_REMEMBERED = 2048

/**
 * The last head of one connection that came twice, and what was read from it. Scrapers, pollers and drivers send the same head for
 * hours; equal bytes under the same rules have the same reading, and comparing them costs a fraction of reading them.
 */
export class HeadMemo {
  #bytes: Buffer | null = null
  #head: RequestHead | null = null
  #rules: unknown = null
  #lastLength = 0
  #version = 0

  /** Puts the remembered reading into `into` where `bytes` begin with the remembered head; `into.memo` then says which one it was. */
  recall(bytes: Buffer, rules: unknown, into: RequestHead): boolean {
    const known = this.#bytes
    if (known === null || this.#rules !== rules || bytes.length < known.length) return false
    if (bytes.compare(known, 0, known.length, 0, known.length) !== 0) return false
    into.takeFrom(this.#head as RequestHead)
    into.memo = this.#version
    return true
  }

  /** A head at the front of `bytes` was read: remembered if the one before was as long, and so perhaps the same. */
  consider(bytes: Buffer, rules: unknown, head: RequestHead): void {
    if (head.end > MAX_REMEMBERED || head.end !== this.#lastLength) {
      this.#lastLength = head.end
      return
    }
    this.#bytes = Buffer.from(bytes.subarray(0, head.end))
    this.#head = head.copy()
    this.#rules = rules
    this.#version++
  }
}
