import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { FromWorker, Openings, Snapshot, SnapshotUpdate, ToWorker } from '../ipc/messages.ts'
import { HandshakeCosts } from '../tls/handshake-costs.ts'
import { Admission } from './admission.ts'
import { createDataPlane, type DataPlane } from './data-plane.ts'
import { Endpoints } from './endpoints.ts'
import { Listeners, type Refused } from './listeners.ts'
import { Overload } from './overload.ts'
import { RegistryHolder } from './registry-holder.ts'
import { type PreparedLogs, WorkerServices } from './services.ts'
import { Sightings } from './sightings.ts'
import { StatusHolder } from './status-holder.ts'

const tidyInterval = 1_000
/** Milliseconds that a new connection is given before a drain counts it as idle. */
const firstRequest = 500

interface Parts {
  readonly services: WorkerServices
  readonly plane: DataPlane
  readonly endpoints: Endpoints
}

/** A snapshot that was built and waits for control's word. */
interface Prepared {
  readonly snapshot: Snapshot
  readonly openings: Openings
  readonly parts: Parts
  readonly logs: PreparedLogs
  readonly switchPlane: () => void
}

/** What a worker does with what control tells it. */
export class WorkerProgram {
  readonly #id: number
  readonly #send: (message: FromWorker) => void
  readonly #admission: Admission
  readonly #overload = new Overload(performance.now())
  readonly #costs = new HandshakeCosts((network, cost, duration) => this.#tooCostly(network, cost, duration))
  readonly #listeners: Listeners
  readonly #registry: RegistryHolder
  readonly #sightings: Sightings
  readonly #statuses: StatusHolder
  #parts: Parts | null = null
  #prepared: Prepared | null = null
  #openings: Openings = new Map()
  #snapshot: Snapshot | null = null
  #draining: Promise<void> | null = null

  constructor(id: number, send: (message: FromWorker) => void) {
    this.#id = id
    this.#send = send
    this.#admission = new Admission(send)
    this.#sightings = new Sightings(send)
    this.#registry = new RegistryHolder(send, (pins) => this.#parts?.plane.judgeAgain(pins))
    this.#statuses = new StatusHolder(send, () => this.#parts?.plane.judgeAgain(null))
    this.#listeners = new Listeners(
      { admission: this.#admission, overload: this.#overload, costs: this.#costs },
      () => this.#parts?.endpoints ?? null,
      {
        opened: (listener, opening) => send({ kind: 'listening', listener, opening }),
        failed: (listener, opening, { code = 'UNKNOWN', message }) => send({ kind: 'listen_failed', listener, opening, code, message }),
        acceptFailed: (listener, error) => this.#parts?.services.log.debug({ listener, err: error }, 'a connection could not be accepted'),
        refused: (listener, remote, reason) => this.#refused(listener, remote, reason),
      },
    )
    setInterval(() => this.#admission.tidy(), tidyInterval).unref()
  }

  receive(message: ToWorker, handle: unknown): void {
    switch (message.kind) {
      case 'prepare':
        this.#prepare(message.snapshot, message.openings)
        break
      case 'commit':
        this.#commit(message.snapshot)
        break
      case 'listen':
        this.#listen(message.listener, message.opening, handle)
        break
      case 'ticket_keys':
        this.#parts?.endpoints.setTicketKeys(message.keys)
        break
      case 'workers':
        this.#admission.setWorkers(message.count)
        break
      case 'leased':
        this.#admission.leased({ listener: message.listener, address: message.address }, message.granted)
        break
      case 'reopen_logs':
        this.#parts?.services.reopenLogs()
        break
      case 'metrics':
        this.#send({ kind: 'metrics', id: message.id, values: this.#parts?.services.metrics.snapshot(message.scrape) })
        break
      case 'status':
        this.#send({ kind: 'status', id: message.id, open: this.#parts?.plane.open ?? 0 })
        break
      case 'registry_base':
      case 'registry_delta':
      case 'registry_stale':
        this.#registry.receive(message)
        break
      case 'statuses':
        this.#statuses.receive(message)
        break
      case 'drain':
        void this.drain(message.deadline).then(() => process.exit(0))
    }
  }

  /**
   * Stops accepting and resolves when the last connection is gone, or was cut off after `deadline` milliseconds (0: none), and all
   * that was written is with the operating system.
   */
  drain(deadline: number): Promise<void> {
    this.#draining ??= this.#drain(deadline)
    return this.#draining
  }

  /** Nobody tells what is trusted any more: tunnels end now, and requests under way after so many milliseconds. */
  outliveControl(limit: number): Promise<void> {
    this.#parts?.plane.endTunnels()
    const drain = this.#snapshot?.settings.limits.drain || limit
    // A drain that began before may have longer.
    setTimeout(() => this.#cut(), Math.min(drain, limit))
    return this.drain(limit)
  }

  /** The log, once there is one. */
  get log() {
    return this.#parts?.services.log ?? null
  }

  async flush(): Promise<void> {
    await this.#parts?.services.flush()
  }

  async #drain(deadline: number): Promise<void> {
    this.#listeners.close()
    if (this.#parts === null) return
    const { plane, services } = this.#parts
    const timer = deadline === 0 ? null : setTimeout(() => this.#cut(), deadline)
    // Who was accepted a moment ago has not been able to ask for anything yet.
    await delay(Math.min(this.#listeners.youth(firstRequest), deadline === 0 ? firstRequest : deadline))
    await Promise.all([plane.drain(), this.#listeners.empty()])
    if (timer !== null) clearTimeout(timer)
    this.#sightings.handOver()
    this.#send({ kind: 'metrics', id: 0, values: services.metrics.snapshot() })
    await services.flush()
  }

  #cut(): void {
    this.#parts?.plane.destroy()
    this.#listeners.destroy()
  }

  /** Builds beside what is in force; whatever throws, that stays, and control is told. */
  #prepare(update: SnapshotUpdate, openings: Openings): void {
    this.#prepared?.logs.abandon()
    const unused = this.#prepared?.parts
    this.#prepared = null
    this.#attempt(update.number, () => {
      const snapshot = this.#complete(update)
      const parts = this.#parts ?? unused ?? this.#assemble(snapshot)
      const switchPlane = parts.plane.prepare(snapshot)
      this.#prepared = { snapshot, openings, parts, switchPlane, logs: parts.services.prepare(snapshot.settings.telemetry) }
      this.#send({ kind: 'prepared', snapshot: snapshot.number })
    })
  }

  #complete(update: SnapshotUpdate): Snapshot {
    const mapping = update.mapping ?? this.#snapshot?.mapping
    const users = update.users ?? this.#snapshot?.users
    if (mapping === undefined || users === undefined) throw new TypeError('control left out what this worker never had')
    return { ...update, mapping, users }
  }

  /** Everything changes in one turn of the event loop: no connection sees half of it. */
  #commit(number: number): void {
    const prepared = this.#prepared
    this.#prepared = null
    this.#attempt(number, () => {
      if (prepared?.snapshot.number !== number) throw new TypeError(`snapshot ${number} was not prepared here`)
      const { snapshot, openings, parts, logs, switchPlane } = prepared
      parts.endpoints.update(snapshot)
      switchPlane()
      logs.commit()
      this.#parts = parts
      this.#snapshot = snapshot
      this.#openings = openings
      this.#admission.configure(snapshot.settings.limits)
      this.#overload.configure(snapshot.settings.limits.eventLoopDelay)
      this.#listeners.keep(openings)
      parts.plane.rejudge(judgeBy(parts.endpoints))
      this.#send({ kind: 'applied', snapshot: number })
    })
  }

  #attempt(snapshot: number, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#send({ kind: 'rejected', snapshot, message: error instanceof Error ? error.message : String(error) })
    }
  }

  #assemble(snapshot: Snapshot): Parts {
    const services = new WorkerServices(this.#id, snapshot.settings.telemetry)
    const plane = createDataPlane(services, this.#overload, () => this.#registry.stale)
    const { metrics, log } = services
    const endpoints = new Endpoints({
      metrics,
      log,
      registry: this.#registry.registry,
      costs: this.#costs,
      workers: () => this.#admission.workers,
      sighted: (peer) => this.#sightings.note(peer),
      statuses: this.#statuses.book,
      accept: (listener, socket, peer) => plane.accept(listener, socket, peer),
    })
    return { services, plane, endpoints }
  }

  #refused(listener: string, remote: string, reason: Refused): void {
    if (this.#parts === null) return
    const { metrics, log } = this.#parts.services
    metrics.connectionRefused(listener, reason)
    log.debug({ listener, remote, reason }, 'connection refused')
  }

  #tooCostly(network: string, cost: number, duration: number): void {
    this.log?.warn(
      { network, cost_ms: Math.round(cost), refused_ms: Math.round(duration) },
      'handshakes with made-up certificate chains cost too much: connections from this network are refused for a while',
    )
  }

  #listen(listener: string, opening: string, handle: unknown): void {
    // Control changed its mind while this was under way, or the worker already drains.
    if (this.#openings.get(listener) !== opening || this.#draining !== null || handle === undefined) {
      this.#send({ kind: 'listening', listener, opening })
      closeHandle(handle)
      return
    }
    this.#listeners.open(listener, opening, handle)
  }
}

/** Apart from any snapshot: it is kept until the next one. */
function judgeBy(endpoints: Endpoints): Parameters<DataPlane['rejudge']>[0] {
  return (listener, peer) => endpoints.judge(listener, peer)
}

function closeHandle(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function') handle.close()
}
