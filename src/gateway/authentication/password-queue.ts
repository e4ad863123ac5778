type Job = () => Promise<unknown>

/**
 * Runs a few jobs at once and lets a bounded number wait. Hashes share libuv's four threads with files and names, so the
 * number running stays below that; the number waiting bounds how long an honest user waits behind a flood.
 */
export class PasswordQueue {
  readonly #running: number
  readonly #waiting: number
  #active = 0
  readonly #queue: Job[] = []

  constructor(running: number, waiting: number) {
    this.#running = running
    this.#waiting = waiting
  }

  /** The job's outcome, or null where no place is left: then nothing was started. */
  run<T>(job: () => Promise<T>): Promise<T> | null {
    if (this.#active >= this.#running && this.#queue.length >= this.#waiting) return null
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#queue.push(() => job().then(resolve, reject))
    this.#next()
    return promise
  }

  #next(): void {
    if (this.#active >= this.#running) return
    const job = this.#queue.shift()
    if (job === undefined) return
    this.#active++
    void job().finally(() => {
      this.#active--
      this.#next()
    })
  }
}

/** The worker's one queue: shared by all snapshots, so that a reload does not add to what runs at once. */
export const PASSWORD_QUEUE = new PasswordQueue(2, 64)
