import { FetchError } from './fetch.ts'

/** Fetches at once: of all, and of one host, so that a slow one does not hold up the others. */
const MAX_AT_ONCE = 32
const MAX_PER_HOST = 6
const MAX_WAITING = 512

interface Waiting {
  readonly host: string
  start(): void
}

/** Lets only so many fetches run. */
export class FetchQueue {
  readonly #running = new Map<string, number>()
  #count = 0
  #waiting: Waiting[] = []

  /** Runs `act` once it is its turn; rejects with FetchError where too many wait already, or its turn does not come within `patience` ms. */
  async run<T>(host: string, patience: number, act: () => Promise<T>): Promise<T> {
    if (!this.#hasRoom(host)) await this.#turn(host, patience)
    else this.#enter(host)
    try {
      return await act()
    } finally {
      this.#leave(host)
    }
  }

  #hasRoom(host: string): boolean {
    return this.#count < MAX_AT_ONCE && (this.#running.get(host) ?? 0) < MAX_PER_HOST
  }

  #enter(host: string): void {
    this.#count++
    this.#running.set(host, (this.#running.get(host) ?? 0) + 1)
  }

  #turn(host: string, patience: number): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new FetchError('too much is being fetched already'))
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        host,
        start: () => {
          clearTimeout(timer)
          this.#enter(host)
          resolve()
        },
      }
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        reject(new FetchError(`its turn did not come within ${patience} ms: other fetches are slow`))
      }, patience)
      this.#waiting.push(waiting)
    })
  }

  #leave(host: string): void {
    this.#count--
    const left = (this.#running.get(host) ?? 1) - 1
    if (left === 0) this.#running.delete(host)
    else this.#running.set(host, left)
    const index = this.#waiting.findIndex((waiting) => this.#hasRoom(waiting.host))
    if (index !== -1) this.#waiting.splice(index, 1)[0]?.start()
  }
}
