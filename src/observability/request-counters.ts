import { FAMILIES } from './families.ts'
import { Histogram, type HistogramSnapshot } from './histogram.ts'
import type { RequestMeter } from './types.ts'

/** Method labels by index; the last stands for every other. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'OTHER'] as const

const OTHER = METHODS.length - 1

/** Status codes that get a label of their own; others are counted under code `0`. */
const FIRST_STATUS = 100
const LAST_STATUS = 599

/**
 * A place in the tables below for each status code seen in this process, in the order they were seen: a handful of codes
 * occurs, and a table for all of them, per route and method, would be memory for nothing.
 */
const SLOTS = new Uint16Array(LAST_STATUS + 1)
const CODES = [0]
const FIRST_SIZE = 8
const NO_COUNTS = new Float64Array(0)

const SECONDS = FAMILIES.requestDuration.buckets

export interface RequestSnapshot {
  readonly listener: string
  readonly route: string
  /** Triples: index into METHODS, status code, count. */
  readonly counts: readonly number[]
  readonly duration: HistogramSnapshot
  readonly allowed: number
  readonly denied: number
}

/** Counters of one listener and route. Per method, a table by slot that is made when the method is first seen. */
export class RequestCounters implements RequestMeter {
  readonly #byMethod: Float64Array[] = METHODS.map(() => NO_COUNTS)
  /** In milliseconds, as observed. */
  readonly #duration = new Histogram(SECONDS.map((seconds) => seconds * 1000))
  #allowed = 0
  #denied = 0

  observe(method: string, status: number, durationMs: number): void {
    const index = methodIndex(method)
    const slot = slotOf(status)
    let counts = this.#byMethod[index] as Float64Array
    if (slot >= counts.length) counts = this.#enlarge(index, slot)
    counts[slot] = (counts[slot] as number) + 1
    this.#duration.observe(durationMs)
  }

  decide(decision: 'allow' | 'deny'): void {
    if (decision === 'allow') this.#allowed++
    else this.#denied++
  }

  /** null: nothing was counted yet. */
  snapshot(listener: string, route: string): RequestSnapshot | null {
    const counts: number[] = []
    for (let method = 0; method < METHODS.length; method++) {
      const table = this.#byMethod[method] as Float64Array
      for (let slot = 0; slot < table.length; slot++) {
        const count = table[slot] as number
        if (count > 0) counts.push(method, CODES[slot] as number, count)
      }
    }
    if (counts.length === 0 && this.#allowed + this.#denied === 0) return null
    const duration = this.#duration.snapshot()
    return {
      listener,
      route,
      counts,
      duration: { counts: duration.counts, sum: duration.sum / 1000 },
      allowed: this.#allowed,
      denied: this.#denied,
    }
  }

  #enlarge(index: number, slot: number): Float64Array {
    const counts = new Float64Array(Math.max(FIRST_SIZE, 2 ** Math.ceil(Math.log2(slot + 1))))
    counts.set(this.#byMethod[index] as Float64Array)
    this.#byMethod[index] = counts
    return counts
  }
}

function slotOf(status: number): number {
  if (!(status >= FIRST_STATUS && status <= LAST_STATUS)) return 0
  const known = SLOTS[status] as number
  if (known !== 0) return known
  SLOTS[status] = CODES.length
  return CODES.push(status) - 1
}

function methodIndex(method: string): number {
  switch (method) {
    case 'GET':
      return 0
    case 'HEAD':
      return 1
    case 'POST':
      return 2
    case 'PUT':
      return 3
    case 'DELETE':
      return 4
    case 'PATCH':
      return 5
    case 'OPTIONS':
      return 6
    case 'TRACE':
      return 7
    default:
      return OTHER
  }
}
