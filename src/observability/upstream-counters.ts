import { FAMILIES } from './families.ts'
import { Histogram, type HistogramSnapshot } from './histogram.ts'
import type { UpstreamMeter } from './types.ts'

export const UPSTREAM_ERRORS = ['connect', 'timeout', 'broken', 'protocol'] as const

type ErrorKind = (typeof UPSTREAM_ERRORS)[number]

export interface TargetHealth {
  readonly target: string
  readonly healthy: boolean
  /** Milliseconds since the epoch, so that the newest verdict of several workers counts. */
  readonly at: number
}

export interface UpstreamSnapshot {
  readonly upstream: string
  readonly duration: HistogramSnapshot
  /** By the order of UPSTREAM_ERRORS. */
  readonly errors: readonly number[]
  readonly retries: number
  readonly health: readonly TargetHealth[]
}

/** Counters of one upstream and the health of its targets. */
export class UpstreamCounters implements UpstreamMeter {
  /** In milliseconds, as observed. */
  readonly #duration = new Histogram(FAMILIES.upstreamDuration.buckets.map((seconds) => seconds * 1000))
  readonly #errors: Record<ErrorKind, number> = { connect: 0, timeout: 0, broken: 0, protocol: 0 }
  readonly #health = new Map<string, { healthy: boolean; at: number }>()
  #retries = 0

  observe(durationMs: number): void {
    this.#duration.observe(durationMs)
  }

  error(kind: ErrorKind): void {
    this.#errors[kind]++
  }

  retry(): void {
    this.#retries++
  }

  healthy(target: string, value: boolean): void {
    const entry = this.#health.get(target)
    if (entry === undefined) this.#health.set(target, { healthy: value, at: Date.now() })
    else {
      entry.healthy = value
      entry.at = Date.now()
    }
  }

  snapshot(upstream: string): UpstreamSnapshot {
    const { counts, sum } = this.#duration.snapshot()
    return {
      upstream,
      duration: { counts, sum: sum / 1000 },
      errors: UPSTREAM_ERRORS.map((kind) => this.#errors[kind]),
      retries: this.#retries,
      health: Array.from(this.#health, ([target, { healthy, at }]) => ({ target, healthy, at })),
    }
  }
}
