/** How long to wait before a worker is started again, in milliseconds. */
export interface BackOffOptions {
  readonly first: number
  readonly most: number
  /** The same while no worker serves. */
  readonly mostAlone: number
  /** A worker that lived this long was healthy: its end says nothing about the next one. */
  readonly stable: number
}

const defaults: BackOffOptions = { first: 100, most: 30_000, mostAlone: 1_000, stable: 30_000 }

/**
 * Exponential back-off of one worker slot: the first death is answered at once, a crash loop is slowed down to one start per `most`. That
 * spares those that serve. Where nobody serves there is nobody to spare, and waiting is an outage: then it is one per `mostAlone`.
 */
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

  /** Notes a death after `lifetime` milliseconds and returns the delay before the next start, in milliseconds. `alone`: nobody serves. */
  next(lifetime: number, alone: boolean): number {
    const { first, stable } = this.#options
    const most = alone ? this.#options.mostAlone : this.#options.most
    if (lifetime >= stable) this.#failures = 0
    const delay = this.#failures === 0 ? 0 : Math.min(most, first * 2 ** (this.#failures - 1))
    this.#failures++
    return delay
  }
}
