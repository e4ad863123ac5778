/** Milliseconds that a clock may be set by without being doubted, and for which one that was set by more is. */
const NOTICEABLE = 60_000
const DOUBTED = 600_000

/**
 * Whether the time of day can be acted on where that is not easily taken back. A clock that jumps may jump back a moment later; only one that
 * has gone on steadily for ten minutes since is believed. To be looked at some times a minute.
 */
export class SteadyClock {
  readonly #now: () => number
  readonly #steady: () => number
  #offset: number
  #jumpedAt = Number.NEGATIVE_INFINITY

  /** Milliseconds: of the day, and of a clock that is never set. */
  constructor(now: () => number, steady: () => number) {
    this.#now = now
    this.#steady = steady
    this.#offset = now() - steady()
  }

  /** Looks, and tells. */
  isBelieved(): boolean {
    const steady = this.#steady()
    const offset = this.#now() - steady
    if (Math.abs(offset - this.#offset) > NOTICEABLE) this.#jumpedAt = steady
    this.#offset = offset
    return steady - this.#jumpedAt >= DOUBTED
  }
}
