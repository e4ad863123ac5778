import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardedHead, RepeatedFields, requestLine } from '../../../src/gateway/upstream-head.ts'
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

test('repeated fields are the same text behind any first line, and other ones or other lines of ours are not', () => {
  const fields = 'Connection: close\r\nHost: a\r\nX-Forwarded-User: root\r\nB: \xe4'
  const repeated = new RepeatedFields()
  const of = (first: string, rest: string, memo: number, ours: string): string => {
    const { bytes, head } = headOf(`${first} HTTP/1.1\r\n${rest}\r\n\r\n`)
    head.fieldsMemo = memo
    return requestLine(bytes, head, 'GET', null) + repeated.of(bytes, head, ours)
  }
  assert.equal(of('GET /a', fields, 1, 'O: 1\r\n'), 'GET /a HTTP/1.1\r\nHost: a\r\nB: \xe4\r\nO: 1\r\n')
  assert.equal(of('GET /longer?x', fields, 1, 'O: 1\r\n'), 'GET /longer?x HTTP/1.1\r\nHost: a\r\nB: \xe4\r\nO: 1\r\n')
  assert.equal(of('GET /a', fields, 1, 'O: 2\r\n'), 'GET /a HTTP/1.1\r\nHost: a\r\nB: \xe4\r\nO: 2\r\n')
  assert.equal(of('GET /a', 'Host: b', 2, 'O: 2\r\n'), 'GET /a HTTP/1.1\r\nHost: b\r\nO: 2\r\n')
})
