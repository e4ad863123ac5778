import { setTimeout as delay } from 'node:timers/promises'
import type { FromWorker, Openings, Snapshot, ToWorker } from '../ipc/messages.ts'
import { Admission } from './admission.ts'
import { createDataPlane, type DataPlane } from './data-plane.ts'
import { Endpoints } from './endpoints.ts'
import { Listeners } from './listeners.ts'
import { WorkerServices } from './services.ts'

const tidyInterval = 1_000
/** Milliseconds that a new connection is given before a drain counts it as idle. */
const firstRequest = 1_000

/** What a worker does with what control tells it. */
export class WorkerProgram {
  readonly #id: number
  readonly #send: (message: FromWorker) => void
  readonly #admission: Admission
  readonly #listeners: Listeners
  #parts: { readonly services: WorkerServices; readonly plane: DataPlane; readonly endpoints: Endpoints } | null = null
  #openings: Openings = new Map()
  #snapshot: Snapshot | null = null
  #draining: Promise<void> | null = null

  constructor(id: number, send: (message: FromWorker) => void) {
    this.#id = id
    this.#send = send
    this.#admission = new Admission(send)
    this.#listeners = new Listeners(this.#admission, (name) => this.#parts?.endpoints.acceptor(name) ?? null, {
      opened: (listener, opening) => send({ kind: 'listening', listener, opening }),
      failed: (listener, opening, { code = 'UNKNOWN', message }) => send({ kind: 'listen_failed', listener, opening, code, message }),
      refused: (listener, remote) => this.#parts?.services.log.debug({ listener, remote }, 'connection refused: a limit is reached'),
    })
    setInterval(() => this.#admission.tidy(), tidyInterval).unref()
  }

  /** `limits.drain` of the snapshot in force, in milliseconds. */
  get drainLimit(): number {
    return this.#snapshot?.settings.limits.drain ?? 0
  }

  receive(message: ToWorker, handle: unknown): void {
    switch (message.kind) {
      case 'apply':
        this.#apply(message.snapshot, message.openings)
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
        this.#send({ kind: 'metrics', id: message.id, values: this.#parts?.services.metrics.snapshot() })
        break
      case 'status':
        this.#send({ kind: 'status', id: message.id, open: this.#parts?.plane.open ?? 0 })
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
    const cut = () => {
      plane.destroy()
      this.#listeners.destroy()
    }
    const timer = deadline === 0 ? null : setTimeout(cut, deadline)
    // Who was accepted a moment ago has not been able to ask for anything yet.
    await delay(Math.min(this.#listeners.youth(firstRequest), deadline === 0 ? firstRequest : deadline))
    await Promise.all([plane.drain(), this.#listeners.empty()])
    if (timer !== null) clearTimeout(timer)
    this.#send({ kind: 'metrics', id: 0, values: services.metrics.snapshot() })
    await services.flush()
  }

  /** All of it or nothing: whatever throws, the snapshot in force stays, and control is told. */
  #apply(snapshot: Snapshot, openings: Openings): void {
    try {
      const parts = this.#parts ?? this.#assemble(snapshot)
      const { services, plane, endpoints } = parts
      const switchLogs = services.prepare(snapshot.settings.telemetry)
      endpoints.update(snapshot)
      try {
        plane.apply(snapshot)
      } catch (error) {
        if (this.#snapshot !== null) endpoints.update(this.#snapshot)
        throw error
      }
      switchLogs()
      this.#parts = parts
      this.#snapshot = snapshot
      this.#openings = openings
      this.#admission.configure(snapshot.settings.limits)
      this.#listeners.keep(openings)
      plane.rejudge((listener, peer) => endpoints.judge(listener, peer))
    } catch (error) {
      this.#send({ kind: 'rejected', snapshot: snapshot.number, message: error instanceof Error ? error.message : String(error) })
      return
    }
    this.#send({ kind: 'applied', snapshot: snapshot.number })
  }

  #assemble(snapshot: Snapshot): { services: WorkerServices; plane: DataPlane; endpoints: Endpoints } {
    const services = new WorkerServices(this.#id, snapshot.settings.telemetry)
    const plane = createDataPlane(services)
    const { metrics, log } = services
    const endpoints = new Endpoints({ metrics, log, accept: (listener, socket, peer) => plane.accept(listener, socket, peer) })
    return { services, plane, endpoints }
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

function closeHandle(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'close' in handle && typeof handle.close === 'function') handle.close()
}
