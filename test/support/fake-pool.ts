import type { SendHandle } from 'node:child_process'
import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { type PoolOptions, WorkerPool } from '../../src/control/workers/pool.ts'
import type { Serving } from '../../src/control/workers/process.ts'
import type { FromWorker, Snapshot, ToWorker } from '../../src/ipc/messages.ts'

/** Plays a worker process: answers what it is sent unless `behaviour` says otherwise. */
export class FakeWorker extends EventEmitter {
  readonly received: ToWorker[] = []
  readonly id: number
  readonly process: { pid: number; kill: (signal: string) => void }
  readonly behaviour: (message: ToWorker) => FromWorker | null | undefined
  ended = false

  constructor(pid: number, behaviour: (message: ToWorker) => FromWorker | null | undefined) {
    super()
    this.behaviour = behaviour
    this.id = pid
    this.process = { pid, kill: (signal) => this.end(null, signal) }
    queueMicrotask(() => this.emit('message', { kind: 'ready' }))
  }

  isConnected() {
    return !this.ended
  }

  send(message: ToWorker) {
    this.received.push(message)
    const special = this.behaviour(message)
    const answer = special === undefined ? this.#answer(message) : special
    if (answer !== null) queueMicrotask(() => this.emit('message', answer))
  }

  end(code: number | null, signal: string | null) {
    if (this.ended) return
    this.ended = true
    queueMicrotask(() => this.emit('exit', code, signal))
  }

  kinds() {
    return this.received.map((message) => message.kind).filter((kind) => kind !== 'workers')
  }

  #answer(message: ToWorker): FromWorker | null {
    switch (message.kind) {
      case 'prepare':
        return { kind: 'prepared', snapshot: message.snapshot.number }
      case 'commit':
        return { kind: 'applied', snapshot: message.snapshot }
      case 'listen':
        return { ...message, kind: 'listening' }
      case 'status':
        return { kind: 'status', id: message.id, open: 7 }
      case 'registry_base':
      case 'registry_delta': {
        const { epoch, version } = message.kind === 'registry_base' ? message : message.delta
        return { kind: 'registry', id: message.id, epoch, version, gap: null }
      }
      case 'metrics':
        return { kind: 'metrics', id: message.id, values: this.process.pid }
      case 'drain':
        this.end(0, null)
        return null
      default:
        return null
    }
  }
}

type Behaviour = (worker: number, message: ToWorker) => FromWorker | null | undefined

/** A pool of fake workers, and what it made of them. `until` polls, for what a timer of the pool brings about. */
export function pool(behaviour: Behaviour = () => undefined, options: Partial<PoolOptions> = {}) {
  const workers: FakeWorker[] = []
  const lines: string[] = []
  const measured = new Map<number, unknown>()
  const ended: number[] = []
  const made = new WorkerPool({
    fork: () => {
      const index = workers.length
      const worker = new FakeWorker(1_000 + index, (message) => behaviour(index, message))
      workers.push(worker)
      return worker as unknown as Worker
    },
    measured: (id, values) => measured.set(id, values),
    ended: (id) => ended.push(id),
    log: (_level, message) => lines.push(message),
    deadlines: { trust: 200, change: 2_000, start: 2_000, inform: 40 },
    backOff: { first: 1, most: 4, mostAlone: 2, stable: 60_000 },
    ...options,
  })
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => setTimeout(resolve, 1))
  }
  return { made, workers, lines, measured, ended, until }
}

const noMapping: Snapshot['mapping'] = { file: '', entries: [] }
const nobody: Snapshot['users'] = []

/** What workers are to serve; the openings are those of its listeners. */
export const serving = (number: number, openings: readonly [string, string][] = [['main', '1/tls']]): Serving => ({
  snapshot: {
    number,
    settings: { limits: { drain: 50, connections: 0, connectionsPerAddress: 0 } } as Snapshot['settings'],
    mapping: noMapping,
    users: nobody,
    listeners: new Map(),
    upstreams: new Map(),
  },
  openings: new Map(openings),
  handles: new Map(openings.map(([name]) => [name, {} as SendHandle])),
})

/** Whether a message is this step of taking up this snapshot. */
export const isOf = (message: ToWorker, kind: 'prepare' | 'commit', number: number) =>
  message.kind === kind && (message.kind === 'prepare' ? message.snapshot.number : message.snapshot) === number
