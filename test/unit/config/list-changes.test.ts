import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listChanges } from '../../../src/config/list-changes.ts'
import { seededRandom } from '../../support/seeded-random.ts'

function applied(before: readonly string[], after: readonly string[]): string[] {
  const list = [...before]
  for (const { from, removed, added } of listChanges(before, after).reverse()) list.splice(from, removed, ...added)
  return list
}

test('changes make one list of the other, and keep all that can be kept', () => {
  assert.deepEqual(listChanges(['a', 'b', 'c'], ['a', 'c', 'd']), [
    { from: 1, removed: 1, added: [] },
    { from: 3, removed: 0, added: ['d'] },
  ])
  assert.deepEqual(listChanges(['a'], ['a']), [])
  assert.deepEqual(listChanges([], ['a']), [{ from: 0, removed: 0, added: ['a'] }])
  const next = seededRandom(7)
  const list = () => Array.from({ length: next(8) }, () => 'abcd'[next(4)] as string)
  for (let round = 0; round < 3000; round++) {
    const [before, after] = [list(), list()]
    assert.deepEqual(applied(before, after), after)
  }
})

test('lists too long to compare item by item are exchanged where they differ', () => {
  const before = ['same', ...Array.from({ length: 1000 }, (_, index) => `old ${index}`), 'end']
  const after = ['same', ...Array.from({ length: 1000 }, (_, index) => `new ${index}`), 'end']
  assert.deepEqual(
    listChanges(before, after).map(({ from, removed, added }) => [from, removed, added.length]),
    [[1, 1000, 1000]],
  )
  assert.deepEqual(applied(before, after), after)
})
