import assert from 'node:assert/strict'
import test from 'node:test'
import { LruMap } from '../../../src/tls/lru.ts'

test('beyond its bound the least recently used entry goes', () => {
  const map = new LruMap<string, number>(2)
  map.set('a', 1)
  map.set('b', 2)
  assert.equal(map.get('a'), 1)
  map.set('c', 3)
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [1, undefined, 3, 2])
  map.set('c', 4)
  assert.deepEqual(map.values(), [1, 4])
})
