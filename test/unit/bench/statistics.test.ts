import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, pairedRatios, slope, spread } from '../../../bench/statistics.ts'

test('the median is the middle value, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([4, 1, 3, 100]), 3.5)
  assert.throws(() => median([]), RangeError)
})

test('values are sorted as numbers', () => {
  assert.equal(median([10, 9, 100]), 10)
})

test('a spread has the extremes around the median', () => {
  assert.deepEqual(spread([3, 1, 2]), { median: 2, lowest: 1, highest: 3 })
})

test('ratios are taken round by round, so a slow second does not count', () => {
  const steady = pairedRatios([10, 100, 10], [20, 200, 20])
  assert.deepEqual(steady, { median: 0.5, lowest: 0.5, highest: 0.5 })
})

test('ratios need the same rounds on both sides', () => {
  assert.throws(() => pairedRatios([1, 2], [1]), RangeError)
})

test('the slope ignores where the line starts', () => {
  const at = (x: number) => ({ x, y: 5_000_000 + 57 * x })
  assert.equal(slope([at(1_000), at(2_500), at(10_000)]), 57)
})

test('the slope of scattered points is that of the least squares', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 1, y: 3 },
    { x: 2, y: 3 },
  ]
  assert.equal(slope(points), 1.5)
})

test('one point has no slope', () => {
  assert.throws(() => slope([{ x: 1, y: 1 }]), RangeError)
  assert.throws(
    () =>
      slope([
        { x: 1, y: 1 },
        { x: 1, y: 2 },
      ]),
    RangeError,
  )
})
