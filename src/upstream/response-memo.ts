import { Repetition } from '../http1/repetition.ts'
import { ResponseHead } from '../http1/response-head.ts'

/**
 * The last response head of one target that came twice, and what was read from it: within a second, a busy upstream answers many
 * requests with the very same head. One per target, shared by its connections.
 */
export class ResponseMemo {
  #bytes: Buffer | null = null
  readonly #head = new ResponseHead()
  readonly #repetition = new Repetition()

  /** Puts the remembered reading into `into` where `bytes` begin with the remembered head. */
  recall(bytes: Buffer, into: ResponseHead): boolean {
    const known = this.#bytes
    if (known === null || bytes.length < known.length) return false
    // From the end: the length of the body and the date are what differs.
    for (let i = known.length - 1; i >= 0; i--) if (bytes[i] !== known[i]) return false
    into.takeFrom(this.#head)
    this.#repetition.came()
    return true
  }

  /** A final head at the front of `bytes` was read: remembered if it goes on as it is, and looks like one that comes again. */
  consider(bytes: Buffer, head: ResponseHead): void {
    if (head.cuts.length > 0 || head.status < 200 || !this.#repetition.worthKeeping(head.end)) return
    this.#bytes = Buffer.from(bytes.subarray(0, head.end))
    this.#head.takeFrom(head)
  }
}
