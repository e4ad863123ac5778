import assert from 'node:assert/strict'
import { stat } from 'node:fs'
import { test } from 'node:test'
import { setImmediate as nextImmediate } from 'node:timers/promises'
import type { Serving } from '../../../../src/control/workers/process.ts'
import { isOf, pool, serving } from '../../../support/fake-pool.ts'

test('an unchanged socket is not sent again, a changed one is', async () => {
  const { made, workers } = pool()
  await made.start(1, serving(1))
  await made.apply(serving(2), false)
  await made.apply(serving(3, [['main', '2/tls']]), false)
  assert.deepEqual(workers[0]?.kinds(), ['prepare', 'commit', 'listen', 'prepare', 'commit', 'prepare', 'commit', 'listen'])
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
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  await applied
  assert.deepEqual(
    workers.map(({ ended }) => ended),
    [false, false],
  )
})

test('a worker that could not be told while control was busy has its time after that', async () => {
  const { made, workers } = pool((worker, message) => {
    if (!isOf(message, 'prepare', 2)) return undefined
    // What is read from the system when control turns again is answered a little later.
    stat('.', () => setTimeout(() => workers[worker]?.emit('message', { kind: 'prepared', snapshot: 2 }), 10))
    return null
  })
  await made.start(2, serving(1))
  await nextImmediate()
  const applied = made.apply(serving(2), true)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
  await applied
  assert.deepEqual(
    workers.map(({ ended }) => ended),
    [false, false],
  )
})

test('a worker that breaks the protocol is killed', async () => {
  const { made, workers, until } = pool()
  await made.start(1, serving(1))
  workers[0]?.emit('message', { kind: 'applied', snapshot: 'all' })
  await until(() => workers.length === 2 && made.servingCount === 1)
  assert.ok(workers[0]?.ended)
})
