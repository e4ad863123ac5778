import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventLoopDelay } from '../../../src/observability/event-loop-delay.ts'

const HELD_UP = 200

/** Until the loop was sampled again after having been held up. */
async function holdUp(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50))
  const until = performance.now() + HELD_UP
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50))
}

test('what held up the loop is told until it is begun anew, and by each for itself', async (t) => {
  const [long, short] = [new EventLoopDelay(), new EventLoopDelay()]
  t.after(() => [long, short].map((delay) => delay.stop()))
  await holdUp()
  for (const delay of [long, short]) assert.ok(delay.percentile(99) > HELD_UP - 50, `${delay.percentile(99)}`)
  short.begin()
  assert.equal(short.percentile(99), 0)
  assert.ok(long.percentile(99) > HELD_UP - 50)
})

test('without a sample it is what the caller says, less the time between two', (t) => {
  const delay = new EventLoopDelay()
  t.after(() => delay.stop())
  assert.equal(delay.percentile(50), 0)
  assert.equal(delay.percentile(50, 300), 280)
})
