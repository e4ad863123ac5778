import type { Logger } from '../../observability/logger.ts'

/** Milliseconds. */
const AGAIN = 3_600_000

/** Tells of a problem that comes again and again once an hour, until it is solved or reads otherwise. */
export class RepeatedProblems {
  readonly #log: Pick<Logger, 'warn'>
  readonly #now: () => number
  readonly #told = new Map<string, { readonly message: string; readonly at: number }>()

  constructor(log: Pick<Logger, 'warn'>, now: () => number = Date.now) {
    this.#log = log
    this.#now = now
  }

  tell(key: string, message: string): void {
    if (this.#told.get(key)?.message === message && this.isFresh(key)) return
    this.#told.set(key, { message, at: this.#now() })
    this.#log.warn(message)
  }

  /** Told of within the hour: what costs something is not tried again yet. */
  isFresh(key: string): boolean {
    const told = this.#told.get(key)
    const now = this.#now()
    return told !== undefined && now >= told.at && now - told.at < AGAIN
  }

  solved(key: string): void {
    this.#told.delete(key)
  }
}
