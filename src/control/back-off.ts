/** How long to wait before a worker is started again, in milliseconds. */
export interface BackOffOptions {
  readonly first: number
  readonly most: number
  /** A worker that lived this long was healthy: its end says nothing about the next one. */
  readonly stable: number
}

const defaults: BackOffOptions = { first: 100, most: 30_000, stable: 30_000 }

/** Exponential back-off of one worker slot: the first death is answered at once, a crash loop is slowed down to one start per `most`. */
export class BackOff {
  readonly #options: BackOffOptions
  #failures = 0

  constructor(options: Partial<BackOffOptions> = {}) {
    this.#options = { ...defaults, ...options }
  }

  /** Deaths in a row, none of them after a stable life. */
  get failures(): number {
    return this.#failures
  }

  /** Notes a death after `lifetime` milliseconds and returns the delay before the next start, in milliseconds. */
  next(lifetime: number): number {
    const { first, most, stable } = this.#options
    if (lifetime >= stable) this.#failures = 0
    const delay = this.#failures === 0 ? 0 : Math.min(most, first * 2 ** (this.#failures - 1))
    this.#failures++
    return delay
  }
}
