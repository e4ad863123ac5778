import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_BEFORE, dueAt, parseBefore, retryDelay } from '../../../src/cli/renewal-time.ts'

const certificate = (start: number, end: number) => ({ validFromDate: new Date(start), validToDate: new Date(end) })

test('a third before the end, or as long before it as was said, and never before the beginning', () => {
  assert.equal(dueAt(certificate(0, 900), DEFAULT_BEFORE), 600)
  assert.equal(dueAt(certificate(0, 30 * 86_400_000), parseBefore('14d')), 16 * 86_400_000)
  assert.deepEqual(parseBefore('23h59m'), { milliseconds: 86_340_000 })
  assert.equal(dueAt(certificate(1_000, 5_000), parseBefore('14d')), 1_000)
  assert.equal(dueAt(certificate(1_000, 5_000), parseBefore('1/1')), 1_000)
})

test('what it was dated back is no part of its life', () => {
  const minutes = (count: number) => count * 60_000
  // Made five minutes after it begins, for three.
  assert.equal(dueAt(certificate(0, minutes(8)), DEFAULT_BEFORE), minutes(7))
  assert.equal(dueAt(certificate(0, minutes(8)), parseBefore('1/1')), minutes(5))
  assert.equal(dueAt(certificate(0, minutes(5)), parseBefore('1m')), minutes(4))
})

test('what is no time is refused', () => {
  for (const text of ['', '0/3', '4/3', '1/0', '14', '14w', '-1d', '0d', '1.5d', '1/3d', '9999999d'])
    assert.throws(() => parseBefore(text), { code: 'usage' }, text)
})

test('attempts come ever later, not all at once, in time before the end, and not before the server wants them', () => {
  const delays = (random: number) => [1, 2, 3, 4, 20, 2_000].map((failures) => retryDelay(failures, 1e12, null, () => random))
  assert.deepEqual(delays(0.999_999_99), [5_000, 10_000, 20_000, 40_000, 900_000, 900_000])
  assert.deepEqual(delays(0), [2_500, 5_000, 10_000, 20_000, 450_000, 450_000])
  assert.equal(
    retryDelay(20, 60_000, null, () => 1),
    6_000,
  )
  assert.equal(
    retryDelay(20, 100, null, () => 1),
    1_000,
  )
  assert.equal(
    retryDelay(20, -1, null, () => 1),
    900_000,
  )
  assert.equal(
    retryDelay(1, 1e12, 60_000, () => 0),
    60_000,
  )
})
