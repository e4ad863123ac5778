import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often the event loop is sampled, in milliseconds; a delay is what comes on top of it. */
const RESOLUTION = 20

/**
 * How late the event loop runs, since this was made or begun anew. Each who looks over a time of their own has one: Node cannot add one to
 * another, and beginning anew loses the sample that is under way. A second one costs no measurable CPU, since all fire together.
 */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION })

  constructor() {
    this.#histogram.enable()
  }

  /** Milliseconds of delay that so many of a hundred samples stayed below; `unsampled`, less what is no delay, where there was none. */
  percentile(percent: number, unsampled = 0): number {
    const measured = this.#histogram.count === 0 ? unsampled : this.#histogram.percentile(percent) / 1e6
    return Math.max(0, measured - RESOLUTION)
  }

  begin(): void {
    this.#histogram.reset()
  }

  stop(): void {
    this.#histogram.disable()
  }
}
