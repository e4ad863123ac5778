import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PasswordQueue } from '../../../../src/gateway/authentication/password-queue.ts'

function gate() {
  const started: number[] = []
  const open: (() => void)[] = []
  const job = (index: number) => () => {
    started.push(index)
    const { promise, resolve } = Promise.withResolvers<number>()
    open[index] = () => resolve(index)
    return promise
  }
  return { started, open, job }
}

test('a few run, a few wait in order, and the rest is turned away', async () => {
  const queue = new PasswordQueue(2, 2)
  const { started, open, job } = gate()
  const running = [0, 1, 2, 3].map((index) => queue.run(job(index)))
  assert.equal(queue.run(job(4)), null)
  assert.deepEqual(started, [0, 1])
  open[1]?.()
  assert.equal(await running[1], 1)
  await new Promise(setImmediate)
  assert.deepEqual(started, [0, 1, 2])
  assert.notEqual(queue.run(job(5)), null)
  assert.equal(queue.run(job(6)), null)
})

test('a job that fails gives its place back', async () => {
  const queue = new PasswordQueue(1, 1)
  await assert.rejects(queue.run(() => Promise.reject(new Error('no'))) as Promise<never>, /no/)
  await new Promise(setImmediate)
  assert.equal(await queue.run(() => Promise.resolve(7)), 7)
})
