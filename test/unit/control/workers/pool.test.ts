import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOf, pool, serving } from '../../../support/fake-pool.ts'

test('workers get the snapshot first and the sockets when they have it', async () => {
  const { made, workers } = pool()
  await made.start(2, serving(1))
  assert.equal(made.servingCount, 2)
  for (const worker of workers) assert.deepEqual(worker.kinds(), ['prepare', 'commit', 'listen'])
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

for (const [served, count, delays] of [
  ['ever more slowly while another one serves', 2, ['0', '1', '2', '4', '4']],
  ['soon again while nobody serves', 1, ['0', '1', '2', '2', '2']],
] as const) {
  test(`a worker that crashes again and again is started ${served}`, async () => {
    const { made, workers, lines, until } = pool((worker, message) => {
      if (worker >= count && worker < count + 4 && message.kind === 'prepare') workers[worker]?.end(1, null)
      return undefined
    })
    await made.start(count, serving(1))
    workers[0]?.end(1, null)
    await until(() => workers.length === count + 5 && made.servingCount === count)
    assert.deepEqual(
      lines.filter((line) => line.includes('starting another')).map((line) => /in (\d+) ms/.exec(line)?.[1] ?? '0'),
      delays,
    )
  })
}

for (const [step, word] of [
  ['prepare', 'prepared'],
  ['commit', 'applied'],
] as const) {
  test(`a worker that does not answer the ${step} of a change of trust in time is killed and replaced`, async () => {
    const { made, workers, lines, until } = pool((worker, message) => (worker === 0 && isOf(message, step, 2) ? null : undefined))
    await made.start(2, serving(1))
    const since = performance.now()
    await made.apply(serving(2), true)
    assert.ok(performance.now() - since < 2_000, 'it was not waited for as for any other change')
    assert.ok(workers[0]?.ended)
    assert.match(lines.join('\n'), new RegExp(`killing worker 1000: no answer within (1[5-9]\\d|200) ms \\(${word}\\)`))
    assert.equal(workers[1]?.ended, false)
    await until(() => made.servingCount === 2)
    assert.deepEqual(
      (await made.status()).map(({ snapshot }) => snapshot),
      [2, 2],
    )
  })
}

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

test('measurements that cannot be taken are logged, and cost no others', async () => {
  const taken: number[] = []
  const { made, workers, lines } = pool(undefined, {
    measured: (id) => {
      if (id === 1_000) throw new TypeError('of another shape')
      taken.push(id)
    },
  })
  await made.start(2, serving(1))
  await made.measure()
  assert.deepEqual(taken, [1_001])
  assert.deepEqual(lines, ['measurements of worker 1000 are lost: of another shape'])
  assert.deepEqual(
    workers.map(({ ended }) => ended),
    [false, false],
  )
})

test('measurements that nobody asked for and that cannot be taken are logged, and their worker is replaced like any other', async () => {
  const { made, workers, lines, until } = pool(undefined, {
    measured: () => {
      throw new TypeError('of another shape')
    },
    ended: () => {
      throw new TypeError('not to be added up')
    },
  })
  await made.start(1, serving(1))
  workers[0]?.emit('message', { kind: 'metrics', id: 0, values: 'odd' })
  workers[0]?.end(0, null)
  await until(() => workers.length === 2 && made.servingCount === 1)
  assert.deepEqual(lines.slice(0, 2), [
    'measurements of worker 1000 are lost: of another shape',
    'measurements of worker 1000 are lost: not to be added up',
  ])
})
