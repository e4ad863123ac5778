import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OneAtATime } from '../../../src/control/one-at-a-time.ts'

function gated() {
  const runs: string[] = []
  const gates: (() => void)[] = []
  const queue = new OneAtATime<string, string>(
    async (name) => {
      runs.push(name)
      await new Promise<void>((resolve) => gates.push(resolve))
      if (name === 'bad') throw new Error('bad')
      return name
    },
    (earlier, later) => `${earlier}+${later}`,
  )
  return { runs, queue, open: () => gates.shift()?.() }
}

test('those who ask during a run share one later run', async () => {
  const { runs, queue, open } = gated()
  const first = queue.run('a')
  const later = [queue.run('b'), queue.run('c')]
  assert.deepEqual(runs, ['a'])
  open()
  assert.equal(await first, 'a')
  await Promise.resolve()
  open()
  assert.deepEqual(await Promise.all(later), ['b+c', 'b+c'])
  assert.deepEqual(runs, ['a', 'b+c'])
})

test('a run that fails does not stop the next', async () => {
  const { queue, open } = gated()
  const first = queue.run('bad')
  const second = queue.run('b')
  open()
  await assert.rejects(first, /bad/)
  await Promise.resolve()
  open()
  assert.equal(await second, 'b')
})
