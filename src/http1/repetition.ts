/** Longer heads are read anew each time: what is kept has to stay small. */
const MAX_REMEMBERED = 2048
/** Heads that pass by, at most, before another one is tried of a sender that did not repeat the last ones. */
const LONGEST_PAUSE = 256

/**
 * Tells which heads of one sender are worth remembering: one as long as the last that was looked at, and so perhaps the same. Remembering costs
 * more than reading, so a sender that does not repeat itself is tried ever more rarely.
 */
export class Repetition {
  #lastLength = 0
  /** What is remembered came again. */
  #useful = true
  #pause = 1
  /** Heads still to pass by. */
  #passing = 0

  /** The remembered head came again. */
  came(): void {
    this.#useful = true
  }

  /** Whether to remember a head of so many bytes that was just read. */
  worthKeeping(length: number): boolean {
    if (this.#passing > 0) {
      this.#passing--
      return false
    }
    if (length > MAX_REMEMBERED || length !== this.#lastLength) {
      this.#lastLength = length
      return false
    }
    this.#pause = this.#useful ? 1 : Math.min(this.#pause * 2, LONGEST_PAUSE)
    this.#passing = this.#pause - 1
    this.#useful = false
    return true
  }
}
