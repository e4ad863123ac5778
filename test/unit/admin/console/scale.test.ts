/** Where the values of a chart stand, and what its axis says. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ceiling, linear, logarithmic } from '../../../../src/admin/console/client/parts/scale.ts'

const rounded = (numbers: readonly number[]) => numbers.map((one) => Number(one.toPrecision(3)))

describe('an axis', () => {
  it('begins at nothing and ends at a number that is easily read', () => {
    assert.deepEqual([0, 0.3, 1, 1.2, 4, 7, 100].map(ceiling), [1, 0.5, 1, 2, 5, 10, 100])
    const scale = linear([3, 0, 7])
    assert.deepEqual(scale.marks, [0, 5, 10])
    assert.deepEqual([0, 7, 10].map(scale.at), [0, 0.7, 1])
  })

  it('of powers of ten shows what is fast beside what is slow', () => {
    const scale = logarithmic([0.0005, 0.002, 1.8])
    assert.deepEqual(rounded(scale.marks), [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10])
    assert.ok(scale.at(0.002) > 0.3 && scale.at(1.8) < 1, 'none lies on the foot, and none is cut')
  })

  it('of powers of ten has one of them in the middle, whatever there is', () => {
    for (const values of [[0.001], [0.01, 0.01], [0.0003, 0.4], [1, 10], [1, 1_000], [0]]) {
      const { marks, at } = logarithmic(values)
      assert.equal(marks.length % 2, 1, String(values))
      assert.ok(
        values.every((one) => at(one) >= 0 && at(one) <= 1),
        String(values),
      )
      assert.ok(Math.abs(at(marks[(marks.length - 1) / 2] ?? 0) - 0.5) < 1e-9, String(values))
    }
  })

  it('is one where nothing is known', () => {
    assert.deepEqual(logarithmic([]).marks, [0, 0.5, 1])
    assert.equal(logarithmic([0.1, 0]).at(0), 0)
  })
})
