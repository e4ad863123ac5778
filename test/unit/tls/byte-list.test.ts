import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { ByteList } from '../../../src/tls/byte-list.ts'

test('items larger and smaller than what fits into one chunk stay whole and in order', () => {
  for (const size of [3, 124, 1 << 20]) {
    const list = new ByteList(size)
    const items = Array.from({ length: size > 1_000 ? 3 : Math.floor((1 << 20) / size) + 5 }, () => randomBytes(size))
    for (const item of items) list.push(item)
    assert.equal(list.length, items.length)
    for (const index of [0, 1, items.length - 1]) assert.deepEqual(list.slice(index, 0, size), items[index])
    assert.deepEqual(Buffer.concat([...list.parts()]), Buffer.concat(items))
  }
})

test('a stream takes any number of bytes, also more than a chunk', () => {
  const list = new ByteList(1)
  const pieces = [randomBytes(10), randomBytes(0), randomBytes((1 << 20) - 3), randomBytes(3 << 20), randomBytes(1)]
  for (const piece of pieces) list.push(piece)
  assert.equal(list.length, Buffer.concat(pieces).length)
  assert.deepEqual(Buffer.concat([...list.parts()]), Buffer.concat(pieces))
})

test('an empty list has no parts', () => {
  assert.deepEqual([...new ByteList(8).parts()], [])
})

test('a slice is a view: writing to it changes the item', () => {
  const list = new ByteList(4)
  list.push(Buffer.from('abcd'))
  list.slice(0, 1, 2).write('XY')
  assert.equal(Buffer.concat([...list.parts()]).toString(), 'aXYd')
})
