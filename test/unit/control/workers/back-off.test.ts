import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from '../../../../src/control/workers/back-off.ts'

test('the first death is answered at once, a crash loop ever more slowly and never faster than the most', () => {
  const backOff = new BackOff({ first: 100, most: 1_000, stable: 5_000 })
  assert.deepEqual(
    Array.from({ length: 7 }, () => backOff.next(10, false)),
    [0, 100, 200, 400, 800, 1_000, 1_000],
  )
})

test('a worker that lived long enough starts the count anew', () => {
  const backOff = new BackOff({ first: 100, most: 1_000, stable: 5_000 })
  for (let death = 0; death < 4; death++) backOff.next(4_999, false)
  assert.equal(backOff.next(4_999, false), 800)
  assert.equal(backOff.next(5_000, false), 0)
  assert.equal(backOff.failures, 1)
})

test('while nobody serves a crash loop waits no longer than a second, and as long as before once somebody does', () => {
  const backOff = new BackOff()
  assert.deepEqual(
    Array.from({ length: 8 }, () => backOff.next(10, true)),
    [0, 100, 200, 400, 800, 1_000, 1_000, 1_000],
  )
  assert.equal(backOff.next(10, false), 12_800)
})
