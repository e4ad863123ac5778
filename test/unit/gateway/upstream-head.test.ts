import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardedHead } from '../../../src/gateway/upstream-head.ts'
import { headOf } from './fixture.ts'

function forwarded(text: string, target: string | null = null): string {
  const { bytes, head } = headOf(`${text}\r\n\r\n`)
  return forwardedHead(bytes, head, bytes.latin1Slice(head.methodStart, head.methodEnd), target)
}

test('goes on as received, up to the blank line', () => {
  const text = 'GET /a?b HTTP/1.1\r\nhOST:  localhost \r\nX: \xe4'
  assert.equal(forwarded(text), `${text}\r\n`)
})

test('without what was cut, wherever it stood', () => {
  const text = 'GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\nTE: trailers\r\nX-Forwarded-User: root\r\nB: c\r\nx_forwarded_user: root'
  assert.equal(forwarded(text), 'GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n')
})

test('with another target, where that is the one which was decided', () => {
  const text = 'GET /x/../a HTTP/1.1\r\nConnection: close\r\nHost: a'
  assert.equal(forwarded(text, '/a?q'), 'GET /a?q HTTP/1.1\r\nHost: a\r\n')
})

test('as HTTP/1.1, whatever the client speaks', () => {
  assert.equal(forwarded('PATCH /a HTTP/1.0\r\nHost: a'), 'PATCH /a HTTP/1.1\r\nHost: a\r\n')
})
