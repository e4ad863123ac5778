import assert from 'node:assert/strict'
import type { SendHandle } from 'node:child_process'
import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { stat } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as nextImmediate } from 'node:timers/promises'
import { WorkerPool } from '../../../src/control/worker-pool.ts'
import type { Serving } from '../../../src/control/worker-process.ts'
import type { FromWorker, Snapshot, ToWorker } from '../../../src/ipc/messages.ts'

/** Plays a worker process: answers what it is sent unless `behaviour` says otherwise. */
class FakeWorker extends EventEmitter {
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

function pool(behaviour: Behaviour = () => undefined) {
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
    deadlines: { trust: 40, change: 400, start: 400, inform: 40 },
    backOff: { first: 1, most: 4, stable: 60_000 },
  })
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => setTimeout(resolve, 1))
  }
  return { made, workers, lines, measured, ended, until }
}

const noMapping: Snapshot['mapping'] = { file: '', entries: [] }
const nobody: Snapshot['users'] = []

const serving = (number: number, openings: readonly [string, string][] = [['main', '1/tls']]): Serving => ({
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

test('workers get the snapshot first and the sockets when they have it', async () => {
  const { made, workers } = pool()
  await made.start(2, serving(1))
  assert.equal(made.servingCount, 2)
  for (const worker of workers) assert.deepEqual(worker.kinds(), ['prepare', 'commit', 'listen'])
})

test('an unchanged socket is not sent again, a changed one is', async () => {
  const { made, workers } = pool()
  await made.start(1, serving(1))
  await made.apply(serving(2), false)
  await made.apply(serving(3, [['main', '2/tls']]), false)
  assert.deepEqual(workers[0]?.kinds(), ['prepare', 'commit', 'listen', 'prepare', 'commit', 'prepare', 'commit', 'listen'])
})

test('a worker that does not come up makes the start fail', async () => {
  const { made, workers } = pool((worker, message) => {
    if (worker === 1 && message.kind === 'prepare') workers[1]?.end(70, null)
    return undefined
  })
  await assert.rejects(made.start(2, serving(1)), /worker 1001 has ended/)
  assert.equal(workers.length, 2, 'no further attempts')
})

test('a listener that cannot be opened makes the start fail with its name and code', async () => {
  const { made } = pool((_worker, message) =>
    message.kind === 'listen' ? { ...message, kind: 'listen_failed', code: 'EADDRINUSE', message: 'in use' } : undefined,
  )
  await assert.rejects(made.start(1, serving(1)), { listener: 'main', code: 'EADDRINUSE' })
})

test('a dead worker is replaced and its successor gets what is in force', async () => {
  const { made, workers, until } = pool()
  await made.start(2, serving(1))
  await made.apply(serving(2), false)
  workers[0]?.end(null, 'SIGKILL')
  await until(() => workers.length === 3 && made.servingCount === 2)
  assert.deepEqual(
    workers[2]?.received.flatMap((message) => (message.kind === 'commit' ? [message.snapshot] : [])),
    [2],
  )
  assert.deepEqual(
    (await made.status()).map(({ pid, restarts, connections }) => [pid, restarts, connections]),
    [
      [1_002, 1, 7],
      [1_001, 0, 7],
    ],
  )
})

test('a worker that takes up the place of a dead one counts as its successor before it accepts', async () => {
  const held: (() => void)[] = []
  const { made, workers, until } = pool((worker, message) => {
    if (worker !== 1 || message.kind !== 'listen') return undefined
    held.push(() => workers[1]?.emit('message', { ...message, kind: 'listening' }))
    return null
  })
  await made.start(1, serving(1))
  workers[0]?.end(null, 'SIGKILL')
  await until(() => held.length === 1)
  const told = async () => (await made.status()).map(({ pid, restarts }) => [pid, restarts])
  assert.deepEqual(await told(), [[1_001, 1]])
  held[0]?.()
  await until(() => made.servingCount === 1)
  assert.deepEqual(await told(), [[1_001, 1]])
})

test('a worker that crashes again and again is started ever more slowly', async () => {
  const { made, workers, lines, until } = pool((worker, message) => {
    if (worker > 0 && worker < 5 && message.kind === 'prepare') workers[worker]?.end(1, null)
    return undefined
  })
  await made.start(1, serving(1))
  workers[0]?.end(1, null)
  await until(() => workers.length === 6 && made.servingCount === 1)
  assert.deepEqual(
    lines.filter((line) => line.includes('starting another')).map((line) => /in (\d+) ms/.exec(line)?.[1] ?? '0'),
    ['0', '1', '2', '4', '4'],
  )
})

const isOf = (message: ToWorker, kind: 'prepare' | 'commit', number: number) =>
  message.kind === kind && (message.kind === 'prepare' ? message.snapshot.number : message.snapshot) === number

for (const [step, word] of [
  ['prepare', 'prepared'],
  ['commit', 'applied'],
] as const) {
  test(`a worker that does not answer the ${step} of a change of trust in time is killed and replaced`, async () => {
    const { made, workers, lines, until } = pool((worker, message) => (worker === 0 && isOf(message, step, 2) ? null : undefined))
    await made.start(2, serving(1))
    const since = performance.now()
    await made.apply(serving(2), true)
    assert.ok(performance.now() - since < 400, 'it was not waited for as for any other change')
    assert.ok(workers[0]?.ended)
    assert.match(lines.join('\n'), new RegExp(`killing worker 1000: no answer within (3\\d|40) ms \\(${word}\\)`))
    assert.equal(workers[1]?.ended, false)
    await until(() => made.servingCount === 2)
    assert.deepEqual(
      (await made.status()).map(({ snapshot }) => snapshot),
      [2, 2],
    )
  })
}

test('any other change is waited for longer', async () => {
  const { made, workers } = pool((worker, message) => {
    if (worker !== 0 || !isOf(message, 'prepare', 2)) return undefined
    setTimeout(() => workers[0]?.emit('message', { kind: 'prepared', snapshot: 2 }), 60)
    return null
  })
  await made.start(2, serving(1))
  await made.apply(serving(2), false)
  assert.deepEqual(
    workers.map(({ ended }) => ended),
    [false, false],
  )
})

test('an answer that came while control was busy counts', async () => {
  const { made, workers } = pool((worker, message) => {
    if (!isOf(message, 'prepare', 2)) return undefined
    // Read from the system, as messages are.
    stat('.', () => workers[worker]?.emit('message', { kind: 'prepared', snapshot: 2 }))
    return null
  })
  await made.start(2, serving(1))
  await nextImmediate()
  const applied = made.apply(serving(2), true)
  // After an immediate come the timers that are due, and only then what can be read.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
  await applied
  assert.deepEqual(
    workers.map(({ ended }) => ended),
    [false, false],
  )
})

test('where one worker cannot build a snapshot, none takes it up', async () => {
  const { made, workers } = pool((worker, message) =>
    worker === 1 && message.kind === 'prepare' && message.snapshot.number === 2
      ? { kind: 'rejected', snapshot: 2, message: 'no memory' }
      : undefined,
  )
  await made.start(2, serving(1))
  await assert.rejects(made.apply(serving(2), false), { message: 'no memory' })
  assert.deepEqual(
    (await made.status()).map(({ snapshot }) => snapshot),
    [1, 1],
  )
  assert.ok(workers.every((worker) => !worker.ended && worker.kinds().filter((kind) => kind === 'commit').length === 1))
})

test('where one worker cannot listen, all go back', async () => {
  const { made, workers } = pool((worker, message) =>
    worker === 1 && message.kind === 'listen' && message.opening === '2/tls'
      ? { ...message, kind: 'listen_failed', code: 'EADDRINUSE', message: 'in use' }
      : undefined,
  )
  await made.start(2, serving(1))
  await assert.rejects(made.apply(serving(2, [['main', '2/tls']]), false), { code: 'EADDRINUSE' })
  assert.deepEqual(
    (await made.status()).map(({ snapshot }) => snapshot),
    [1, 1],
  )
  assert.deepEqual(workers[0]?.received.filter(({ kind }) => kind === 'listen').at(-1), {
    kind: 'listen',
    listener: 'main',
    opening: '1/tls',
  })
})

test('what is large and unchanged is not sent again', async () => {
  const { made, workers } = pool()
  const mapping = { file: '', entries: [] }
  const users: never[] = []
  const withParts = (number: number, parts: object) =>
    ({ ...serving(number), snapshot: { ...serving(number).snapshot, ...parts } }) as Serving
  await made.start(1, withParts(1, { mapping, users }))
  await made.apply(withParts(2, { mapping, users: [] }), false)
  const sent = workers[0]?.received.flatMap((message) => (message.kind === 'prepare' ? [message.snapshot] : [])) ?? []
  assert.deepEqual(
    sent.map((snapshot) => [snapshot.mapping, snapshot.users]),
    [
      [mapping, users],
      [null, []],
    ],
  )
})

test('a worker that starts during a change takes up the new snapshot before it accepts', async () => {
  const held: (() => void)[] = []
  const { made, workers, until } = pool((worker, message) => {
    if (worker !== 1 || message.kind !== 'commit' || message.snapshot !== 1) return undefined
    held.push(() => workers[1]?.emit('message', { kind: 'applied', snapshot: 1 }))
    return null
  })
  await made.start(1, serving(1))
  workers[0]?.end(null, 'SIGKILL')
  await until(() => held.length === 1)
  await made.apply(serving(2), true)
  held[0]?.()
  await until(() => made.servingCount === 1)
  assert.deepEqual(workers[1]?.kinds(), ['prepare', 'commit', 'prepare', 'commit', 'listen'])
})

test('a worker that comes to serve while the others prepare is prepared before it swaps', async () => {
  const held: (() => void)[] = []
  const { made, workers, until } = pool((worker, message) => {
    if (worker === 0 && message.kind === 'prepare' && message.snapshot.number === 2) {
      held.push(() => workers[0]?.emit('message', { kind: 'prepared', snapshot: 2 }))
      return null
    }
    return undefined
  })
  await made.start(2, serving(1))
  workers[1]?.end(null, 'SIGKILL')
  const applied = made.apply(serving(2), true)
  await until(() => workers.length === 3 && made.servingCount === 2)
  held[0]?.()
  await applied
  assert.deepEqual(workers[2]?.kinds(), ['prepare', 'commit', 'listen', 'prepare', 'commit'])
  assert.deepEqual(
    (await made.status()).map(({ snapshot }) => snapshot),
    [2, 2],
  )
})

test('more workers are started, surplus ones drain', async () => {
  const { made, workers } = pool()
  await made.start(1, serving(1))
  await made.resize(3)
  assert.equal(made.servingCount, 3)
  await made.resize(1)
  assert.deepEqual(
    workers.map((worker) => worker.kinds().includes('drain')),
    [false, true, true],
  )
  assert.equal(made.servingCount, 1)
})

test('replacing all drains each worker only when its successor accepts', async () => {
  const { made, workers } = pool((worker, message) => {
    if (message.kind === 'drain') assert.ok(workers[worker + 2]?.kinds().includes('listen'))
    return undefined
  })
  await made.start(2, serving(1))
  await made.replaceAll()
  assert.equal(workers.length, 4)
  assert.deepEqual(
    (await made.status()).map(({ pid }) => pid),
    [1_002, 1_003],
  )
})

test('stopping drains every worker, starts none, and ends when the last has ended', async () => {
  const { made, workers } = pool((worker, message) => (worker === 1 && message.kind === 'drain' ? null : undefined))
  await made.start(2, serving(1))
  let stopped = false
  const stopping = made.stop().then(() => {
    stopped = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(stopped, false)
  workers[1]?.end(0, null)
  await stopping
  assert.equal(workers.length, 2)
})

test('a worker that breaks the protocol is killed', async () => {
  const { made, workers, until } = pool()
  await made.start(1, serving(1))
  workers[0]?.emit('message', { kind: 'applied', snapshot: 'all' })
  await until(() => workers.length === 2 && made.servingCount === 1)
  assert.ok(workers[0]?.ended)
})

test('measurements come from those that answer, and from those that end', async () => {
  const { made, workers, measured, ended } = pool((worker, message) => (worker === 0 && message.kind === 'metrics' ? null : undefined))
  await made.start(2, serving(1))
  await made.measure()
  assert.deepEqual([...measured], [[1_001, 1_001]])
  assert.equal(workers[0]?.ended, false)
  workers[0]?.emit('message', { kind: 'metrics', id: 0, values: 'last' })
  await made.stop()
  assert.equal(measured.get(1_000), 'last')
  assert.deepEqual(ended.sort(), [1_000, 1_001])
})
