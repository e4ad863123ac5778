import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ResponseHead } from '../../../src/http1/response-head.ts'
import { ResponseMemo } from '../../../src/upstream/response-memo.ts'

const head = (fields: string, status = '200 OK'): Buffer => Buffer.from(`HTTP/1.1 ${status}\r\n${fields}\r\n`)
/** All results; where a field is absent, what was left in the end of its range says nothing. */
const fields = ({ cuts, ...rest }: ResponseHead) => ({
  ...rest,
  keepAliveLineEnd: rest.keepAliveLine < 0 ? 0 : rest.keepAliveLineEnd,
  upgradeEnd: rest.upgradeStart < 0 ? 0 : rest.upgradeEnd,
  cuts: [...cuts.ranges.subarray(0, cuts.length)],
})

/** Reads as a connection does; the second is true where the memo knew it. */
function read(memo: ResponseMemo, bytes: Buffer, into = new ResponseHead()): [ResponseHead, boolean] {
  if (memo.recall(bytes, into)) return [into, true]
  into.read(bytes, 0, bytes.length)
  memo.consider(bytes, into)
  return [into, false]
}

/** A head whose fields are all taken by something else. */
function used(): ResponseHead {
  const other = new ResponseHead()
  const bytes = head(
    'Connection: upgrade, x\r\nUpgrade: websocket\r\nKeep-Alive: timeout=9\r\nVary: a\r\nTransfer-Encoding: chunked\r\n',
    '500 No',
  )
  other.read(bytes, 0, bytes.length)
  return other
}

for (const [name, bytes] of [
  ['with a length', head('Content-Length: 5\r\nVary: *\r\n')],
  ['in chunks', head('Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n', '404 Not Found')],
  ['until close, as HTTP/1.0', Buffer.from('HTTP/1.0 200 OK\r\nA: b\r\n\r\n')],
] as const) {
  test(`a head ${name} is known from the third time, with the very results of reading it`, () => {
    const memo = new ResponseMemo()
    const expected = fields(read(memo, bytes)[0])
    assert.equal(read(memo, bytes)[1], false)
    const [third, known] = read(memo, Buffer.concat([bytes, Buffer.from('body')]), used())
    assert.equal(known, true)
    assert.deepEqual(fields(third), expected)
  })
}

test('one byte of difference is another head, and so is one that is cut short', () => {
  const memo = new ResponseMemo()
  const bytes = head('Content-Length: 5\r\n')
  for (let i = 0; i < 2; i++) read(memo, bytes)
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at] ^= 1
    assert.equal(memo.recall(other, new ResponseHead()), false, `byte ${at}`)
  }
  assert.equal(memo.recall(bytes.subarray(0, -1), new ResponseHead()), false)
})

test('what was read into the memory later does not show', () => {
  const memo = new ResponseMemo()
  const bytes = head('Content-Length: 5\r\n')
  for (let i = 0; i < 2; i++) read(memo, bytes)
  const again = Buffer.from(bytes)
  bytes.fill('x')
  assert.equal(memo.recall(again, new ResponseHead()), true)
})

test('a head that has to be changed for the client, or that is not the final one, is never kept', () => {
  for (const bytes of [
    head('Connection: close\r\n'),
    head('Connection: x\r\nX: 1\r\n'),
    head('Keep-Alive: timeout=5\r\n'),
    head('Upgrade: h2c\r\n'),
    head('', '103 Early Hints'),
  ]) {
    const memo = new ResponseMemo()
    for (let i = 0; i < 4; i++) assert.equal(read(memo, bytes)[1], false, bytes.toString())
  }
})
