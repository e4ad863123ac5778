/**
 * The promise: however much a client sends ahead, and whatever the upstream leaves lying, every request is answered or its connection
 * ends in time; none waits for ever.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { temporaryFolder } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import type { RawClient, RawResponse } from '../support/raw-client.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n'
const post = (path: string, length: number): string => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`

/** The one worker has looked at all its connections several times: others were served meanwhile. */
async function othersAreServed(gateway: Gateway): Promise<void> {
  for (let i = 0; i < 5; i++) {
    const witness = await gateway.connect(gateway.mallory)
    assert.equal((await witness.ask(get('/forbidden'))).status, 403)
    witness.close()
  }
}

describe('pipelining beyond head_bytes behind a slow answer', () => {
  test('a 200 KB body arrives once its turn comes', async (t) => {
    const gateway = await startGateway(t)
    let release = (): void => {}
    gateway.upstream.answer = (request, socket) => {
      if (request.target !== '/slow') socket.write(OK)
      else release = () => socket.write(OK)
    }
    const client = await gateway.connect()
    client.send(get('/slow'))
    await gateway.upstream.until(1)
    client.send(post('/up', 200_000) + 'x'.repeat(200_000))
    await othersAreServed(gateway)
    assert.equal(gateway.upstream.requests.length, 1)
    release()
    assert.deepEqual([(await client.response()).status, (await client.response()).status], [200, 200])
    assert.equal(gateway.upstream.requests[1].body.length, 200_000)
  })

  test('3,000 requests are answered in order', async (t) => {
    const gateway = await startGateway(t)
    let release = (): void => {}
    gateway.upstream.answer = (request, socket) => {
      const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${request.target.length}\r\n\r\n${request.target}`
      if (request.target === '/0') release = () => socket.write(answer)
      else socket.write(answer)
    }
    const client = await gateway.connect()
    const targets = Array.from({ length: 3001 }, (_, i) => `/${i}`)
    client.send(get('/0'))
    await gateway.upstream.until(1)
    client.send(
      targets
        .slice(1)
        .map((target) => get(target))
        .join(''),
    )
    await othersAreServed(gateway)
    release()
    for (const target of targets) assert.equal((await client.response()).body, target)
    assert.deepEqual(
      gateway.upstream.requests.map(({ target }) => target),
      targets,
    )
  })
})

test('an upstream that stops taking an upload is a 504 in time, and both sides are free', async (t) => {
  const gateway = await startGateway(t, { limits: '{ body_idle: 1s, upstream_first_byte: 1s, upstream_idle: 1s }' })
  gateway.upstream.onHead = (_head, socket) => socket.pause()
  const client = await gateway.connect()
  client.send(post('/stuck', 40_000_000))
  client.send(Buffer.alloc(40_000_000))
  const response = await client.response({ timeout: 15_000 })
  assert.deepEqual([response.status, response.json().code, response.value('connection')], [504, 'upstream_timeout', 'close'])
  await client.end()
  const line = await gateway.record('/stuck')
  assert.deepEqual([line.status, line.reason], [504, 'upstream_timeout'])
  for (const socket of gateway.upstream.sockets) socket.resume()
  await eventually('the upstream connection to go', () => gateway.upstream.sockets.size === 0)
  assert.equal(gateway.upstream.requests.length, 0)
})

test('an early answer while the client is held leaves a connection that goes on or ends', async (t) => {
  // A Unix socket takes little: bodies of these sizes end before, inside and beyond what the gateway holds for the upstream.
  const path = join(temporaryFolder(t).path, 'upstream.sock')
  const upstream = await RecordingUpstream.start(t, { path })
  const gateway = await startGateway(t, { upstreams: `\n  recorder: { targets: ["unix:${path}"] }` })
  const answers: (() => void)[] = []
  upstream.answer = () => {}
  upstream.onHead = (_head, socket) => {
    socket.pause()
    answers.push(() => socket.write(OK))
  }
  const sizes = Array.from({ length: 48 }, (_, i) => 30_000 + i * 8_000)
  const clients = await Promise.all(sizes.map(() => gateway.connect()))
  for (const [i, client] of clients.entries()) client.send(post(`/${i}`, sizes[i]) + 'x'.repeat(sizes[i]))
  await eventually('every upload to begin', () => answers.length === sizes.length)
  await othersAreServed(gateway)
  for (const answer of answers) answer()
  const responses = await Promise.all(clients.map((client) => client.response()))
  for (const socket of upstream.sockets) socket.resume()
  const ends = await Promise.all(clients.map((client, i) => goesOnOrEnds(client, responses[i])))
  assert.ok(ends.includes('goes on'))
  assert.equal(ends.length, sizes.length)
})

async function goesOnOrEnds(client: RawClient, { status, value }: RawResponse): Promise<'ends' | 'goes on'> {
  assert.equal(status, 200)
  if (value('connection') === 'close') {
    await client.end()
    return 'ends'
  }
  // Refused by the gateway itself: no upstream is needed.
  assert.equal((await client.ask(get('/a%00b'))).status, 400)
  return 'goes on'
}
