/** What a histogram counted: plain data for another process. */
export interface HistogramSnapshot {
  /** One per bound, and one for what is beyond the last; not cumulative. */
  readonly counts: readonly number[]
  /** In the unit of the observations. */
  readonly sum: number
}

/** Counts observations by upper bound; observing allocates nothing. */
export class Histogram {
  readonly #bounds: Float64Array
  readonly #counts: Float64Array
  #sum = 0

  /** Bounds are upper and inclusive, ascending, in the unit of the observations. */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds)
    this.#counts = new Float64Array(bounds.length + 1)
  }

  /** What is no number is not counted. */
  observe(value: number): void {
    if (Number.isNaN(value)) return
    const bounds = this.#bounds
    let index = 0
    // From below: most requests end in one of the first buckets.
    while (index < bounds.length && value > (bounds[index] as number)) index++
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#sum += value
  }

  snapshot(): HistogramSnapshot {
    return { counts: Array.from(this.#counts), sum: this.#sum }
  }
}
