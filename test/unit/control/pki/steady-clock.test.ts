import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteadyClock } from '../../../../src/control/pki/steady-clock.ts'

const DAY = 86_400_000
const MINUTE = 60_000

test('a clock is believed from the start, and after a jump either way once it was steady for ten minutes', () => {
  const time = { day: 0, steady: 0 }
  const clock = new SteadyClock(
    () => time.day,
    () => time.steady,
  )
  const pass = (milliseconds: number, jump = 0) => {
    time.day += milliseconds + jump
    time.steady += milliseconds
    return clock.isBelieved()
  }
  assert.ok(clock.isBelieved())
  for (let drift = 0; drift < 100; drift++) assert.ok(pass(1_000, 900), 'a clock that is brought up to time slowly')
  assert.equal(pass(1_000, 300 * DAY), false)
  assert.equal(pass(5 * MINUTE), false)
  assert.equal(pass(1_000, -300 * DAY), false)
  assert.equal(pass(9 * MINUTE), false)
  assert.equal(pass(MINUTE), true)
})
