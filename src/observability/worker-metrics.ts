import type { Reason } from '../policy/types.ts'
import { FAMILIES } from './families.ts'
import { Histogram, type HistogramSnapshot } from './histogram.ts'
import { type ProcessSnapshot, ProcessUsage } from './process-usage.ts'
import { RequestCounters, type RequestSnapshot } from './request-counters.ts'
import type { Metrics, RequestMeter, UpstreamMeter } from './types.ts'
import { UpstreamCounters, type UpstreamSnapshot } from './upstream-counters.ts'

type HandshakeResult = 'ok' | 'resumed' | 'failed' | 'timeout'

/** Versions that get a label; a failed handshake has none. */
const VERSIONS = ['TLSv1.2', 'TLSv1.3']

/** Everything one worker measured since it started: plain data that crosses to control by structured clone. */
export interface MetricsSnapshot {
  readonly requests: readonly RequestSnapshot[]
  readonly upstreams: readonly UpstreamSnapshot[]
  readonly connections: readonly { readonly listener: string; readonly opened: number; readonly closed: number }[]
  readonly refusedConnections: readonly { readonly listener: string; readonly reason: string; readonly count: number }[]
  readonly shedRequests: number
  readonly handshakes: readonly { readonly result: HandshakeResult; readonly version: string; readonly count: number }[]
  /** Every refusal that was answered, by reason. */
  readonly refusals: readonly { readonly reason: Reason; readonly count: number }[]
  readonly clientAuthFailures: readonly { readonly reason: Reason; readonly count: number }[]
  readonly certificateLife: HistogramSnapshot
  readonly strippedHeaders: number
  readonly accessLogDropped: number
  readonly process: ProcessSnapshot
}

/** One worker's counters; `snapshot` is what it sends when control asks. `scrape`: what is told since the last scrape begins anew. */
export type WorkerMetrics = Metrics & { snapshot(scrape?: boolean): MetricsSnapshot }

export function createWorkerMetrics(): WorkerMetrics {
  return new Counters()
}

/** Plain numbers and typed arrays, looked up once where they repeat: counting a request neither hashes nor allocates. */
class Counters implements WorkerMetrics {
  readonly #requests = new Map<string, Map<string, RequestCounters>>()
  readonly #upstreams = new Map<string, UpstreamCounters>()
  readonly #connections = new Map<string, { opened: number; closed: number }>()
  readonly #handshakes = new Map<string, { readonly result: HandshakeResult; readonly version: string; count: number }>()
  readonly #refusals = new Map<Reason, number>()
  readonly #refusedConnections = new Map<string, { readonly listener: string; readonly reason: string; count: number }>()
  readonly #failures = new Map<Reason, number>()
  readonly #life = new Histogram(FAMILIES.certificateLife.buckets)
  readonly #process = new ProcessUsage()
  #stripped = 0
  #dropped = 0
  #shed = 0

  meter(listener: string, route: string): RequestMeter {
    const byRoute = found(this.#requests, listener, () => new Map<string, RequestCounters>())
    return found(byRoute, route, () => new RequestCounters())
  }

  upstream(name: string): UpstreamMeter {
    return found(this.#upstreams, name, () => new UpstreamCounters())
  }

  connectionOpened(listener: string): void {
    this.#connectionsOf(listener).opened++
  }

  connectionClosed(listener: string): void {
    this.#connectionsOf(listener).closed++
  }

  connectionRefused(listener: string, reason: 'limit' | 'handshakes' | 'overload' | 'costly'): void {
    found(this.#refusedConnections, `${reason} ${listener}`, () => ({ listener, reason, count: 0 })).count++
  }

  requestShed(): void {
    this.#shed++
  }

  handshake(result: HandshakeResult, version: string): void {
    const known = VERSIONS.includes(version) ? version : ''
    found(this.#handshakes, `${result} ${known}`, () => ({ result, version: known, count: 0 })).count++
  }

  refused(reason: Reason): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1)
  }

  clientAuthFailure(reason: Reason): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1)
  }

  certificateLife(seconds: number): void {
    this.#life.observe(seconds)
  }

  strippedHeaders(count: number): void {
    this.#stripped += count
  }

  accessLogDropped(lines: number): void {
    this.#dropped += lines
  }

  snapshot(scrape = true): MetricsSnapshot {
    return {
      requests: Array.from(this.#requests, ([listener, byRoute]) =>
        Array.from(byRoute, ([route, counters]) => counters.snapshot(listener, route)),
      )
        .flat()
        .filter((request) => request !== null),
      upstreams: Array.from(this.#upstreams, ([name, counters]) => counters.snapshot(name)),
      connections: Array.from(this.#connections, ([listener, { opened, closed }]) => ({ listener, opened, closed })),
      refusedConnections: Array.from(this.#refusedConnections.values(), (entry) => ({ ...entry })),
      shedRequests: this.#shed,
      handshakes: Array.from(this.#handshakes.values(), (entry) => ({ ...entry })),
      refusals: Array.from(this.#refusals, ([reason, count]) => ({ reason, count })),
      clientAuthFailures: Array.from(this.#failures, ([reason, count]) => ({ reason, count })),
      certificateLife: this.#life.snapshot(),
      strippedHeaders: this.#stripped,
      accessLogDropped: this.#dropped,
      process: this.#process.snapshot(scrape),
    }
  }

  #connectionsOf(listener: string): { opened: number; closed: number } {
    return found(this.#connections, listener, () => ({ opened: 0, closed: 0 }))
  }
}

function found<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
