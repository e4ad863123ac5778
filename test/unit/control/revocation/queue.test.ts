import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchQueue } from '../../../../src/control/revocation/queue.ts'

test('a slow host takes its own places only, and hands them on', async () => {
  const queue = new FetchQueue()
  const gates = Array.from({ length: 7 }, () => Promise.withResolvers<void>())
  const started: number[] = []
  const slow = gates.map(({ promise }, index) =>
    queue.run('slow', 10_000, async () => {
      started.push(index)
      await promise
    }),
  )
  await Promise.resolve()
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5])
  assert.equal(await queue.run('quick', 1_000, async () => 'at once'), 'at once')
  gates[3]?.resolve()
  await slow[3]
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6])
  for (const gate of gates) gate.resolve()
  await Promise.all(slow)
})

test('a turn that does not come is given up, and so is one too many', async () => {
  const queue = new FetchQueue()
  const gate = Promise.withResolvers<void>()
  const running = Array.from({ length: 6 }, () => queue.run('slow', 10_000, () => gate.promise))
  await assert.rejects(
    queue.run('slow', 20, async () => assert.fail('it ran')),
    /its turn did not come within 20 ms/,
  )
  const waiting = Array.from({ length: 512 }, () => queue.run('slow', 10_000, async () => {}))
  await assert.rejects(
    queue.run('slow', 10_000, async () => {}),
    /too much is being fetched already/,
  )
  gate.resolve()
  await Promise.all([...running, ...waiting])
})

test('a failure gives its place back', async () => {
  const queue = new FetchQueue()
  for (let round = 0; round < 50; round++)
    await assert.rejects(
      queue.run('a', 100, () => Promise.reject(new Error('no'))),
      /no/,
    )
  assert.equal(await queue.run('a', 100, async () => 1), 1)
})
