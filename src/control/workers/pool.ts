import type { Worker } from 'node:cluster'
import type { SightingMessage } from '../../ipc/messages.ts'
import type { StatusWorker } from '../status.ts'
import { BackOff, type BackOffOptions } from './back-off.ts'
import { bringUp } from './bring-up.ts'
import { LeaseLedger } from './leases.ts'
import { type ChangeDeadlines, timeForSize } from './patience.ts'
import { type Serving, type StatusWanted, settled, WorkerProcess } from './process.ts'
import { rollOut } from './roll-out.ts'

/** Milliseconds. */
export interface PoolDeadlines extends ChangeDeadlines {
  readonly start: number
  /** For answers that only inform. */
  readonly inform: number
}

export interface PoolOptions {
  fork(): Worker
  log(level: 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void
  /** What a worker measured, and that it has ended: by an id that no other worker gets. What they throw is logged. */
  measured(id: number, values: unknown): void
  ended(id: number): void
  /** Brings a worker that starts to the registry as it is; resolves once it has it. It accepts nothing before. Default: there is none. */
  welcome?(worker: WorkerProcess): Promise<void>
  sighted?(message: SightingMessage): void
  readonly statusWanted?: StatusWanted
  readonly deadlines?: Partial<PoolDeadlines>
  readonly backOff?: Partial<BackOffOptions>
}

/** A place for one worker; it outlives the processes that fill it. */
interface Slot {
  worker: WorkerProcess | null
  readonly backOff: BackOff
  restarts: number
  timer: NodeJS.Timeout | null
}

const defaultDeadlines: PoolDeadlines = { trust: 1_000, change: 10_000, start: 30_000, inform: 1_000 }
const graceAfterDrain = 2_000

/** Keeps the wanted number of workers alive and all of them on what is in force. */
export class WorkerPool {
  readonly #options: PoolOptions
  readonly #deadlines: PoolDeadlines
  readonly #slots: Slot[] = []
  /** Draining: no slot's worker any more, or the pool is stopping. */
  readonly #leaving = new Set<WorkerProcess>()
  /** Not in their slot yet, and which that is: nobody is served by them, so their end harms nobody. */
  readonly #starting = new Map<WorkerProcess, Slot>()
  readonly #leases = new LeaseLedger<WorkerProcess>()
  #serving: Serving | null = null
  #busyFor = 0
  #stopping = false
  #emptied: (() => void) | null = null

  constructor(options: PoolOptions) {
    this.#options = options
    this.#deadlines = { ...defaultDeadlines, ...options.deadlines }
  }

  /** Starts the first workers; rejects where one of them ends or refuses before it accepts: then nothing is announced. */
  async start(count: number, serving: Serving): Promise<void> {
    this.#setServing(serving)
    const slots = Array.from({ length: count }, () => this.#addSlot())
    this.#shareLimits()
    await Promise.all(slots.map((slot) => this.#fill(slot)))
  }

  /**
   * Brings every worker to `serving`, whole or not at all; rejects with WorkerRefusedError where one cannot take it up: then all are
   * as before. A worker that does not answer in time is killed and replaced.
   */
  async apply(serving: Serving, trustChanged: boolean): Promise<void> {
    this.#busyFor = timeForSize(serving.snapshot, this.#serving?.snapshot ?? null)
    const done = rollOut(serving, trustChanged, {
      before: this.#serving,
      deadlines: this.#deadlines,
      holding: () => this.#alive().filter((worker) => worker.state !== 'starting'),
      putInForce: (one) => this.#setServing(one),
    })
    await done.finally(() => {
      this.#busyFor = 0
    })
  }

  /** The same snapshot with new ticket keys: for workers that start from now on. */
  renew(serving: Serving): void {
    this.#serving = serving
  }

  /** More workers are started before this resolves; surplus ones drain in the background. */
  async resize(count: number): Promise<void> {
    for (const slot of this.#slots.splice(count)) this.#vacate(slot)
    const added = Array.from({ length: Math.max(0, count - this.#slots.length) }, () => this.#addSlot())
    this.#shareLimits()
    await Promise.all(added.map((slot) => this.#refill(slot)))
  }

  /** Starts a successor for each worker, one after the other, and drains the old one only when its successor accepts. */
  async replaceAll(): Promise<void> {
    for (const slot of [...this.#slots]) {
      if (this.#stopping || slot.worker === null || !this.#slots.includes(slot)) continue
      await this.#fill(slot)
    }
  }

  /** Resolves when the last worker has ended: what runs has `limits.drain` for it. */
  async stop(): Promise<void> {
    this.#stopping = true
    const ended = new Promise<void>((resolve) => {
      this.#emptied = resolve
    })
    for (const slot of this.#slots.splice(0)) this.#vacate(slot)
    for (const worker of this.#starting.keys()) this.#dismiss(worker)
    if (this.#leaving.size === 0) return
    await ended
  }

  /** Ends every worker at once. */
  kill(): void {
    this.#stopping = true
    for (const worker of this.#alive()) worker.kill('the gateway was told to stop at once')
  }

  tellAll(message: Parameters<WorkerProcess['tell']>[0]): void {
    for (const worker of this.#alive()) worker.tell(message)
  }

  /**
   * Has every worker's measurements taken; resolves when all have answered or had their time. `scrape`: what is told since the last scrape
   * begins anew.
   */
  measure(scrape = true): Promise<void> {
    return settled(
      this.#alive().map(async (worker) => {
        const values = await worker.metrics(scrape, this.#deadlines.inform)
        this.#handOver(worker, () => this.#options.measured(worker.id, values))
      }),
    )
  }

  async status(): Promise<StatusWorker[]> {
    const places = [...this.#slots.map((slot) => [slot.worker, slot] as const), ...this.#starting]
    const restarts = new Map(places.map(([worker, slot]) => [worker, slot.restarts]))
    return Promise.all(
      this.#alive().map(async (worker) => ({
        pid: worker.pid,
        state: worker.state,
        started_at: worker.startedAt,
        snapshot: worker.snapshot,
        connections: await worker.connections(this.#deadlines.inform).catch(() => null),
        restarts: restarts.get(worker) ?? 0,
      })),
    )
  }

  /** Workers that accept connections now. */
  get servingCount(): number {
    return this.#slots.filter((slot) => slot.worker?.state === 'serving').length
  }

  /** Milliseconds for which healthy workers may not answer at all now, because they compile a large snapshot. */
  get busyFor(): number {
    return this.#busyFor
  }

  /** Every worker that may still answer somebody, those that drain included, and those that start. */
  get workers(): readonly WorkerProcess[] {
    return this.#alive()
  }

  #alive(): WorkerProcess[] {
    return [...this.#slots.flatMap((slot) => slot.worker ?? []), ...this.#starting.keys(), ...this.#leaving]
  }

  #setServing(serving: Serving): void {
    this.#serving = serving
    this.#shareLimits()
  }

  #shareLimits(): void {
    if (this.#serving === null) return
    this.#leases.configure(this.#serving.snapshot.settings.limits, this.#slots.length)
    this.tellAll({ kind: 'workers', count: this.#slots.length })
  }

  #addSlot(): Slot {
    const slot: Slot = { worker: null, backOff: new BackOff(this.#options.backOff), restarts: 0, timer: null }
    this.#slots.push(slot)
    return slot
  }

  /** Starts a worker and puts it into the slot once it accepts, in place of the one there; rejects when it does not come to that. */
  async #fill(slot: Slot): Promise<void> {
    const worker = new WorkerProcess(this.#options.fork(), {
      exited: (gone, code, signal) => this.#exited(slot, gone, code, signal),
      killed: (target, why) => this.#options.log('error', `killing worker ${target.pid}: ${why}`, { worker: target.pid }),
      measured: (source, values) => this.#handOver(source, () => this.#options.measured(source.id, values)),
      lease: (holder, key) => this.#leases.lease(holder, key),
      sighted: (message) => this.#options.sighted?.(message),
      leaseReturned: (holder, key, amount) => this.#leases.giveBack(holder, key, amount),
      statusWanted: this.#options.statusWanted,
    })
    this.#starting.set(worker, slot)
    try {
      await bringUp(worker, {
        serving: () => this.#serving,
        count: () => this.#slots.length,
        welcome: async (one) => this.#options.welcome?.(one),
        deadline: this.#deadlines.start,
      })
    } catch (error) {
      worker.kill(messageOf(error))
      throw error
    }
    this.#starting.delete(worker)
    const previous = slot.worker
    slot.worker = worker
    if (slot.timer !== null) clearTimeout(slot.timer)
    slot.timer = null
    if (previous !== null) this.#dismiss(previous)
    // The place was given up while its worker was starting.
    if (!this.#slots.includes(slot)) this.#vacate(slot)
  }

  /** As `fill`, for a pool that already serves: a failure starts the next attempt after the slot's back-off. */
  async #refill(slot: Slot): Promise<void> {
    const startedAt = Date.now()
    try {
      await this.#fill(slot)
      this.#options.log('info', `worker ${slot.worker?.pid} serves`, { worker: slot.worker?.pid })
    } catch (error) {
      this.#refillLater(slot, startedAt, `a new worker did not come up: ${messageOf(error)}`)
    }
  }

  #refillLater(slot: Slot, startedAt: number, what: string): void {
    if (this.#stopping || !this.#slots.includes(slot)) return
    const delay = slot.backOff.next(Date.now() - startedAt, this.servingCount === 0)
    slot.restarts++
    this.#options.log('warn', `${what}, starting another${delay === 0 ? '' : ` in ${delay} ms`}`, { delay_ms: delay })
    slot.timer = setTimeout(() => {
      slot.timer = null
      if (slot.worker !== null) return
      void this.#refill(slot)
    }, delay)
  }

  #vacate(slot: Slot): void {
    if (slot.timer !== null) clearTimeout(slot.timer)
    slot.timer = null
    if (slot.worker !== null) this.#dismiss(slot.worker)
    slot.worker = null
  }

  #dismiss(worker: WorkerProcess): void {
    const drain = this.#serving?.snapshot.settings.limits.drain ?? 0
    this.#leaving.add(worker)
    worker.drain(drain)
    if (drain === 0) return
    const timer = setTimeout(() => worker.kill(`it had not ended ${graceAfterDrain} ms after its drain deadline`), drain + graceAfterDrain)
    timer.unref()
  }

  /** Measurements of no use must not end control, nor keep the place of a dead worker empty, nor hide those of others. */
  #handOver(worker: WorkerProcess, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#options.log('error', `measurements of worker ${worker.pid} are lost: ${messageOf(error)}`, { worker: worker.pid, err: error })
    }
  }

  #exited(slot: Slot, worker: WorkerProcess, code: number | null, signal: string | null): void {
    this.#leases.forget(worker)
    this.#handOver(worker, () => this.#options.ended(worker.id))
    const wasLeaving = this.#leaving.delete(worker)
    if (this.#leaving.size === 0) this.#emptied?.()
    if (wasLeaving || this.#starting.delete(worker) || slot.worker !== worker) return
    slot.worker = null
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`
    this.#refillLater(slot, worker.startedAt, `worker ${worker.pid} ended ${how}`)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
