import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOf, pool, serving } from '../../../support/fake-pool.ts'

test('any other change is waited for longer', async () => {
  const { made, workers } = pool((worker, message) => {
    if (worker !== 0 || !isOf(message, 'prepare', 2)) return undefined
    setTimeout(() => workers[0]?.emit('message', { kind: 'prepared', snapshot: 2 }), 300)
    return null
  })
  await made.start(2, serving(1))
  await made.apply(serving(2), false)
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
