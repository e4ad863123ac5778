import type { Lifetime } from '../../support/lifetime.ts'

/** The time one fault takes: what it started is ended with it, last started first. */
export class Span implements Lifetime {
  readonly #callbacks: (() => unknown)[] = []

  after(callback: () => unknown): void {
    this.#callbacks.push(callback)
  }

  async end(): Promise<void> {
    for (const callback of this.#callbacks.splice(0).reverse()) await callback()
  }
}
