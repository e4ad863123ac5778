import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../../../src/observability/histogram.ts'

test('bounds are upper and inclusive, and what is beyond the last is counted too', () => {
  const histogram = new Histogram([1, 5])
  for (const value of [-1, 0, 1, 1.1, 5, 5.1, 1e9]) histogram.observe(value)
  const { counts, sum } = histogram.snapshot()
  assert.deepEqual(counts, [3, 2, 2])
  assert.equal(sum, 1e9 + 11.2)
})

test('what is no number spoils nothing', () => {
  const histogram = new Histogram([1])
  histogram.observe(Number.NaN)
  assert.deepEqual(histogram.snapshot(), { counts: [0, 0], sum: 0 })
})

test('a snapshot stays as it was taken', () => {
  const histogram = new Histogram([1])
  const before = histogram.snapshot()
  histogram.observe(0)
  assert.equal(before.counts[0], 0)
})
