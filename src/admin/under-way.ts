import { AdminProblem } from './problem.ts'
import type { Caller } from './types.ts'

/** Of one certificate, or of all on the local socket: more than the pages and commands that one person has open. */
const MOST_OF_ONE = 4
/** Of all together: each reads the registry or the audit log through a snapshot of its own. */
const MOST = 16
/** Seconds: most are done by then. */
const SOON = 2

/**
 * Holds answers to a number that look at the whole registry or the whole audit log. They give way between their parts, so that many at a
 * time would make each other, and everybody else, wait. Counted to their end, also where nobody waits for them any more.
 */
export class UnderWay {
  readonly #byCaller = new Map<string, number>()
  #all = 0

  /** Rejects with AdminProblem 429 where this caller has as many under way already, and 503 where all together have. */
  async run<T>({ actor }: Caller, answer: () => Promise<T>): Promise<T> {
    const caller = actor.fingerprint ?? ''
    const before = this.#byCaller.get(caller) ?? 0
    if (before >= MOST_OF_ONE) {
      const hint = `wait for one of them; there may be ${MOST_OF_ONE}`
      throw new AdminProblem(429, 'too_many_requests', `${before} long answers to you are under way already`, { hint, retryAfter: SOON })
    }
    if (this.#all >= MOST) throw new AdminProblem(503, 'busy', `${this.#all} long answers are under way already`, { retryAfter: SOON })
    this.#byCaller.set(caller, before + 1)
    this.#all++
    try {
      return await answer()
    } finally {
      this.#all--
      const left = (this.#byCaller.get(caller) ?? 1) - 1
      if (left === 0) this.#byCaller.delete(caller)
      else this.#byCaller.set(caller, left)
    }
  }
}
