import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminProblem } from '../../../src/admin/problem.ts'
import { UnderWay } from '../../../src/admin/under-way.ts'
import { AT_SOCKET } from '../../support/administered-files.ts'

/** Answers that end when they are told to. */
function answers() {
  const underWay = new UnderWay()
  const ends: (() => void)[] = []
  const begin = (caller = AT_SOCKET) => underWay.run(caller, () => new Promise<string>((resolve) => ends.push(() => resolve('done'))))
  const refused = (caller = AT_SOCKET) =>
    underWay
      .run(caller, async () => 'answered')
      .then(
        (answer) => answer,
        ({ status, reason, retryAfter }: AdminProblem) => `${status} ${reason} ${retryAfter}`,
      )
  return { underWay, ends, begin, refused }
}

const callers = Array.from({ length: 5 }, (_, index) => ({
  ...AT_SOCKET,
  actor: { name: `caller ${index}`, fingerprint: `${index}`.repeat(64) },
}))

test('one caller has four at most, and others are not in their way', async () => {
  const { ends, begin, refused } = answers()
  const [alice, bob] = callers
  const running = Array.from({ length: 4 }, () => begin(alice))
  assert.equal(await refused(alice), '429 too_many_requests 2')
  assert.equal(await refused(bob), 'answered')
  assert.equal(await refused(), 'answered')
  ends.shift()?.()
  assert.equal(await running[0], 'done')
  assert.equal(await refused(alice), 'answered')
})

test('all together have sixteen at most', async () => {
  const { ends, begin, refused } = answers()
  const [last, ...others] = callers
  const running = others.flatMap((caller) => Array.from({ length: 4 }, () => begin(caller)))
  assert.equal(await refused(last), '503 busy 2')
  ends.shift()?.()
  await running[0]
  assert.equal(await refused(last), 'answered')
})

test('one that fails is over too', async () => {
  const { underWay, refused } = answers()
  for (let count = 0; count < 20; count++) {
    await assert.rejects(
      underWay.run(AT_SOCKET, async () => {
        throw new Error('no')
      }),
      { message: 'no' },
    )
  }
  assert.equal(await refused(), 'answered')
})
