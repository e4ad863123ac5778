import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  endsByClosing,
  goesAsItCame,
  type Rewriting,
  returnedHead,
  rewrittenHead,
  rewrittenResponse,
} from '../../../src/gateway/returned-head.ts'
import { ResponseHead } from '../../../src/http1/response-head.ts'

const PLAIN: Rewriting = { close: false, dechunk: false, varies: false }

function rewritten(lines: readonly string[], changes: Partial<Rewriting> = {}, before = ''): string | null {
  const bytes = Buffer.from(`${before}${lines.join('\r\n')}\r\n\r\nbody`, 'latin1')
  const head = new ResponseHead()
  assert.equal(head.read(bytes, before.length, bytes.length), 1)
  return rewrittenHead(bytes, before.length, head, { ...PLAIN, ...changes })
}

const head = (...lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`

test('HTTP/1.0 becomes HTTP/1.1; reason and fields stay as they are', () => {
  assert.equal(rewritten(['HTTP/1.0 404 Not  \xe4', 'a:  b ', 'A: c']), head('HTTP/1.1 404 Not  \xe4', 'a:  b ', 'A: c'))
})

test('what ended at this hop is left out', () => {
  const lines = ['HTTP/1.1 200 OK', 'Connection: close, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Stays: 2', 'Upgrade: h2', 'x-hop: 3']
  assert.equal(rewritten(lines), head('HTTP/1.1 200 OK', 'Stays: 2'))
})

test('a Connection that names what a message needs cannot be obeyed', () => {
  for (const name of ['Content-Length', 'transfer-encoding', 'a b']) {
    assert.equal(rewritten(['HTTP/1.1 200 OK', `Connection: ${name}`, 'Content-Length: 4']), null)
  }
})

test('closing is said once, instead of keep-alive', () => {
  const lines = ['HTTP/1.1 200 OK', 'A: b', 'Connection: keep-alive', 'C: d']
  assert.equal(rewritten(lines, { close: true }), head('HTTP/1.1 200 OK', 'A: b', 'C: d', 'Connection: close'))
  assert.equal(rewritten(lines), head(...lines))
})

test('the framing goes for a client that knows no chunks', () => {
  const lines = ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'A: b']
  assert.equal(rewritten(lines, { dechunk: true, close: true }), head('HTTP/1.1 200 OK', 'A: b', 'Connection: close'))
})

test('Vary: Client-Cert becomes *, where the gateway sends that header', () => {
  const lines = ['HTTP/1.1 200 OK', 'Vary: Accept', 'vary: x, client-cert', 'A: b']
  assert.equal(rewritten(lines, { varies: true }), head('HTTP/1.1 200 OK', 'A: b', 'Vary: *'))
  assert.equal(rewritten(lines), head(...lines))
  assert.equal(rewritten(['HTTP/1.1 200 OK', 'Vary: Accept'], { varies: true }), head('HTTP/1.1 200 OK', 'Vary: Accept'))
})

test('a head behind an interim response is read from its own start', () => {
  assert.equal(rewritten(['HTTP/1.0 200 OK', 'A: b'], {}, 'HTTP/1.1 100 Continue\r\n\r\n'), head('HTTP/1.1 200 OK', 'A: b'))
})

test('lines of ours stand before the blank one', () => {
  const bytes = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nA: b\r\n\r\n')
  const read = new ResponseHead()
  read.read(bytes, 0, bytes.length)
  assert.equal(returnedHead(bytes, 0, read, true, 'Upgrade: y\r\n'), head('HTTP/1.1 101 Switching Protocols', 'A: b', 'Upgrade: y'))
})

function read(...lines: readonly string[]): ResponseHead {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  const read = new ResponseHead()
  assert.equal(read.read(bytes, 0, bytes.length), 1)
  return read
}

test('a response without a length ends by closing, and so does a chunked one for a client that knows no chunks', () => {
  const ends = (method: string, oldClient: boolean, ...lines: readonly string[]) => endsByClosing({ method, oldClient }, read(...lines))
  assert.equal(ends('GET', false, 'HTTP/1.1 200 OK'), true)
  assert.equal(ends('GET', false, 'HTTP/1.1 200 OK', 'Content-Length: 0'), false)
  assert.equal(ends('HEAD', false, 'HTTP/1.1 200 OK'), false)
  assert.equal(ends('GET', false, 'HTTP/1.1 204 No Content'), false)
  assert.equal(ends('GET', false, 'HTTP/1.1 304 Not Modified'), false)
  assert.equal(ends('GET', false, 'HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), false)
  assert.equal(ends('HEAD', true, 'HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), true)
})

test('a head goes as it came where nothing of it has to differ', () => {
  assert.equal(goesAsItCame(read('HTTP/1.1 200 OK', 'A: b'), false, false), true)
  assert.equal(goesAsItCame(read('HTTP/1.1 200 OK', 'A: b'), true, false), false)
  assert.equal(goesAsItCame(read('HTTP/1.0 200 OK', 'A: b'), false, false), false)
  assert.equal(goesAsItCame(read('HTTP/1.1 200 OK', 'Connection: x', 'X: 1'), false, false), false)
  assert.equal(goesAsItCame(read('HTTP/1.1 200 OK', 'Vary: a'), false, false), true)
  assert.equal(goesAsItCame(read('HTTP/1.1 200 OK', 'Vary: a'), false, true), false)
})

test('what came of the body goes with the rewritten head', () => {
  const bytes = Buffer.from('HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody and more', 'latin1')
  const read = new ResponseHead()
  read.read(bytes, 0, bytes.length)
  assert.equal(rewrittenResponse(bytes, 0, read.end + 4, read, PLAIN)?.toString(), `${head('HTTP/1.1 200 OK', 'A: b')}body`)
  assert.equal(rewrittenResponse(bytes, 0, read.end, read, PLAIN)?.toString(), head('HTTP/1.1 200 OK', 'A: b'))
})
