import { seededRandom } from '../support/seeded-random.ts'

/** Choices from one seed: the same ones for the same seed. */
export class Random {
  readonly #next: (limit: number) => number

  constructor(seed: number) {
    this.#next = seededRandom(seed)
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return this.#next(limit)
  }

  of<T>(items: readonly T[]): T {
    return items[this.#next(items.length)] as T
  }

  chance(percent: number): boolean {
    return this.#next(100) < percent
  }

  /** From `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.#next(max - min + 1)
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make)
  }
}
