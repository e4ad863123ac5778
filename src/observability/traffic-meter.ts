import { FAMILIES } from './families.ts'
import type { MetricsSnapshot } from './worker-metrics.ts'

/** What went through the gateway between two looks. */
export interface TrafficSample {
  /** Milliseconds since the epoch, at its end. */
  readonly at: number
  /** How long it lasted. */
  readonly seconds: number
  readonly requests: number
  /** Requests by first digit of their status. */
  readonly statuses: readonly { readonly class: number; readonly count: number }[]
  readonly refusals: readonly { readonly reason: string; readonly count: number }[]
  /** Seconds; null: nothing was answered. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null
  /** Open at its end. */
  readonly connections: number
  readonly upstreamErrors: number
}

interface Totals {
  requests: number
  upstreamErrors: number
  readonly statuses: Map<number, number>
  readonly refusals: Map<string, number>
  /** By bucket, not cumulative. */
  readonly duration: number[]
}

const BOUNDS = FAMILIES.requestDuration.buckets

/** Adds up what the workers counted, and tells what came between two looks. Workers come and go; nothing is counted twice or backwards. */
export class TrafficMeter {
  readonly #live = new Map<number, MetricsSnapshot>()
  readonly #gone = new Set<number>()
  /** Of workers that have ended. */
  readonly #base = noTotals()
  #before: { readonly at: number; readonly totals: Totals } | null = null

  absorb(worker: number, snapshot: MetricsSnapshot): void {
    if (!this.#gone.has(worker)) this.#live.set(worker, snapshot)
  }

  workerGone(worker: number): void {
    this.#gone.add(worker)
    const last = this.#live.get(worker)
    this.#live.delete(worker)
    if (last !== undefined) add(this.#base, last)
  }

  /** Since the last look; null at the first, which has nothing to compare with, and where no time went by. `now` in milliseconds since the epoch. */
  look(now: number): TrafficSample | null {
    const totals = noTotals()
    addTotals(totals, this.#base)
    for (const snapshot of this.#live.values()) add(totals, snapshot)
    const before = this.#before
    this.#before = { at: now, totals }
    // A clock that was set back begins anew.
    if (before === null || now <= before.at) return null
    const duration = totals.duration.map((count, index) => count - (before.totals.duration[index] ?? 0))
    return {
      at: now,
      seconds: (now - before.at) / 1_000,
      requests: totals.requests - before.totals.requests,
      statuses: differences(totals.statuses, before.totals.statuses).map(([status, count]) => ({ class: status, count })),
      refusals: differences(totals.refusals, before.totals.refusals).map(([reason, count]) => ({ reason, count })),
      latency: latencyOf(duration),
      connections: this.#connections(),
      upstreamErrors: totals.upstreamErrors - before.totals.upstreamErrors,
    }
  }

  #connections(): number {
    let open = 0
    for (const { connections } of this.#live.values()) for (const { opened, closed } of connections) open += opened - closed
    return open
  }
}

/** The value below which so much of the observations lies, interpolated within its bucket; what lies beyond all bounds is the last. */
export function quantile(counts: readonly number[], bounds: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = share * total
  let below = 0
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = index === 0 ? 0 : (bounds[index - 1] as number)
      const upper = bounds[index] ?? lower
      return lower + ((upper - lower) * (rank - below)) / count
    }
    below += count
  }
  return bounds.at(-1) ?? null
}

function latencyOf(counts: readonly number[]): TrafficSample['latency'] {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(counts, BOUNDS, share))
  return p50 == null || p95 == null || p99 == null ? null : { p50, p95, p99 }
}

function noTotals(): Totals {
  return { requests: 0, upstreamErrors: 0, statuses: new Map(), refusals: new Map(), duration: [...BOUNDS, 0].map(() => 0) }
}

function add(totals: Totals, snapshot: MetricsSnapshot): void {
  for (const { counts, duration } of snapshot.requests) {
    for (let at = 0; at < counts.length; at += 3) {
      const count = counts[at + 2] as number
      totals.requests += count
      raise(totals.statuses, Math.floor((counts[at + 1] as number) / 100), count)
    }
    for (const [index, count] of duration.counts.entries()) totals.duration[index] = (totals.duration[index] ?? 0) + count
  }
  for (const { reason, count } of snapshot.refusals) raise(totals.refusals, reason, count)
  for (const { errors } of snapshot.upstreams) for (const count of errors) totals.upstreamErrors += count
}

function addTotals(totals: Totals, more: Totals): void {
  totals.requests += more.requests
  totals.upstreamErrors += more.upstreamErrors
  for (const [status, count] of more.statuses) raise(totals.statuses, status, count)
  for (const [reason, count] of more.refusals) raise(totals.refusals, reason, count)
  for (const [index, count] of more.duration.entries()) totals.duration[index] = (totals.duration[index] ?? 0) + count
}

function raise<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function differences<K>(now: ReadonlyMap<K, number>, before: ReadonlyMap<K, number>): (readonly [K, number])[] {
  return [...now].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, count]) => count > 0)
}
