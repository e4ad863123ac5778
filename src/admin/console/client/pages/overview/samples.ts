import type { Overview, Sample } from '../../api-types.ts'

/** Milliseconds. */
export const SPAN = 600_000
const BUCKET = 10_000

/** What went through in ten seconds. */
export interface Bucket {
  /** Its beginning, in milliseconds since the epoch. */
  readonly at: number
  /** How much of it is known; 0: nothing. */
  readonly seconds: number
  readonly requests: number
  /** By first digit. */
  readonly statuses: ReadonlyMap<number, number>
  readonly refusals: ReadonlyMap<string, number>
  /** The worst in it, in seconds. */
  readonly latency: Sample['latency']
  /** null: nothing is known. */
  readonly connections: number | null
}

/** What was told before and what is new: each sample once, the last ten minutes. Everything else is as told last. Pure. */
export function withSamples(before: Overview, news: Overview): Overview {
  const last = before.samples.at(-1)?.at ?? ''
  const oldest = Date.parse(news.at) - SPAN
  const samples = [...before.samples, ...news.samples.filter(({ at }) => at > last)].filter(({ at }) => Date.parse(at) > oldest)
  return { ...news, samples }
}

/** The last ten minutes in even steps, the oldest first, gaps included. Pure. */
export function inBuckets(samples: readonly Sample[], now: number): readonly Bucket[] {
  const end = Math.floor(now / BUCKET) * BUCKET
  const found = new Map<number, Sample[]>()
  for (const sample of samples) {
    const at = Math.floor(Date.parse(sample.at) / BUCKET) * BUCKET
    found.set(at, [...(found.get(at) ?? []), sample])
  }
  return Array.from({ length: SPAN / BUCKET }, (_, index) => {
    const at = end - (SPAN / BUCKET - 1 - index) * BUCKET
    return bucketOf(at, found.get(at) ?? [])
  })
}

function bucketOf(at: number, samples: readonly Sample[]): Bucket {
  return {
    at,
    seconds: sum(samples.map(({ seconds }) => seconds)),
    requests: sum(samples.map(({ requests }) => requests)),
    statuses: added(samples.flatMap(({ statuses }) => statuses.map(({ class: status, count }) => [status, count] as const))),
    refusals: refusalsOf(samples),
    latency: samples.reduce<Sample['latency']>((worst, { latency }) => worse(worst, latency), null),
    connections: samples.at(-1)?.connections ?? null,
  }
}

export function refusalsOf(samples: readonly Sample[]): ReadonlyMap<string, number> {
  return added(samples.flatMap(({ refusals }) => refusals.map(({ reason, count }) => [reason, count] as const)))
}

/** Per second; null: nothing is known of that time. */
export function perSecond({ seconds }: Bucket, many: number): number | null {
  return seconds === 0 ? null : many / seconds
}

/** The last one that is whole, or what is known of the one under way. */
export function latest(buckets: readonly Bucket[]): Bucket | null {
  return buckets.findLast(({ seconds }) => seconds > 0) ?? null
}

function worse(a: Sample['latency'], b: Sample['latency']): Sample['latency'] {
  if (a === null || b === null) return a ?? b
  return { p50: Math.max(a.p50, b.p50), p95: Math.max(a.p95, b.p95), p99: Math.max(a.p99, b.p99) }
}

function added<K>(pairs: readonly (readonly [K, number])[]): ReadonlyMap<K, number> {
  const counts = new Map<K, number>()
  for (const [key, count] of pairs) counts.set(key, (counts.get(key) ?? 0) + count)
  return counts
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
