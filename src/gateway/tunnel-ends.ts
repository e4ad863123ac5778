import { deadlineIn } from '../http1/clock.ts'

/** Milliseconds, where `limits.upstream_idle` is none. */
const DEFAULT_IDLE = 60_000

/**
 * Which ends of a tunnel have closed their direction. From one that has, nothing is read any more that would tell that it is gone: what is
 * half open ends for want of bytes in the other direction.
 */
export class TunnelEnds {
  #client = false
  #upstream = false
  #until = Number.POSITIVE_INFINITY

  #idle = DEFAULT_IDLE

  /** `idle`: milliseconds that a direction may be silent once the other is closed; 0: the default. */
  reset(idle: number): void {
    this.#idle = idle || DEFAULT_IDLE
    this.#client = this.#upstream = false
    this.#until = Number.POSITIVE_INFINITY
  }

  /** True: the other had done so before. */
  clientCloses(): boolean {
    this.#client = true
    this.moves()
    return this.#upstream
  }

  upstreamCloses(): boolean {
    this.#upstream = true
    this.moves()
    return this.#client
  }

  /** Bytes were passed on. */
  moves(): void {
    if (this.#client || this.#upstream) this.#until = deadlineIn(this.#idle)
  }

  isOver(now: number): boolean {
    return now > this.#until
  }
}
