import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { COMPLETE, INCOMPLETE, MALFORMED } from '../../../src/http1/head-fields.ts'
import { ResponseHead } from '../../../src/http1/response-head.ts'

function read(text: string): { head: ResponseHead; outcome: number } {
  const bytes = Buffer.from(text, 'latin1')
  const head = new ResponseHead()
  return { head, outcome: head.read(bytes, 0, bytes.length) }
}

test('reads status, framing and keep-alive', () => {
  const { head, outcome } = read(
    'HTTP/1.1 206 Partial\r\nContent-Length: 12\r\nKeep-Alive: max=5, timeout=7\r\nConnection: Keep-Alive\r\nVary: a\r\n\r\n',
  )
  assert.equal(outcome, COMPLETE)
  assert.deepEqual(
    [head.status, head.contentLength, head.keepAliveTimeout, head.keepAliveLine >= 0, head.vary, head.close, head.cuts.length],
    [206, 12, 7, true, true, false, 2],
  )
})

test('is INCOMPLETE at every shorter length', () => {
  const text = 'HTTP/1.1 200 OK\r\nServer: x\r\nTransfer-Encoding: chunked\r\n\r\n'
  for (let length = 1; length < text.length; length++) assert.equal(read(text.slice(0, length)).outcome, INCOMPLETE, `at ${length}`)
})

test('HTTP/1.0 closes', () => assert.equal(read('HTTP/1.0 200 OK\r\n\r\n').head.close, true))

test('a status line without a reason is accepted', () => assert.equal(read('HTTP/1.1 200\r\nA: b\r\n\r\n').outcome, COMPLETE))

test('what announces a body is cut from a response that has none, and malformed there as anywhere', () => {
  for (const status of ['100 Continue', '103 Early Hints', '204 No Content']) {
    for (const line of ['Content-Length: 5', 'Transfer-Encoding: chunked']) {
      const { head, outcome } = read(`HTTP/1.1 ${status}\r\nA: b\r\n${line}\r\n\r\n`)
      assert.equal(outcome, COMPLETE)
      assert.deepEqual([head.cuts.length, head.cuts.ranges[1] - head.cuts.ranges[0]], [2, line.length + 2], `${status}, ${line}`)
    }
    assert.equal(read(`HTTP/1.1 ${status}\r\nContent-Length: x\r\n\r\n`).outcome, MALFORMED)
  }
  for (const status of ['200 OK', '205 Reset Content', '304 Not Modified'])
    assert.equal(read(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`).head.cuts.length, 0)
})

describe('malformed', () => {
  const cases: readonly string[] = [
    'HTTP/2.0 200 OK\r\n\r\n',
    'http/1.1 200 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n   ',
    'HTTP/1.1 2000\r\n\r\n',
    'HTTP/1.1 099 OK\r\n\r\n',
    'HTTP/1.1 200 OK\n\n     ',
    'HTTP/1.1 200 OK\r\nA : b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n',
    'HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length:\t5\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  ]
  for (const text of cases) test(JSON.stringify(text), () => assert.equal(read(text).outcome, MALFORMED))
})
