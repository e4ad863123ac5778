import assert from 'node:assert/strict'
import { test } from 'node:test'
import { administration } from '../../support/administration.ts'

const COUNT = 20

test('whoever issues many at a time does not keep everybody else waiting', async (t) => {
  const { json, context } = administration(t)
  // All are known to the workers at one moment, as when one answer of theirs tells of many changes.
  const known = Promise.withResolvers<void>()
  let waiting = 0
  const published = () => {
    if (++waiting === COUNT) known.resolve()
    return known.promise
  }
  Object.assign(context, { published })
  let longest = 0
  let before = performance.now()
  // A look at the clock whenever the event loop gets there: what stands between two looks, nobody else was heard in.
  const look = () => {
    longest = Math.max(longest, performance.now() - before)
    before = performance.now()
  }
  const timer = setInterval(look, 1)
  const started = performance.now()
  const make = (_: unknown, index: number) =>
    json(201, 'POST /api/v1/certificates', { body: { name: `n${index}`, clearance: 'ValidUser', format: 'json', password: 'x' } })
  await Promise.all(Array.from({ length: COUNT }, make))
  clearInterval(timer)
  look()
  const whole = performance.now() - started
  assert.ok(longest < whole / 3, `${longest} of ${whole} ms in one piece`)
})
