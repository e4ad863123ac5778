import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeldBody } from '../../../src/gateway/held-body.ts'

const LIMIT = 65_536

test('keeps all that was sent, in order', () => {
  const held = new HeldBody()
  held.begin(null)
  assert.deepEqual([held.bytes(), held.whole], [null, true])
  held.begin(Buffer.from('a'))
  held.add(Buffer.from('b'))
  held.add(Buffer.from('c'))
  assert.deepEqual([held.bytes()?.toString(), held.whole], ['abc', true])
})

test('a new request begins with nothing of the last', () => {
  const held = new HeldBody()
  held.begin(Buffer.from('old'))
  held.begin(null)
  assert.equal(held.bytes(), null)
})

test('gives up all of a body that grows beyond 64 KiB, and takes no more of it', () => {
  const held = new HeldBody()
  held.begin(Buffer.alloc(LIMIT))
  assert.equal(held.whole, true)
  held.add(Buffer.alloc(1))
  held.add(Buffer.from('late'))
  assert.deepEqual([held.bytes(), held.whole], [null, false])
})

test('more than 64 KiB at once is sent, and never again', () => {
  const held = new HeldBody()
  held.begin(Buffer.alloc(LIMIT + 1))
  assert.deepEqual([held.bytes()?.length, held.whole], [LIMIT + 1, false])
})

test('dropped, it is not whole', () => {
  const held = new HeldBody()
  held.begin(Buffer.from('a'))
  held.drop()
  held.add(Buffer.from('b'))
  assert.deepEqual([held.bytes(), held.whole], [null, false])
})
