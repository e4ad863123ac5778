import { classEnd } from './regex-literals.ts'

/** What one Unicode class costs to read, however often it is repeated then. */
const UNICODE_CLASS = 100
/** What each expression costs beside its program. */
const BASE = 20
const REPETITION = /\{(\d+)(?:(,)(\d*))?\}/y
const UNICODE = /\\[pP]/g

/**
 * Roughly the instructions that an RE2 expression compiles to, read off its source before any work is put into it: a repetition counts as
 * what it is unrolled to. Rather too many than too few; for a text that is no expression it is some number.
 */
export function regexSize(source: string): number {
  const unicode = source.match(UNICODE)?.length ?? 0
  return BASE + unicode * UNICODE_CLASS + new SizeScan(source).run()
}

class SizeScan {
  readonly #source: string
  /** Sizes of the groups around the place that is read, the innermost last. */
  readonly #open: number[] = []
  /** The group that is read, without its last piece. */
  #sum = 0
  /** What a quantifier that comes next repeats. */
  #piece = 0

  constructor(source: string) {
    this.#source = source
  }

  run(): number {
    for (let at = 0; at < this.#source.length; ) at = this.#step(at)
    return this.#open.reduce((sum, size) => sum + size, this.#sum + this.#piece)
  }

  /** Where the next piece begins. */
  #step(at: number): number {
    switch (this.#source.charAt(at)) {
      case '(':
        this.#open.push(this.#sum + this.#piece)
        this.#sum = 2
        this.#piece = 0
        return at + 1
      case ')':
        this.#close()
        return at + 1
      case '[':
        return this.#class(at)
      case '\\':
        return this.#escape(at)
      case '{':
        return this.#repeat(at)
      case '*':
      case '+':
      case '?':
        this.#piece += 1
        return at + 1
      default:
        this.#begin(1)
        return at + 1
    }
  }

  #begin(size: number): void {
    this.#sum += this.#piece
    this.#piece = size
  }

  /** What groups is repeated with its contents. */
  #close(): void {
    const inner = this.#sum + this.#piece
    this.#sum = this.#open.pop() ?? 0
    this.#piece = inner
  }

  #class(at: number): number {
    const end = classEnd(this.#source, at)
    const last = end < 0 ? this.#source.length - 1 : end
    this.#begin(1)
    // Read once, however often it is repeated.
    this.#sum += last - at
    return last + 1
  }

  #escape(at: number): number {
    this.#begin(1)
    if (!/[xpP]/.test(this.#source.charAt(at + 1)) || this.#source.charAt(at + 2) !== '{') return at + 2
    const end = this.#source.indexOf('}', at)
    return end < 0 ? this.#source.length : end + 1
  }

  #repeat(at: number): number {
    REPETITION.lastIndex = at
    const [text, least = '', comma, most = ''] = REPETITION.exec(this.#source) ?? []
    if (text === undefined) {
      this.#begin(1)
      return at + 1
    }
    const times = Number(most || least) + (comma === undefined ? 0 : 1)
    // What may be absent is an instruction more each time.
    this.#piece = (this.#piece + (comma === undefined ? 0 : 1)) * Math.max(1, times)
    return at + text.length
  }
}
