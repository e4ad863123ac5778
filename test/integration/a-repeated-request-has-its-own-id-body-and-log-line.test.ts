/**
 * The promise: requests with one and the same head on one connection are requests of their own: each has its id, its body, its answer
 * and its line in the access log, whatever became of the one before.
 */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type AccessLine, type Gateway, get, portOf, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { RawClient } from '../support/raw-client.ts'
import { repeat, TIMES } from '../support/repetition.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, {
    tls: 'clientauth_mode: OPTIONAL\n  plain:\n    address: 127.0.0.1:0\n    tls: off',
    limits: '{ body_bytes: 100KiB }',
  })
})

async function connectPlain(): Promise<RawClient> {
  return RawClient.connect({ port: await portOf(gateway, 'plain'), ca: null }, lifetime)
}

/** The log lines of a path, once there are so many, in the order of the requests. */
const linesOf = (path: string, count: number): Promise<AccessLine[]> =>
  eventually(`${count} log lines`, () => {
    const lines = gateway.records().filter((line) => line.path === path)
    assert.ok(lines.length <= count)
    return lines.length === count ? lines : null
  })

const post = (path: string, length: number): string => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`

describe('the request id', () => {
  test('that the client gave is kept, upstream and in the log', async () => {
    const requests = await repeat(gateway, await gateway.connect(), get('/id-kept', 'X-Request-Id: mine.1\r\n'))
    for (const request of requests) assert.deepEqual(request.values('x-request-id'), ['mine.1'])
    for (const line of await linesOf('/id-kept', TIMES)) assert.equal(line.request_id, 'mine.1')
  })

  for (const [name, headers] of [
    ['none', ''],
    ['one that cannot be kept', 'X-Request-Id: not mine\r\n'],
  ] as const) {
    test(`is another each time where the client gave ${name}, the same upstream and in the log`, async () => {
      const path = `/id-${headers.length}`
      const requests = await repeat(gateway, await gateway.connect(), get(path, headers))
      const ids = requests.flatMap((request) => request.values('x-request-id'))
      assert.equal(new Set(ids).size, TIMES)
      for (const id of ids) assert.match(id, /^[0-9a-f]{28}$/)
      assert.deepEqual(
        (await linesOf(path, TIMES)).map((line) => line.request_id),
        ids,
      )
    })
  }
})

describe('a body', () => {
  const bodies = Array.from({ length: TIMES }, (_, i) => String(i).repeat(2_000))

  for (const [name, split] of [
    ['that comes with its head', false],
    ['that comes behind its head', true],
  ] as const) {
    test(`of one length, ${name}, is the upstream's own`, async () => {
      const client = await gateway.connect()
      const path = split ? '/body-behind' : '/body-with'
      const head = post(path, 2_000)
      gateway.upstream.reset()
      for (const [i, body] of bodies.entries()) {
        if (split) {
          client.send(head)
          // The head has been read, and is on its way: the body comes in a read of its own.
          await eventually('the head', () => gateway.upstream.receivedText.split(' HTTP/1.1\r\n').length === i + 2)
        }
        assert.equal((await client.ask(split ? body : head + body)).status, 200)
      }
      assert.deepEqual(
        gateway.upstream.requests.map((request) => request.body.toString()),
        bodies,
      )
      for (const line of await linesOf(path, TIMES)) assert.equal(line.bytes_in, head.length + 2_000)
    })
  }

  test('in chunks, with a forged trailer, is framed and cleaned each time', async () => {
    const client = await gateway.connect()
    const head = 'POST /chunks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    gateway.upstream.reset()
    for (const body of bodies) {
      client.send(head)
      const response = await client.ask(`${body.length.toString(16)}\r\n${body}\r\n0\r\nSum: 1\r\nX-Forwarded-User: root\r\n\r\n`)
      assert.equal(response.status, 200)
    }
    assert.deepEqual(
      gateway.upstream.requests.map(({ body, trailers }) => [body.toString(), trailers]),
      bodies.map((body) => [body, ['Sum: 1']]),
    )
  })

  test('over the limit ends the connection, however often the head was good before', async () => {
    const client = await gateway.connect()
    const head = 'POST /too-much HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    await repeat(gateway, client, `${head}1\r\nx\r\n0\r\n\r\n`)
    const response = await client.ask(`${head}${(102_401).toString(16)}\r\n${'x'.repeat(102_401)}`)
    assert.deepEqual([response.status, response.json().code], [413, 'body_too_large'])
    await client.end()
    const last = (await linesOf('/too-much', TIMES + 1)).at(-1)
    assert.deepEqual([last?.status, last?.reason], [413, 'body_too_large'])
  })
})

test('pipelined, each is answered in turn, and none is lost or doubled', async () => {
  const client = await gateway.connect()
  gateway.upstream.reset()
  gateway.upstream.answer = (request, socket) => {
    const body = request.values('x-request-id')[0]
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  }
  const head = get('/pipelined')
  const answers: string[] = []
  for (const count of [1, 3, 8, 30]) {
    client.send(head.repeat(count))
    for (let i = 0; i < count; i++) answers.push((await client.response()).body)
  }
  const ids = gateway.upstream.requests.flatMap((request) => request.values('x-request-id'))
  assert.equal(new Set(ids).size, 42)
  assert.deepEqual(answers, ids)
  assert.equal(client.text, '')
  assert.deepEqual(
    (await linesOf('/pipelined', 42)).map((line) => line.request_id),
    ids,
  )
})

describe('the access log', () => {
  test('says of each what became of it, also where the upstream died under one of them', async () => {
    const client = await gateway.connect()
    const head = get('/log', 'Accept: application/problem+json\r\n')
    const expected: unknown[] = []
    for (let i = 0; i < 4 * TIMES; i++) {
      gateway.upstream.reset()
      const dies = i % TIMES === TIMES - 1
      if (dies) gateway.upstream.answer = (_request, socket) => void socket.destroy()
      const received = client.receivedBytes
      const response = await client.ask(head)
      const { requests, url } = gateway.upstream
      const status = dies ? 502 : 200
      assert.equal(response.status, status)
      const id = requests.at(-1)?.values('x-request-id')[0]
      if (dies) assert.equal(response.json().request_id, id)
      // What a client was sent instead of the upstream's answer is as long as what it received, and so is what was passed on.
      const bytes_out = client.receivedBytes - received
      const reason = dies ? 'upstream_failed' : null
      expected.push({ request_id: id, status, reason, upstream: url, bytes_out, bytes_in: head.length })
    }
    const lines = await linesOf('/log', expected.length)
    assert.deepEqual(
      lines.map(({ request_id, status, reason, upstream, bytes_in, bytes_out }) => ({
        request_id,
        status,
        reason,
        upstream,
        bytes_out,
        bytes_in,
      })),
      expected,
    )
    for (const { method, user, route, decision } of lines)
      assert.deepEqual({ method, user, route, decision }, { method: 'GET', user: 'alice', route: 'all', decision: 'allow' })
  })

  test('tells apart what alternates', async () => {
    const client = await gateway.connect()
    gateway.upstream.reset()
    const ask = (method: string, host: string, route: string) => ({ method, host, route })
    const alternatives = [
      ask('GET', 'localhost', 'all'),
      ask('PUT', 'localhost', 'all'),
      ask('GET', '127.0.0.1', 'all'),
      ask('HEAD', 'localhost', 'public'),
    ]
    const path = ({ route }: (typeof alternatives)[number]): string => (route === 'public' ? '/public/turns' : '/turns')
    const asked = [0, 1, 0, 2, 3, 2, 1, 3, 0].flatMap((which) => Array.from({ length: TIMES }, () => alternatives[which]))
    for (const one of asked) {
      await client.ask(`${one.method} ${path(one)} HTTP/1.1\r\nHost: ${one.host}\r\n\r\n`, { head: one.method === 'HEAD' })
    }
    const lines = await eventually('all log lines', () => {
      const found = gateway.records().filter((line) => line.path.endsWith('/turns'))
      return found.length === asked.length ? found : null
    })
    assert.deepEqual(
      lines.map(({ method, host, route, path, user, status }) => ({ method, host, route, path, user, status })),
      asked.map((one) => ({ ...one, path: path(one), user: 'alice', status: 200 })),
    )
  })

  test('has the line of a client that left under one of them', async () => {
    const client = await connectPlain()
    const head = get('/public/left')
    await repeat(gateway, client, head)
    gateway.upstream.answer = () => {}
    client.send(head)
    await gateway.upstream.until(TIMES + 1)
    ;(client.socket as Socket).resetAndDestroy()
    const last = (await linesOf('/public/left', TIMES + 1)).at(-1)
    assert.deepEqual([last?.status, last?.decision, last?.route, last?.bytes_out], [499, 'allow', 'public', 0])
  })
})

test('half-closed behind one of them, the client still gets its answer', async () => {
  const client = await gateway.connect()
  const head = get('/half-closed')
  await repeat(gateway, client, head)
  client.socket.end(head)
  assert.equal((await client.response()).status, 200)
  await client.end()
})

test('without TLS all of it holds too', async () => {
  const client = await connectPlain()
  const requests = await repeat(gateway, client, get('/public/plain', 'X-Forwarded-User: root\r\n'))
  assert.deepEqual(
    requests.flatMap((request) => [...request.values('x-forwarded-user'), ...request.values('x-forwarded-proto')]),
    requests.map(() => 'http'),
  )
  const ids = requests.flatMap((request) => request.values('x-request-id'))
  assert.deepEqual(
    (await linesOf('/public/plain', TIMES)).map(({ request_id, user }) => [request_id, user]),
    ids.map((id) => [id, null]),
  )
  assert.equal((await client.ask(get('/plain'))).status, 401)
})
