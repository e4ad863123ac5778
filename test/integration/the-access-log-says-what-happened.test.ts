/** The promise: one line per request head, and it names the upstream that answered, the request's own id, method and path. */
import assert from 'node:assert/strict'
import { before, beforeEach, test } from 'node:test'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, { limits: '{ body_bytes: 10KiB }' })
})
beforeEach(() => gateway.upstream.reset())

/** tcpmux: nobody listens there. A port that was just freed may be somebody else's by now. */
const deadPort = 1

const linesOf = (path: string) => gateway.records().filter((line) => line.path === path)

test('after a retry it names the target that answered, not the dead one', async (t) => {
  const live = await RecordingUpstream.start(t)
  const own = await startGateway(t, { upstreams: `\n  recorder: { targets: ["http://127.0.0.1:${deadPort}", "${live.url}"] }` })
  assert.equal((await own.ask(get('/retried'))).status, 200)
  assert.equal(live.only.target, '/retried')
  const { upstream, status, decision } = await own.record('/retried')
  assert.deepEqual([upstream, status, decision], [live.url, 200, 'allow'])
})

test('Connection: x-request-id does not take the id away', async () => {
  await gateway.ask(get('/with-id', 'Connection: keep-alive, x-request-id\r\nX-Request-Id: abc.1\r\n'))
  assert.deepEqual(gateway.upstream.only.values('x-request-id'), ['abc.1'])
  assert.equal((await gateway.record('/with-id')).request_id, 'abc.1')
})

test('a 413 by Content-Length has one line, with its method and path', async () => {
  const client = await gateway.connect()
  const response = await client.ask('PUT /too/../long?secret=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10241\r\n\r\n')
  assert.equal(response.status, 413)
  await client.end()
  const { method, status, reason, decision, upstream, request_id } = await gateway.record('/long')
  assert.deepEqual([method, status, reason, decision, upstream], ['PUT', 413, 'body_too_large', 'deny', null])
  assert.equal(response.json().request_id, request_id)
  await gateway.ask(get('/behind-413'))
  await gateway.record('/behind-413')
  assert.equal(linesOf('/long').length, 1)
  assert.doesNotMatch(gateway.upstream.receivedText, /long/)
})

test('a 413 after a request on the same connection repeats nothing of that one', async () => {
  const client = await gateway.connect()
  assert.equal((await client.ask(get('/fine', 'X-Request-Id: first\r\n'))).status, 200)
  assert.equal((await client.ask('POST /large HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n')).status, 413)
  const line = await gateway.record('/large')
  assert.deepEqual([line.method, line.user, line.route], ['POST', null, null])
  assert.notEqual(line.request_id, 'first')
})
