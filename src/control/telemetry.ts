import type { Snapshot } from '../ipc/messages.ts'
import { MetricsAggregator, type OwnInventory, type RevocationCounts, type TargetState } from '../observability/metrics-aggregator.ts'
import { isMetricsSnapshot } from '../observability/metrics-shape.ts'
import { startTelemetryServer, type TelemetryServer } from '../observability/telemetry-server.ts'
import { TrafficMeter, type TrafficSample } from '../observability/traffic-meter.ts'
import type { ListenAddress } from './listening/sockets.ts'
import { certificatesOf, crlsOf } from './loading/inventory.ts'

/** What telemetry asks of the gateway. */
export interface TelemetryState {
  /** Has every worker's measurements delivered to `absorb`. What that throws costs the worker's new figures, and nobody else's. */
  measure(): Promise<void>
  serving(): number
  /** How many of those have answered control lately. */
  answering(): number
  state(): 'starting' | 'serving' | 'draining'
}

/** Control's measurements and the server that shows them. */
export class Telemetry {
  readonly #aggregator: MetricsAggregator
  readonly #traffic = new TrafficMeter()
  readonly #onError: (error: unknown) => void

  constructor(version: string, onError: (error: unknown) => void) {
    this.#aggregator = new MetricsAggregator({ version })
    this.#onError = onError
  }

  /** Rejects with CertgateError `address_unavailable`. */
  open(address: ListenAddress, gateway: TelemetryState): Promise<TelemetryServer> {
    return startTelemetryServer(address, {
      metrics: async () => {
        await gateway.measure()
        return this.#aggregator.render()
      },
      unhealthy: () => (gateway.state() === 'serving' && gateway.serving() === 0 ? 'no worker is serving' : null),
      unready: () => {
        if (gateway.state() !== 'serving') return gateway.state()
        if (gateway.serving() === 0) return 'no worker is serving'
        return gateway.answering() === 0 ? 'no worker answers' : null
      },
      onError: this.#onError,
    })
  }

  /** Takes what a worker sent, undefined before it has begun to measure. Throws where it cannot be added up: then what it sent last stays. */
  absorb(worker: number, values: unknown): void {
    if (values === undefined) return
    if (!isMetricsSnapshot(values))
      throw new TypeError('a worker measures otherwise than control adds up: restart certgate if another release was installed')
    this.#aggregator.absorb(worker, values)
    this.#traffic.absorb(worker, values)
  }

  /** Read anew for each answer. */
  countRevocation(counts: () => RevocationCounts): void {
    this.#aggregator.countRevocation(counts)
  }

  /** Milliseconds since the store was lost; null: it was not. */
  watchStore(lostFor: () => number | null): void {
    this.#aggregator.watchStore(lostFor)
  }

  workerGone(worker: number): void {
    this.#aggregator.workerGone(worker)
    this.#traffic.workerGone(worker)
  }

  /** What went through since the last time this was asked, as far as workers told it; null at the first. */
  traffic(now: number): TrafficSample | null {
    return this.#traffic.look(now)
  }

  /** How the targets of upstreams were at the last attempt of any worker. */
  get upstreams(): readonly TargetState[] {
    return this.#aggregator.upstreams
  }

  /** How many registered certificates are in each state. */
  get registered(): ReadonlyMap<string, number> {
    return this.#aggregator.registered
  }

  /** A load succeeded, and this is in force. */
  loaded(snapshot: Snapshot): void {
    this.#aggregator.reloadResult(true, Date.now())
    this.#aggregator.setInventory({
      certificates: certificatesOf(snapshot).map(({ kind, listener, server_name, not_after }) => ({
        kind,
        name: server_name === null ? listener : `${listener}/${server_name}`,
        notAfter: not_after / 1_000,
      })),
      crls: crlsOf(snapshot).map(({ issuer, file, next_update }) => ({ issuer, file, nextUpdate: next_update / 1_000 })),
      targets: [...snapshot.settings.upstreams].flatMap(([upstream, { targets }]) => targets.map(({ url }) => ({ upstream, target: url }))),
    })
  }

  /** What the authority and the registry say of themselves. */
  own(own: OwnInventory): void {
    this.#aggregator.setOwn(own)
  }

  rejected(): void {
    this.#aggregator.reloadResult(false, Date.now())
  }

  unchanged(): void {
    this.#aggregator.reloadResult(true, Date.now())
  }

  stop(): void {
    this.#aggregator.stop()
  }
}
