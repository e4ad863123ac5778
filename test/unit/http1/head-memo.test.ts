import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeadMemo } from '../../../src/http1/head-memo.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'

const RULES = { table: compileHeaderTable(REQUEST_NAMES, { exact: ['x-user'], prefixes: [] }) }
const head = (target: string, fields = ''): Buffer => Buffer.from(`GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`)

/** Reads as a connection does; true where the memo knew it. */
function read(memo: HeadMemo, bytes: Buffer, into: RequestHead, rules: unknown = RULES): boolean {
  if (memo.recall(bytes, rules, into)) return true
  into.read(bytes, 0, bytes.length, RULES.table, { headers: 100, targetBytes: 100 })
  memo.consider(bytes, rules, into)
  return false
}

const fields = ({ cuts, memo, ...rest }: RequestHead) => ({ ...rest, cuts: [...cuts.ranges.subarray(0, cuts.length)] })

test('a head is known from the third time, with the very results of reading it', () => {
  const memo = new HeadMemo()
  const bytes = head('/a', 'X-User: root\r\nX-Request-Id: 1\r\nAuthorization: b\r\nUpgrade: websocket\r\n')
  const into = new RequestHead()
  assert.deepEqual([read(memo, bytes, into), read(memo, bytes, into)], [false, false])
  const expected = fields(into)
  read(new HeadMemo(), head('/other', 'X-User: a\r\nX-User: b\r\nOrigin: c\r\n'), into)
  assert.equal(read(memo, bytes, into), true)
  assert.deepEqual(fields(into), expected)
  assert.notEqual(into.memo, 0)
})

test('one byte of difference is another head', () => {
  const memo = new HeadMemo()
  const into = new RequestHead()
  for (let i = 0; i < 3; i++) read(memo, head('/a'), into)
  assert.equal(read(memo, head('/b'), into), false)
  assert.equal(into.memo, 0)
  assert.equal(into.targetEnd - into.targetStart, 2)
})

test('what follows the head does not matter, a head cut short does', () => {
  const memo = new HeadMemo()
  const into = new RequestHead()
  for (let i = 0; i < 3; i++) read(memo, head('/a'), into)
  assert.equal(memo.recall(Buffer.concat([head('/a'), Buffer.from('body')]), RULES, into), true)
  assert.equal(memo.recall(head('/a').subarray(0, -1), RULES, into), false)
})

test('other rules read anew', () => {
  const memo = new HeadMemo()
  const into = new RequestHead()
  for (let i = 0; i < 3; i++) read(memo, head('/a'), into)
  assert.equal(memo.recall(head('/a'), { ...RULES }, into), false)
})

test('cuts made to a recalled head stay out of the memo', () => {
  const memo = new HeadMemo()
  const into = new RequestHead()
  const bytes = head('/a', 'X-User: root\r\n')
  for (let i = 0; i < 3; i++) read(memo, bytes, into)
  into.cuts.add([[0, 3]])
  assert.equal(read(memo, bytes, into), true)
  assert.equal(into.cuts.length, 2)
})

test('a long head is never kept', () => {
  const memo = new HeadMemo()
  const into = new RequestHead()
  for (let i = 0; i < 4; i++) assert.equal(read(memo, head('/a', `X: ${'y'.repeat(3000)}\r\n`), into), false)
})
