import type { WorkerProcess } from './process.ts'

export interface LivenessOptions {
  /** Every worker that may answer somebody. */
  workers(): readonly WorkerProcess[]
  /** Milliseconds for which healthy workers may not answer at all now. */
  busyFor(): number
  /** Milliseconds, monotonic. */
  readonly now?: () => number
  /** Milliseconds between two questions. */
  readonly every?: number
}

/** Milliseconds without an answer: far more than a worker is late by when it has too much to do, which it tells by itself. */
const MOST = 10_000
/** The same, after which nothing is to be sent to it. */
const DOUBTFUL = 3_000
/** An answer is waited for as long as it takes: how long that may be is judged by `look`. */
const FOR_EVER = 2 ** 31 - 1

type Watched = Pick<WorkerProcess, 'state' | 'connections' | 'kill'>

/**
 * Asks each worker every second whether it still turns, and ends one that does not for ten seconds. Time in which control itself did not
 * turn (a suspended machine, a process group that was stopped) is nobody's fault and counts for nothing.
 */
export class Liveness {
  readonly #options: Required<LivenessOptions>
  /** When each was asked what it has not answered. */
  readonly #asked = new Map<Watched, number>()
  readonly #timer: NodeJS.Timeout
  #looked: number

  constructor(options: LivenessOptions) {
    this.#options = { now: () => performance.now(), every: 1_000, ...options }
    this.#looked = this.#options.now()
    this.#timer = setInterval(() => this.look(), this.#options.every).unref()
  }

  /** How many of those that serve have answered lately. */
  get answering(): number {
    const { workers, busyFor, now } = this.#options
    const since = now() - DOUBTFUL - busyFor()
    return workers().filter((worker) => worker.state === 'serving' && (this.#asked.get(worker) ?? now()) >= since).length
  }

  look(): void {
    const { workers, busyFor, every, now } = this.#options
    const at = now()
    const missed = Math.max(0, at - this.#looked - 2 * every)
    this.#looked = at
    const present = new Set<Watched>(workers())
    for (const [worker, askedAt] of [...this.#asked]) {
      if (present.has(worker)) this.#asked.set(worker, askedAt + missed)
      else this.#asked.delete(worker)
    }
    for (const worker of present) {
      // One that starts has a deadline of its own.
      if (worker.state === 'starting') continue
      const askedAt = this.#asked.get(worker)
      if (askedAt === undefined) this.#ask(worker, at)
      else if (at - askedAt > MOST + busyFor()) worker.kill(`it has not answered for ${Math.round((at - askedAt) / 1000)} s: it hangs`)
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #ask(worker: Watched, at: number): void {
    this.#asked.set(worker, at)
    const answered = () => void this.#asked.delete(worker)
    worker.connections(FOR_EVER).then(answered, answered)
  }
}
