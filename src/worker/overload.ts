import { FairUse } from '../gateway/fair-use.ts'
import { EventLoopDelay } from '../observability/event-loop-delay.ts'

/** One stall (a large snapshot that compiles, a pause for memory) is no overload. */
const WINDOWS_UNTIL_STRAINED = 2
/** Let in per quarter of a second, however strained: a fraction of what one core can do. */
const LEAST_CONNECTIONS = 25
const LEAST_REQUESTS = 50

/** What a worker does when more comes in than it can do: less, of whoever asks for most, before everybody waits for everybody. */
export class Overload {
  /** By client address. */
  readonly connections = new FairUse(LEAST_CONNECTIONS)
  /** By client certificate, or by address where there is none. */
  readonly requests = new FairUse(LEAST_REQUESTS)
  readonly #measured: (duration: number) => number
  #limit = 0
  #turnedAt: number
  #strained = 0

  /** `measured`: the median delay of the event loop in the last so many milliseconds, since it was last asked; in milliseconds too. */
  constructor(now: number, measured: (duration: number) => number = measureDelay()) {
    this.#turnedAt = now
    this.#measured = measured
  }

  /** Milliseconds of delay beyond which less is let in; 0: never. */
  configure(limit: number): void {
    this.#limit = limit
  }

  get shedding(): boolean {
    return this.connections.limited || this.requests.limited
  }

  /** Ends a window; `now` in milliseconds. Returns the delay measured in it. */
  turn(now: number): number {
    const duration = now - this.#turnedAt
    const delay = this.#measured(duration)
    this.#turnedAt = now
    this.#strained = this.#limit > 0 && delay > this.#limit ? this.#strained + 1 : 0
    const strained = this.#strained >= WINDOWS_UNTIL_STRAINED
    // A handshake costs as much as ten requests and more: those who are served already come first.
    this.connections.turn(strained, duration)
    this.requests.turn(strained && (this.connections.exhausted || this.requests.limited), duration)
    return delay
  }
}

function measureDelay(): (duration: number) => number {
  const delay = new EventLoopDelay()
  return (duration) => {
    // After a beginning the next firing only begins a measurement: without any the loop turned once or twice, and was held up for all that time.
    const median = delay.percentile(50, duration)
    delay.begin()
    return median
  }
}
