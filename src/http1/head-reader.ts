import type { ProtocolProblem } from '../gateway/exchange.ts'
import { CR, LF } from './bytes.ts'
import { cutLines, readConnectionOptions } from './field-lines.ts'
import { takeFields } from './head-copy.ts'
import { BAD_EXPECTATION, COMPLETE, INCOMPLETE, TOO_LARGE } from './head-fields.ts'
import { HeadMemo } from './head-memo.ts'
import type { HeaderTable } from './header-table.ts'
import { LENT, LENT_WORDS } from './lent-buffer.ts'
import { RequestHead } from './request-head.ts'

/** What heads are read by. */
export interface HeadRules {
  readonly table: HeaderTable
  readonly limits: { readonly headBytes: number; readonly headers: number; readonly targetBytes: number }
}

export const HEAD_READ = 1
/** More bytes are needed: `rest` has to be there before them. */
export const HEAD_PARTIAL = 0
/** Nothing but empty lines came, and perhaps (in `rest`) the half of one. */
export const HEAD_ABSENT = -1
/** `problem` and `detail` say what is wrong with it. */
export const HEAD_REFUSED = -2

const MAX_BLANK_LINES = 2
/** Shared by all connections of a worker: valid only until the next head is read. */
const shared = new RequestHead()

/** Finds one request head after the other at the front of what a client sent (RFC 9112 2.2, 9.3). One per connection. */
export class HeadReader {
  readonly #memo = new HeadMemo()
  /** Length of a partial head when it was last looked at: it is read again only once it has doubled or may be whole. */
  #scanned = 0
  /** Empty lines since the last head, however they came. */
  #blank = 0
  /** The head that was read. */
  head: RequestHead = shared
  /** Its first byte. */
  start = 0
  /** `Connection` asks for a close. */
  close = false
  rest: Buffer | null = null
  problem: ProtocolProblem = 'malformed_request'
  detail = ''

  /** Reads the head at the front of `bytes`; `begun`: they begin with a part that was HEAD_PARTIAL before. */
  read(bytes: Buffer, begun: boolean, rules: HeadRules): number {
    const { length } = bytes
    let start = 0
    // An idle connection keeps nothing of what it sent.
    this.rest = null
    if (!begun) {
      // RFC 9112 2.2: an empty line before the request line is ignored.
      for (; this.#blank < MAX_BLANK_LINES && bytes[start] === CR && bytes[start + 1] === LF; this.#blank++) start += 2
      const half = start + 1 === length && this.#blank < MAX_BLANK_LINES && bytes[start] === CR
      if (half) this.rest = bytes.subarray(start)
      if (half || start === length) return HEAD_ABSENT
      this.#blank = 0
    } else if (length < this.#scanned * 2 && bytes.indexOf('\r\n\r\n', Math.max(0, this.#scanned - 3), 'latin1') < 0) {
      return this.#partial(bytes, rules)
    }
    const outcome = this.#parse(bytes, start, rules)
    if (outcome === INCOMPLETE) {
      this.#scanned = length - start
      return this.#partial(start === 0 ? bytes : bytes.subarray(start), rules)
    }
    if (outcome !== COMPLETE) {
      this.problem = outcome === TOO_LARGE ? 'head_too_large' : outcome === BAD_EXPECTATION ? 'expectation_failed' : 'malformed_request'
      this.detail = shared.problem
      return HEAD_REFUSED
    }
    const { head } = this
    if (head.end - start > rules.limits.headBytes) return this.#tooLong(rules)
    this.start = start
    this.close = head.close
    return head.connectionOptions ? this.#options(bytes) : HEAD_READ
  }

  /** Whether the first bytes of `LENT` are the remembered head and nothing else; its own copy of them is then in `remembered`. */
  repeats(length: number, rules: HeadRules): boolean {
    const head = this.#memo.recallWhole(LENT, LENT_WORDS, length, rules)
    if (head === null) return false
    this.#blank = 0
    this.head = head
    this.start = 0
    this.close = head.close
    return true
  }

  get remembered(): Buffer {
    return this.#memo.bytes as Buffer
  }

  #parse(bytes: Buffer, start: number, rules: HeadRules): number {
    if (start === 0) {
      const known = this.#memo.recall(bytes, rules)
      if (known !== null) {
        this.head = known
        return COMPLETE
      }
    }
    this.head = shared
    const line = shared.readLine(bytes, start, bytes.length, rules.limits)
    if (line !== COMPLETE) return line
    const outcome = this.#recallFields(bytes, start, rules)
      ? COMPLETE
      : shared.readFields(bytes, bytes.length, rules.table, rules.limits.headers)
    if (outcome === COMPLETE && start === 0) this.#memo.consider(bytes, rules, shared)
    return outcome
  }

  /** The fields of a client that varies its first line alone. HTTP/1.0 reads some of them otherwise. */
  #recallFields(bytes: Buffer, start: number, rules: HeadRules): boolean {
    const known = start === 0 ? this.#memo.recallFields(bytes, shared.fieldsStart, rules) : null
    if (known === null || known.minor !== shared.minor) return false
    takeFields(shared, known)
    shared.fieldsMemo = known.memo
    return true
  }

  /** A `Connection` list: fields it names end at this hop. */
  #options(bytes: Buffer): number {
    const { head } = this
    const options = readConnectionOptions(bytes, head.fieldsStart, head.end)
    if (options === null) {
      this.problem = 'malformed_request'
      this.detail = 'malformed Connection, or one that names a field that has to stay'
      return HEAD_REFUSED
    }
    if (options.close) this.close = true
    head.upgradeRequested = options.upgrade
    if (options.names.size > 0 && cutLines(bytes, head, (name) => options.names.has(name)) < 0) {
      this.problem = 'head_too_large'
      this.detail = 'too many header fields to remove'
      return HEAD_REFUSED
    }
    return HEAD_READ
  }

  #partial(bytes: Buffer, rules: HeadRules): number {
    if (bytes.length > rules.limits.headBytes) return this.#tooLong(rules)
    this.rest = bytes
    return HEAD_PARTIAL
  }

  #tooLong({ limits }: HeadRules): number {
    this.problem = 'head_too_large'
    this.detail = `the head is longer than ${limits.headBytes} bytes`
    return HEAD_REFUSED
  }
}
