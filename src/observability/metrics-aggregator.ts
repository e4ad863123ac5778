import { FAMILIES } from './families.ts'
import { type ProcessSnapshot, ProcessUsage } from './process-usage.ts'
import { METHODS } from './request-counters.ts'
import { SampleTable } from './sample-table.ts'
import { UPSTREAM_ERRORS } from './upstream-counters.ts'
import type { MetricsSnapshot } from './worker-metrics.ts'

/** A certificate that the configuration in force uses. */
export interface CertificateExpiry {
  readonly kind: 'server' | 'ca' | 'issued'
  /** What it is for, e.g. `main` or `main/db.example`; from the configuration, never from a client. */
  readonly name: string
  /** Seconds since the epoch. */
  readonly notAfter: number
}

export interface CrlExpiry {
  readonly issuer: string
  readonly file: string
  /** Seconds since the epoch. */
  readonly nextUpdate: number
}

/** What control found out, and did not, about certificates of foreign CAs. */
export interface RevocationCounts {
  readonly failures: Readonly<Record<string, number>>
  readonly stale: number
}

/** What control itself knows: replaced as a whole with each configuration, so that nothing removed lives on. */
export interface Inventory {
  readonly certificates: readonly CertificateExpiry[]
  readonly crls: readonly CrlExpiry[]
  readonly targets: readonly { readonly upstream: string; readonly target: string }[]
}

/** What the authority in operation knows, and the registry: replaced as a whole, too. */
export interface OwnInventory {
  readonly certificates: readonly CertificateExpiry[]
  readonly crls: readonly CrlExpiry[]
  /** How many registered certificates are in each state. */
  readonly registered: ReadonlyMap<string, number>
}

/** `healthy` null: nobody tried to connect yet. */
export interface TargetState {
  readonly upstream: string
  readonly target: string
  readonly healthy: boolean | null
  /** Milliseconds since the epoch. */
  readonly checkedAt: number | null
}

/**
 * Control's side of the measurements: adds up what the workers sent, adds what only control knows, and writes it out.
 * What an ended worker had counted is kept, so that no counter ever goes backwards.
 */
export class MetricsAggregator {
  readonly #live = new Map<number, MetricsSnapshot>()
  readonly #gone = new Set<number>()
  /** Totals of workers that have ended. */
  readonly #base = new SampleTable()
  readonly #health = new Map<string, { readonly healthy: boolean; readonly at: number }>()
  readonly #usage = new ProcessUsage()
  readonly #build: readonly string[]
  #inventory: Inventory = { certificates: [], crls: [], targets: [] }
  #own: OwnInventory = { certificates: [], crls: [], registered: new Map() }
  #revocation: (() => RevocationCounts) | null = null
  #storeLostFor: (() => number | null) | null = null
  #reload: { ok: boolean; succeededAt: number } | null = null

  constructor(build: { readonly version: string }) {
    this.#build = [build.version, process.versions.node, process.versions.openssl]
  }

  /** Takes the latest snapshot of a worker. One that arrives after `workerGone` is ignored: its counters are already kept. */
  absorb(workerId: number, snapshot: MetricsSnapshot): void {
    if (this.#gone.has(workerId)) return
    this.#live.set(workerId, snapshot)
    for (const { upstream, health } of snapshot.upstreams) {
      for (const { target, healthy, at } of health) {
        const key = `${upstream}\0${target}`
        if (at >= (this.#health.get(key)?.at ?? 0)) this.#health.set(key, { healthy, at })
      }
    }
  }

  /** A worker has ended: what it had counted stays, what it held is over. */
  workerGone(workerId: number): void {
    if (this.#gone.has(workerId)) return
    this.#gone.add(workerId)
    this.#base.add(FAMILIES.workerExits, [], 1)
    const last = this.#live.get(workerId)
    if (last === undefined) return
    addCounters(this.#base, last)
    this.#live.delete(workerId)
  }

  setInventory(inventory: Inventory): void {
    this.#inventory = inventory
  }

  setOwn(own: OwnInventory): void {
    this.#own = own
  }

  watchStore(lostFor: () => number | null): void {
    this.#storeLostFor = lostFor
  }

  countRevocation(counts: () => RevocationCounts): void {
    this.#revocation = counts
  }

  get upstreams(): readonly TargetState[] {
    return this.#inventory.targets.map(({ upstream, target }) => {
      const health = this.#health.get(`${upstream}\0${target}`)
      return { upstream, target, healthy: health?.healthy ?? null, checkedAt: health?.at ?? null }
    })
  }

  get registered(): ReadonlyMap<string, number> {
    return this.#own.registered
  }

  /** The outcome of a load, the first included; `when` in milliseconds since the epoch. */
  reloadResult(ok: boolean, when: number): void {
    this.#reload = { ok, succeededAt: ok ? when : (this.#reload?.succeededAt ?? 0) }
  }

  /** Everything in the Prometheus text format. */
  render(): Promise<string> {
    const table = new SampleTable()
    table.add(FAMILIES.workerExits, [], 0)
    table.addAll(this.#base)
    for (const snapshot of this.#live.values()) {
      addCounters(table, snapshot)
      addGauges(table, snapshot)
    }
    this.#addOwn(table)
    return table.render(Object.values(FAMILIES))
  }

  stop(): void {
    this.#usage.stop()
  }

  #addOwn(table: SampleTable): void {
    const { certificates, crls, targets } = this.#inventory
    for (const { kind, name, notAfter } of certificates) table.set(FAMILIES.certificateNotAfter, [kind, name], notAfter)
    for (const { issuer, file, nextUpdate } of crls) table.set(FAMILIES.crlNextUpdate, [issuer, file], nextUpdate)
    for (const { kind, name, notAfter } of this.#own.certificates) table.set(FAMILIES.certificateNotAfter, [kind, name], notAfter)
    for (const { issuer, file, nextUpdate } of this.#own.crls) table.set(FAMILIES.crlNextUpdate, [issuer, file], nextUpdate)
    for (const [state, count] of this.#own.registered) table.set(FAMILIES.registeredCertificates, [state], count)
    for (const { upstream, target } of targets) {
      const health = this.#health.get(`${upstream}\0${target}`)
      if (health !== undefined) table.set(FAMILIES.upstreamHealthy, [upstream, target], health.healthy ? 1 : 0)
    }
    if (this.#revocation !== null) {
      const { failures, stale } = this.#revocation()
      for (const [kind, count] of Object.entries(failures)) table.set(FAMILIES.revocationFailures, [kind], count)
      table.set(FAMILIES.revocationStale, [], stale)
    }
    if (this.#storeLostFor !== null) table.set(FAMILIES.storeLost, [], (this.#storeLostFor() ?? 0) / 1000)
    if (this.#reload !== null) {
      table.set(FAMILIES.reloadSuccessful, [], this.#reload.ok ? 1 : 0)
      table.set(FAMILIES.reloadSuccessTime, [], this.#reload.succeededAt / 1000)
    }
    table.set(FAMILIES.buildInfo, this.#build, 1)
    table.set(FAMILIES.workers, [], this.#live.size)
    addUsage(table, 'control', this.#usage.snapshot(true))
    table.set(FAMILIES.startTime, ['control'], Math.round(performance.timeOrigin) / 1000)
  }
}

/** What only ever rises, and stays when its worker ends. */
function addCounters(table: SampleTable, snapshot: MetricsSnapshot): void {
  for (const { listener, route, counts, duration, allowed, denied } of snapshot.requests) {
    for (let at = 0; at < counts.length; at += 3) {
      const method = METHODS[counts[at] as number] ?? 'OTHER'
      table.add(FAMILIES.requests, [listener, route, method, String(counts[at + 1])], counts[at + 2] as number)
    }
    table.addHistogram(FAMILIES.requestDuration, [listener, route], duration)
    table.add(FAMILIES.decisions, [route, 'allow'], allowed)
    table.add(FAMILIES.decisions, [route, 'deny'], denied)
  }
  for (const { upstream, duration, errors, retries } of snapshot.upstreams) {
    table.addHistogram(FAMILIES.upstreamDuration, [upstream], duration)
    for (const [index, kind] of UPSTREAM_ERRORS.entries()) table.add(FAMILIES.upstreamErrors, [upstream, kind], errors[index] ?? 0)
    table.add(FAMILIES.upstreamRetries, [upstream], retries)
  }
  for (const { listener, opened } of snapshot.connections) table.add(FAMILIES.connections, [listener], opened)
  for (const { listener, reason, count } of snapshot.refusedConnections) table.add(FAMILIES.connectionsRefused, [listener, reason], count)
  table.add(FAMILIES.shedRequests, [], snapshot.shedRequests)
  for (const { result, version, count } of snapshot.handshakes) table.add(FAMILIES.handshakes, [result, version], count)
  for (const { reason, count } of snapshot.refusals) table.add(FAMILIES.refusals, [reason], count)
  for (const { reason, count } of snapshot.clientAuthFailures) table.add(FAMILIES.clientAuthFailures, [reason], count)
  table.addHistogram(FAMILIES.certificateLife, [], snapshot.certificateLife)
  table.add(FAMILIES.strippedHeaders, [], snapshot.strippedHeaders)
  table.add(FAMILIES.accessLogDropped, [], snapshot.accessLogDropped)
  table.add(FAMILIES.cpu, ['worker'], snapshot.process.cpuSeconds)
}

/** What is true only while the worker lives. */
function addGauges(table: SampleTable, snapshot: MetricsSnapshot): void {
  for (const { listener, opened, closed } of snapshot.connections) table.add(FAMILIES.connectionsOpen, [listener], opened - closed)
  addUsage(table, 'worker', snapshot.process)
}

function addUsage(table: SampleTable, kind: 'control' | 'worker', usage: ProcessSnapshot): void {
  if (kind === 'control') table.add(FAMILIES.cpu, [kind], usage.cpuSeconds)
  table.add(FAMILIES.residentMemory, [kind], usage.residentBytes)
  table.add(FAMILIES.heapUsed, [kind], usage.heapBytes)
  if (usage.openFds !== null) table.raise(FAMILIES.openFds, [kind], usage.openFds)
  if (usage.maxFds !== null) table.set(FAMILIES.maxFds, [kind], usage.maxFds)
  table.raise(FAMILIES.eventLoopLag, [kind], usage.lagSeconds)
}
