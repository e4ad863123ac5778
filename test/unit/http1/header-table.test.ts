import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CONTENT_LENGTH,
  compileHeaderTable,
  HOST,
  LOOK_ALIKE,
  meaningOf,
  OTHER,
  REQUEST_NAMES,
  STRIP,
} from '../../../src/http1/header-table.ts'

const TABLE = compileHeaderTable(REQUEST_NAMES, { exact: ['x-user', 'x-user-id', 'host'], prefixes: ['x-client-cert-'] })

test('a name is known in every case and separator', () => {
  for (const name of ['x-user', 'X-USER', 'x_user', 'X.User', 'x~user', 'x--user', 'x_-_user'])
    assert.equal(meaningOf(TABLE, name), STRIP, name)
})

test('a name that goes on or stops short is another', () => {
  for (const name of ['x-use', 'x-users', '-x-user', 'xuser', 'x-user-', '']) assert.equal(meaningOf(TABLE, name), OTHER, name)
})

test('a prefix takes whatever follows it', () => {
  for (const name of ['x-client-cert-', 'X_Client_Cert_DN', 'x-client-cert-a-b-c']) assert.equal(meaningOf(TABLE, name), STRIP, name)
  assert.equal(meaningOf(TABLE, 'x-client-cert'), OTHER)
})

test('a name that frames the message keeps its meaning, whatever is to be stripped', () => {
  assert.equal(meaningOf(TABLE, 'host'), HOST)
})

test('a name that is only read like a framing one is told apart', () => {
  assert.equal(meaningOf(TABLE, 'Content-Length'), CONTENT_LENGTH)
  for (const name of ['content_length', 'Content.Length', 'CONTENT~LENGTH'])
    assert.equal(meaningOf(TABLE, name), CONTENT_LENGTH + LOOK_ALIKE, name)
})

test('agrees with a plain set on thousands of names', () => {
  const words = ['x', 'user', 'client', 'cert', 'id', 'host', 'a1']
  const exact = new Set(['x-user', 'x-user-id'])
  for (const a of words) {
    for (const b of words) {
      for (const c of words) {
        const name = `${a}-${b}-${c}`
        const expected = exact.has(name) || name.startsWith('x-client-cert-') ? STRIP : OTHER
        assert.equal(meaningOf(TABLE, name), expected, name)
      }
    }
  }
})

test('a prefix within a longer prefix wins', () => {
  const table = compileHeaderTable([], { exact: [], prefixes: ['x-a-b-', 'x-a-'] })
  assert.equal(meaningOf(table, 'x-a-c'), STRIP)
  assert.equal(meaningOf(table, 'x-a-b-c'), STRIP)
})

test('what is not a header name cannot be compiled', () => {
  assert.throws(() => compileHeaderTable([], { exact: ['x user'], prefixes: [] }), /not a header name/)
})
