import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendSoFar } from '../../../src/gateway/send-so-far.ts'
import type { UpstreamConnection } from '../../../src/upstream/connection.ts'

/** What goes out, and what is answered; the last write says whether there is room. */
function sent(body: Buffer | null, chunked: boolean, complete: boolean): [string, boolean] {
  let out = ''
  let writes = 0
  const upstream = {
    sendHead: (text: string, with_: Buffer | null) => take(text + (with_?.toString() ?? '')),
    sendBytes: (bytes: Buffer) => take(bytes.toString()),
    sendText: (text: string) => take(text),
  }
  const take = (text: string): boolean => {
    out += text
    return ++writes === 1
  }
  const free = sendSoFar(upstream as unknown as UpstreamConnection, 'HEAD\r\n\r\n', body, chunked, complete, 'T: 1\r\n')
  return [out, free]
}

test('a body of known length goes out with its head, in one write', () => {
  assert.deepEqual(sent(Buffer.from('abc'), false, false), ['HEAD\r\n\r\nabc', true])
  assert.deepEqual(sent(null, false, true), ['HEAD\r\n\r\n', true])
})

test('a chunked one as a chunk, ended with its trailers where it is complete', () => {
  assert.deepEqual(sent(null, true, false), ['HEAD\r\n\r\n', true])
  assert.deepEqual(sent(Buffer.from('abc'), true, false), ['HEAD\r\n\r\n3\r\nabc\r\n', false])
  assert.deepEqual(sent(Buffer.from('abc'), true, true), ['HEAD\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n', false])
})
