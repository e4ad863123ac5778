/** Losses are told at once and then at most this often, in milliseconds. */
const EVERY = 10_000

/** Counts lines that were given up and tells it without adding to the trouble: every line is told, in few reports. */
export class LossReport {
  readonly #tell: (lines: number, error: Error | null) => void
  #untold = 0
  #cause: Error | null = null
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(tell: (lines: number, error: Error | null) => void) {
    this.#tell = tell
  }

  /** A reader that is too slow gives no error. */
  add(lines: number, error: Error | null): void {
    this.#untold += lines
    if (error !== null) this.#cause = error
    this.tellIfDue()
  }

  /** True while a loss waits to be told. */
  get pending(): boolean {
    return this.#untold > 0
  }

  tellIfDue(): void {
    if (this.#untold > 0 && performance.now() - this.#toldAt >= EVERY) this.tellNow()
  }

  tellNow(): void {
    if (this.#untold === 0) return
    const lines = this.#untold
    const cause = this.#cause
    // Before the call: a listener that logs may lose that very line, and come back here.
    this.#untold = 0
    this.#cause = null
    this.#toldAt = performance.now()
    this.#tell(lines, cause)
  }
}
