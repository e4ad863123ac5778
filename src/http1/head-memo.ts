import type { RequestHead } from './request-head.ts'

/** Longer heads are read anew each time: what is kept for every connection has to stay small. */
const MAX_REMEMBERED = 2048
/** Heads that pass by, at most, before another one is tried of a client that did not repeat the last ones. */
const LONGEST_PAUSE = 256

/**
 * The last head of one connection that came twice, and what was read from it. Scrapers, pollers and drivers send the same head for
 * hours; equal bytes under the same rules have the same reading, and comparing them costs a fraction of reading them.
 */
export class HeadMemo {
  /** The remembered head's own copy of its bytes, and the same as words of four with what is left over. */
  bytes: Buffer | null = null
  #words: Int32Array = new Int32Array(0)
  #head: RequestHead | null = null
  #rules: unknown = null
  #lastLength = 0
  #version = 0
  /** What is remembered came again. */
  #useful = true
  #pause = 1
  /** Heads still to pass by. */
  #passing = 0

  /** The remembered reading where `bytes` begin with the remembered head, else null. Its `memo` is not 0 and says which one it is. */
  recall(bytes: Buffer, rules: unknown): RequestHead | null {
    const known = this.bytes
    if (known === null || this.#rules !== rules || bytes.length < known.length) return null
    if (bytes.compare(known, 0, known.length, 0, known.length) !== 0) return null
    this.#useful = true
    return this.#head
  }

  /** The same for the first `length` bytes of memory that is lent, where they are the remembered head and nothing else. */
  recallWhole(lent: Buffer, words: Int32Array, length: number, rules: unknown): RequestHead | null {
    const known = this.bytes
    if (known === null || length !== known.length || this.#rules !== rules) return null
    const mine = this.#words
    const count = mine.length
    for (let i = 0; i < count; i++) if (words[i] !== mine[i]) return null
    for (let i = count * 4; i < length; i++) if (lent[i] !== known[i]) return null
    this.#useful = true
    return this.#head
  }

  /**
   * A head at the front of `bytes` was read: remembered if the one before was as long, and so perhaps the same. Remembering costs more
   * than reading, so a client that does not repeat itself is tried ever more rarely.
   */
  consider(bytes: Buffer, rules: unknown, head: RequestHead): void {
    if (this.#passing > 0) {
      this.#passing--
      return
    }
    // A `Connection` list adds to the cuts of its head each time.
    if (head.end > MAX_REMEMBERED || head.connectionOptions || head.end !== this.#lastLength) {
      this.#lastLength = head.end
      return
    }
    this.#pause = this.#useful ? 1 : Math.min(this.#pause * 2, LONGEST_PAUSE)
    this.#passing = this.#pause - 1
    this.#useful = false
    // In memory of its own: a slice of the pool would keep the pool, and need not begin at a multiple of four.
    const copy = Buffer.allocUnsafeSlow(head.end)
    bytes.copy(copy, 0, 0, head.end)
    this.bytes = copy
    this.#words = new Int32Array(copy.buffer, 0, head.end >> 2)
    this.#head = head.copy()
    this.#head.memo = ++this.#version
    this.#rules = rules
  }
}
