import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RepeatedProblems } from '../../../../src/control/loading/repeated-problems.ts'

const HOUR = 3_600_000

test('what goes on is told once an hour, what changes and what comes back at once', () => {
  const told: string[] = []
  let now = 0
  const problems = new RepeatedProblems({ warn: (message: string) => void told.push(message) } as never, () => now)
  const tell = (message: string) => {
    problems.tell('disk', message)
    return told.splice(0).length
  }
  assert.equal(tell('full'), 1)
  assert.equal(tell('full'), 0)
  assert.equal(problems.isFresh('disk'), true)
  assert.equal(tell('read-only'), 1)
  now += HOUR
  assert.equal(problems.isFresh('disk'), false)
  assert.equal(tell('read-only'), 1)
  problems.solved('disk')
  assert.equal(tell('read-only'), 1)
  // A clock that was set back silences nothing.
  now -= 5 * HOUR
  assert.equal(tell('read-only'), 1)
  assert.equal(problems.isFresh('other'), false)
})
