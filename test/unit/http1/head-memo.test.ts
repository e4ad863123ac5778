import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeFields } from '../../../src/http1/head-copy.ts'
import { HeadMemo } from '../../../src/http1/head-memo.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'

const RULES = { table: compileHeaderTable(REQUEST_NAMES, { exact: ['x-user'], prefixes: [] }) }
const head = (target: string, fields = ''): Buffer => Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`)

/** Reads as a connection does; the second is true where the memo knew it. */
function read(memo: HeadMemo, bytes: Buffer, rules: unknown = RULES): [RequestHead, boolean] {
  const known = memo.recall(bytes, rules)
  if (known !== null) return [known, true]
  const head = new RequestHead()
  head.read(bytes, 0, bytes.length, RULES.table, { headers: 100, targetBytes: 100 })
  memo.consider(bytes, rules, head)
  return [head, false]
}

function remembering(bytes: Buffer): HeadMemo {
  const memo = new HeadMemo()
  for (let i = 0; i < 2; i++) read(memo, bytes)
  return memo
}

/** As it stands in memory that is lent: aligned, and followed by what was read before. */
function lent(bytes: Buffer): [Buffer, Int32Array, number] {
  const memory = Buffer.concat([bytes, Buffer.alloc(64 - (bytes.length % 4), 'z')])
  const copy = Buffer.allocUnsafeSlow(memory.length)
  memory.copy(copy)
  return [copy, new Int32Array(copy.buffer), bytes.length]
}

/** The results, without the ends of what is absent: they say nothing. */
function standing(read: RequestHead) {
  const all: Record<string, unknown> = fields(read)
  for (const [start, end] of [
    ['upgradeStart', 'upgradeEnd'],
    ['authorizationLine', 'authorizationLineEnd'],
    ['authorizationStart', 'authorizationEnd'],
    ['requestIdLine', 'requestIdLineEnd'],
    ['requestIdStart', 'requestIdEnd'],
    ['originStart', 'originEnd'],
    ['secFetchSiteStart', 'secFetchSiteEnd'],
  ]) {
    if ((all[start] as number) < 0) delete all[end]
  }
  return all
}

const fields = ({ cuts, memo, fieldsMemo, ...rest }: RequestHead) => ({ ...rest, cuts: [...cuts.ranges.subarray(0, cuts.length)] })

test('a head is known from the third time, with the very results of reading it', () => {
  const memo = new HeadMemo()
  const bytes = head('/a', 'X-User: root\r\nX-Request-Id: 1\r\nAuthorization: b\r\nUpgrade: websocket\r\n')
  const [first, second, third] = [read(memo, bytes), read(memo, bytes), read(memo, bytes)]
  assert.deepEqual([first[1], second[1], third[1]], [false, false, true])
  assert.deepEqual(fields(third[0]), fields(first[0]))
  assert.deepEqual([first[0].memo, third[0].memo], [0, 1])
})

test('one byte of difference is another head', () => {
  const [other, known] = read(remembering(head('/a')), head('/b'))
  assert.deepEqual([known, other.memo, other.targetEnd - other.targetStart], [false, 0, 2])
})

test('what follows the head does not matter, a head cut short does', () => {
  const memo = remembering(head('/a'))
  assert.notEqual(memo.recall(Buffer.concat([head('/a'), Buffer.from('body')]), RULES), null)
  assert.equal(memo.recall(head('/a').subarray(0, -1), RULES), null)
})

test('other rules read anew', () => {
  const memo = remembering(head('/a'))
  assert.equal(memo.recall(head('/a'), { ...RULES }), null)
  assert.equal(memo.recallWhole(...lent(head('/a')), { ...RULES }), null)
})

test('in lent memory every byte counts, whatever the length', () => {
  for (const path of ['/', '/a', '/ab', '/abc', '/abcd']) {
    const bytes = head(path)
    const memo = remembering(bytes)
    assert.equal(memo.recallWhole(...lent(bytes), RULES), memo.recall(bytes, RULES))
    assert.notEqual(memo.recallWhole(...lent(bytes), RULES), null)
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(bytes)
      other[at] ^= 1
      assert.equal(memo.recallWhole(...lent(other), RULES), null, `${path}, byte ${at}`)
    }
  }
})

test('in lent memory a head is known only where nothing follows it and nothing is missing', () => {
  const bytes = head('/a')
  const memo = remembering(bytes)
  const [memory, words] = lent(Buffer.concat([bytes, bytes]))
  assert.equal(memo.recallWhole(memory, words, bytes.length * 2, RULES), null)
  assert.equal(memo.recallWhole(memory, words, bytes.length - 1, RULES), null)
  assert.notEqual(memo.recallWhole(memory, words, bytes.length, RULES), null)
})

test('the copy is its own: what was read into the memory later does not show', () => {
  const bytes = head('/a')
  const memo = remembering(bytes)
  bytes.fill('x')
  assert.deepEqual(memo.bytes, head('/a'))
})

test('a head whose Connection list adds to its cuts is never kept', () => {
  const memo = remembering(head('/a', 'Connection: X-Hop\r\nX-Hop: 1\r\n'))
  assert.equal(memo.bytes, null)
})

test('a long head is never kept', () => {
  assert.equal(remembering(head('/a', `X: ${'y'.repeat(3000)}\r\n`)).bytes, null)
})

test('of a client that never repeats itself ever fewer heads are kept, and one that begins to is known again', () => {
  const memo = new HeadMemo()
  let kept = 0
  let last: Buffer | null = null
  for (let i = 1000; i < 3000; i++) {
    read(memo, head(`/${i}`))
    if (memo.bytes !== last) kept++
    last = memo.bytes
  }
  assert.ok(kept < 20, `${kept} of 2000`)
  let known = 0
  for (let i = 0; i < 300; i++) if (read(memo, head('/same'))[1]) known++
  assert.ok(known > 30, `${known} of 300`)
})

test('fields are known behind any first line, with the very results of reading them there', () => {
  const given =
    'X-User: root\r\nX-Request-Id: 1\r\nAuthorization: b\r\nUpgrade: websocket\r\nOrigin: c\r\nSec-Fetch-Site: d\r\nContent-Length: 7\r\n'
  for (const fieldLines of [given, 'Transfer-Encoding: chunked\r\nConnection: close\r\nExpect: 100-continue\r\n', '']) {
    const memo = remembering(head('/a', fieldLines))
    for (const target of ['/b', '/', '/a/much/longer?path=1']) {
      const bytes = head(target, fieldLines)
      const expected = new RequestHead()
      expected.read(bytes, 0, bytes.length, RULES.table, { headers: 100, targetBytes: 100 })
      const got = new RequestHead()
      got.readLine(bytes, 0, bytes.length, { headers: 100, targetBytes: 100 })
      const known = memo.recallFields(bytes, got.fieldsStart, RULES)
      assert.ok(known !== null)
      takeFields(got, known)
      assert.deepEqual(standing(got), standing(expected), `${target} ${fieldLines}`)
    }
  }
})

test('one byte of difference in the fields, fields cut short, and other rules are not known', () => {
  const memo = remembering(head('/a', 'Accept: b\r\n'))
  const bytes = head('/xyz', 'Accept: b\r\n')
  const from = bytes.indexOf('\n') + 1
  for (let at = from; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at] ^= 1
    assert.equal(memo.recallFields(other, from, RULES), null, `byte ${at}`)
  }
  assert.equal(memo.recallFields(bytes.subarray(0, -1), from, RULES), null)
  assert.equal(memo.recallFields(bytes, from, { ...RULES }), null)
})
