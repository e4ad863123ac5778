import { compactCopy } from './head-copy.ts'
import { Repetition } from './repetition.ts'
import type { RequestHead } from './request-head.ts'

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
  #version = 0
  readonly #repetition = new Repetition()

  /** The remembered reading where `bytes` begin with the remembered head, else null. Its `memo` is not 0 and says which one it is. */
  recall(bytes: Buffer, rules: unknown): RequestHead | null {
    const known = this.bytes
    if (known === null || this.#rules !== rules || bytes.length < known.length) return null
    if (bytes.compare(known, 0, known.length, 0, known.length) !== 0) return null
    this.#repetition.came()
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
    this.#repetition.came()
    return this.#head
  }

  /** The remembered reading where the bytes from `from` on begin with its fields: its first line may be another. */
  recallFields(bytes: Buffer, from: number, rules: unknown): RequestHead | null {
    const known = this.bytes
    const head = this.#head
    if (known === null || head === null || this.#rules !== rules) return null
    const by = from - head.fieldsStart
    const { end } = head
    if (bytes.length < end + by) return null
    for (let i = head.fieldsStart; i < end; i++) if (bytes[i + by] !== known[i]) return null
    return head
  }

  /** A head at the front of `bytes` was read: remembered if it looks like one that comes again. */
  consider(bytes: Buffer, rules: unknown, head: RequestHead): void {
    // A `Connection` list adds to the cuts of its head each time.
    if (head.connectionOptions || !this.#repetition.worthKeeping(head.end)) return
    // In memory of its own: a slice of the pool would keep the pool, and need not begin at a multiple of four.
    const copy = Buffer.allocUnsafeSlow(head.end)
    bytes.copy(copy, 0, 0, head.end)
    this.bytes = copy
    this.#words = new Int32Array(copy.buffer, 0, head.end >> 2)
    this.#head = compactCopy(head)
    this.#head.memo = this.#head.fieldsMemo = ++this.#version
    this.#rules = rules
  }
}
