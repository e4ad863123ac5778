import type { SendHandle } from 'node:child_process'
import type { Worker } from 'node:cluster'
import type {
  FromWorker,
  LeaseKey,
  Openings,
  RegistryMessage,
  SightingMessage,
  Snapshot,
  StatusesMessage,
  ToWorker,
} from '../../ipc/messages.ts'
import { readFromWorker } from '../../ipc/validate.ts'
import type { StatusQuestion } from '../../tls/status-types.ts'

/** What all workers are to serve: a snapshot and, per listener, the socket to serve it on. */
export interface Serving {
  readonly snapshot: Snapshot
  readonly openings: Openings
  readonly handles: ReadonlyMap<string, SendHandle>
}

/** The worker ended, or was ended, before it answered: its replacement starts with what is in force then. */
export class WorkerGoneError extends Error {}

/** The worker is alive and said no: the same would happen in every other worker. */
export class WorkerRefusedError extends Error {
  /** Set where a socket could not be listened on: which listener, and the system's error code. */
  readonly listener: string | null
  readonly code: string | null

  constructor(message: string, listener: string | null = null, code: string | null = null) {
    super(message)
    this.listener = listener
    this.code = code
  }
}

/** Resolves when all are settled; rejects with the first reason that is not a worker's end: nothing is wanted of one that has ended. */
export async function settled(asked: Iterable<Promise<unknown>>): Promise<void> {
  for (const outcome of await Promise.allSettled(asked)) {
    if (outcome.status === 'rejected' && !(outcome.reason instanceof WorkerGoneError)) throw outcome.reason
  }
}

interface Waiting {
  resolve(message: FromWorker): void
  reject(error: Error): void
  timer: NodeJS.Timeout
}

/** Milliseconds by which a timer is late where control was busy with something else, and workers waited for what it has for them. */
const STOOD_STILL = 100

/** Told of a status that a worker needs and does not know. */
export type StatusWanted = (worker: WorkerProcess, question: StatusQuestion) => void

export interface WorkerEvents {
  exited(worker: WorkerProcess, code: number | null, signal: string | null): void
  /** It asks for room beyond its share of the connection limits; the amount granted is the answer. */
  lease(worker: WorkerProcess, key: LeaseKey): number
  /** What it measured, sent unasked before it ends. */
  measured(worker: WorkerProcess, values: unknown): void
  leaseReturned(worker: WorkerProcess, key: LeaseKey, amount: number): void
  /** What it learned from certificates in handshakes. */
  sighted(message: SightingMessage): void
  readonly statusWanted?: StatusWanted | undefined
  /** It broke the protocol or missed a deadline and was killed. */
  killed(worker: WorkerProcess, why: string): void
}

/** One worker as control sees it: what it was told, what it answered, and by when it must. */
export class WorkerProcess {
  readonly startedAt = Date.now()
  /** `starting` accepts nothing yet; `serving` has answered everything; `leaving` was told to drain. */
  state: 'starting' | 'serving' | 'leaving' = 'starting'
  /** It was sent the registry once, and so follows its changes. */
  followsRegistry = false
  readonly #worker: Worker
  readonly #events: WorkerEvents
  readonly #waiting = new Map<string, Waiting>()
  /** Listeners it accepts on or was told to, and the opening of each. */
  readonly #open = new Map<string, string>()
  /** The snapshot last acknowledged. */
  #inForce: Snapshot | null = null
  #prepared: Snapshot | null = null
  #gone = false
  #killed = false
  #asked = 0

  constructor(worker: Worker, events: WorkerEvents) {
    this.#worker = worker
    this.#events = events
    worker.on('message', (message: unknown) => this.#receive(message))
    worker.on('exit', (code: number | null, signal: string | null) => this.#exited(code, signal))
    worker.on('error', () => {})
  }

  /** Never used again for another worker, as a pid may be. */
  get id(): number {
    return this.#worker.id
  }

  /** Number of the snapshot last acknowledged; 0 before the first. */
  get snapshot(): number {
    return this.#inForce?.number ?? 0
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0
  }

  /** Resolves once its program runs; rejects with WorkerGoneError. */
  async ready(deadline: number): Promise<void> {
    await this.#answer('ready', deadline, null)
  }

  /** Has a snapshot built beside the one in force there; rejects with WorkerRefusedError where it cannot be. */
  async prepare({ snapshot, openings }: Serving, deadline: number): Promise<void> {
    const { mapping, users } = snapshot
    const update = {
      ...snapshot,
      mapping: mapping === this.#inForce?.mapping ? null : mapping,
      users: users === this.#inForce?.users ? null : users,
    }
    await this.#answer(`prepared ${snapshot.number}`, deadline, { kind: 'prepare', snapshot: update, openings })
    this.#prepared = snapshot
  }

  hasPrepared({ snapshot }: Serving): boolean {
    return this.#prepared === snapshot
  }

  /** Puts what was prepared in force; a worker that has not done so after `deadline` milliseconds is killed. */
  async commit({ snapshot, openings }: Serving, deadline: number): Promise<void> {
    await this.#answer(`applied ${snapshot.number}`, deadline, { kind: 'commit', snapshot: snapshot.number })
    this.#inForce = snapshot
    this.#prepared = null
    for (const name of [...this.#open.keys()]) if (!openings.has(name)) this.#open.delete(name)
  }

  /** Hands over the sockets that it does not accept on yet; rejects with WorkerRefusedError where it cannot. */
  async open(serving: Serving, deadline: number): Promise<void> {
    const missing = [...serving.openings].filter(([name, opening]) => this.#open.get(name) !== opening)
    await Promise.all(
      missing.map(async ([listener, opening]) => {
        const handle = serving.handles.get(listener)
        this.#open.set(listener, opening)
        try {
          await this.#answer(`listening ${listener} ${opening}`, deadline, { kind: 'listen', listener, opening }, handle)
        } catch (error) {
          this.#open.delete(listener)
          throw error
        }
      }),
    )
  }

  /** Brings it the registry, or what changed in it; resolves with why something is missing there, null where nothing is. */
  async takeRegistry(message: RegistryNews, deadline: number): Promise<string | null> {
    const id = ++this.#asked
    const answer = await this.#answer(`registry ${id}`, deadline, { ...message, id })
    return answer.kind === 'registry' ? answer.gap : null
  }

  /** Has it take up what was found out about certificates; one that has not done so after `deadline` milliseconds is killed. */
  async takeStatuses(message: StatusesMessage, deadline: number): Promise<void> {
    await this.#answer(`statuses ${message.number}`, deadline, message)
  }

  async metrics(scrape: boolean, deadline: number): Promise<unknown> {
    const id = ++this.#asked
    const answer = await this.#answer(`metrics ${id}`, deadline, { kind: 'metrics', id, scrape }, undefined, false)
    return answer.kind === 'metrics' ? answer.values : null
  }

  /** Number of open connections. */
  async connections(deadline: number): Promise<number> {
    const id = ++this.#asked
    const answer = await this.#answer(`status ${id}`, deadline, { kind: 'status', id }, undefined, false)
    return answer.kind === 'status' ? answer.open : 0
  }

  /** Tells without expecting an answer; a worker that is gone hears nothing. */
  tell(message: ToWorker, handle?: SendHandle): void {
    if (this.#gone || !this.#worker.isConnected()) return
    // The exit event tells what happened to a worker whose channel broke; the write error would only tell it twice.
    this.#worker.send(message, handle, () => {})
  }

  /** It stops accepting, finishes what runs within `deadline` milliseconds, and exits. */
  drain(deadline: number): void {
    this.state = 'leaving'
    this.tell({ kind: 'drain', deadline })
  }

  kill(why: string): void {
    if (this.#gone || this.#killed) return
    this.#killed = true
    this.#events.killed(this, why)
    this.#worker.process.kill('SIGKILL')
  }

  #answer(key: string, deadline: number, message: ToWorker | null, handle?: SendHandle, fatal = true): Promise<FromWorker> {
    if (this.#gone) return Promise.reject(new WorkerGoneError(`worker ${this.pid} has ended`))
    return new Promise((resolve, reject) => {
      const wait = (): NodeJS.Timeout => {
        const due = performance.now() + deadline
        return setTimeout(() => setImmediate(late, performance.now() - due), deadline)
      }
      const waiting: Waiting = { resolve, reject, timer: wait() }
      // What came while control itself was busy is read before this runs. `missed`: milliseconds in which it did not even tell: those count for nothing.
      const late = (missed: number) => {
        if (this.#waiting.get(key) !== waiting) return
        if (missed > STOOD_STILL) {
          waiting.timer = wait()
          return
        }
        this.#waiting.delete(key)
        const why = `no answer within ${Math.round(deadline)} ms (${key.split(' ')[0]})`
        if (fatal) this.kill(why)
        reject(new WorkerGoneError(`worker ${this.pid}: ${why}`))
      }
      this.#waiting.set(key, waiting)
      if (message !== null) this.tell(message, handle)
    })
  }

  #receive(raw: unknown): void {
    const message = readFromWorker(raw)
    if (message === null) this.kill('it sent a message that is not in the protocol')
    else if (message.kind === 'lease') {
      const { listener, address } = message
      this.tell({ kind: 'leased', listener, address, granted: this.#events.lease(this, message) })
    } else if (message.kind === 'metrics' && message.id === 0) this.#events.measured(this, message.values)
    else if (message.kind === 'seen' || message.kind === 'renewal') this.#events.sighted(message)
    else if (message.kind === 'lease_return') this.#events.leaseReturned(this, message, message.amount)
    else if (message.kind === 'status_wanted') this.#events.statusWanted?.(this, message.question)
    else if (message.kind === 'rejected') {
      const waiting = this.#settle(`prepared ${message.snapshot}`) ?? this.#settle(`applied ${message.snapshot}`)
      waiting?.reject(new WorkerRefusedError(message.message))
    } else if (message.kind === 'listen_failed') {
      const error = new WorkerRefusedError(message.message, message.listener, message.code)
      this.#settle(`listening ${message.listener} ${message.opening}`)?.reject(error)
    } else this.#settle(keyOf(message))?.resolve(message)
  }

  #settle(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key)
    this.#waiting.delete(key)
    if (waiting !== undefined) clearTimeout(waiting.timer)
    return waiting
  }

  #exited(code: number | null, signal: string | null): void {
    this.#gone = true
    for (const key of [...this.#waiting.keys()]) this.#settle(key)?.reject(new WorkerGoneError(`worker ${this.pid} has ended`))
    this.#events.exited(this, code, signal)
  }
}

type Unnumbered<M> = M extends unknown ? Omit<M, 'id'> : never
/** A message that gets its number where it is sent. */
export type RegistryNews = Unnumbered<RegistryMessage>

type Plain = Exclude<
  FromWorker,
  SightingMessage | { readonly kind: 'lease' | 'lease_return' | 'rejected' | 'listen_failed' | 'status_wanted' }
>

function keyOf(message: Plain): string {
  switch (message.kind) {
    case 'ready':
      return 'ready'
    case 'prepared':
    case 'applied':
      return `${message.kind} ${message.snapshot}`
    case 'listening':
      return `listening ${message.listener} ${message.opening}`
    case 'statuses_taken':
      return `statuses ${message.number}`
    case 'metrics':
    case 'status':
    case 'registry':
      return `${message.kind} ${message.id}`
  }
}
