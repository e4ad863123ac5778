/**
 * Milliseconds from the first signal in which others count as the same one: Ctrl-C reaches every process of a terminal, and npm and
 * supervisors pass it on once more.
 */
export const SAME_SIGNAL = 500

/** What a signal that ends the gateway asks for. */
export type StopRequest = 'drain' | 'repeated' | 'at_once'

/** Tells a second wish to stop from an echo of the first. */
export class StopSignals {
  readonly #now: () => number
  #first: number | null = null

  /** `now`: milliseconds of a clock that is never set. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  take(): StopRequest {
    if (this.#first === null) {
      this.#first = this.#now()
      return 'drain'
    }
    return this.#now() - this.#first < SAME_SIGNAL ? 'repeated' : 'at_once'
  }
}
