/**
 * The promise: what is ambiguous never reaches the upstream and ends the connection; what is sound reaches it exactly once, in a form
 * that no server reads differently.
 */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime)
})
beforeEach(() => gateway.upstream.reset())

test('a plain request arrives with the genuine identity', async () => {
  const response = await gateway.ask(get('/a?b=%2F', 'Accept: */*\r\n'))
  assert.equal(response.status, 200)
  const { only } = gateway.upstream
  assert.equal(only.target, '/a?b=%2F')
  assert.deepEqual(only.values('x-forwarded-user'), ['alice'])
  assert.deepEqual(only.values('x-forwarded-roles'), ['reader'])
  assert.deepEqual(only.values('host'), ['localhost'])
})

describe('malformed requests get 400, a closed connection, and reach nobody', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['both lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['bare LF', 'GET / HTTP/1.1\nHost: localhost\n\n'],
    ['space before the colon', get('/', 'X-A : b\r\n')],
    ['folded header', get('/', 'X-A: b\r\n c\r\n')],
    ['two Hosts', get('/', 'Host: other\r\n')],
    ['odd Host', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['user information in Host', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['CONNECT', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n'],
    ['absolute form of another host', 'GET http://other/ HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS record inside', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ...[
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
      'Transfer-Encoding: gzip',
      'Transfer-Encoding:\x0bchunked',
      'Transfer-Encoding: "chunked"',
      'Transfer_Encoding: x\r\nTransfer-Encoding: \x00chunked',
      'Content-Length: +4',
      'Content-Length: -4',
      'Content-Length: 0x4',
      'Content-Length: 4,5',
      'Content-Length: 4 4',
      'Content-Length:',
      'Content-Length: 4\r\nContent-Length: 5',
      'Content-Length: 99999999999999999999',
      'X\x00Y: 1',
      'X Y: 1',
      'X-\x00Forwarded-User: root',
      ': 1',
    ].map((line) => [JSON.stringify(line), `POST / HTTP/1.1\r\nHost: localhost\r\n${line}\r\n\r\n`] as const),
    ['Connection that names Host', get('/', 'Connection: close, host\r\n')],
  ]
  for (const [name, bytes] of cases) {
    test(name, async (t) => {
      const client = await gateway.connect(gateway.alice)
      t.after(() => client.close())
      const response = await client.ask(bytes)
      assert.equal(response.status, 400)
      assert.match(response.json().code ?? '', /^malformed_/)
      assert.equal(response.value('connection'), 'close')
      await client.end()
      assert.equal(gateway.upstream.receivedText, '')
    })
  }

  test('and what was pipelined behind one is never read', async () => {
    const client = await gateway.connect()
    client.send(`GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n${get('/after')}`)
    assert.equal((await client.response()).status, 400)
    await client.end()
    assert.equal(client.text, '')
    assert.equal(gateway.upstream.requests.length, 0)
  })
})

test('pipelined requests are each authorised, and answered in order', async () => {
  const client = await gateway.connect(gateway.mallory)
  client.send(get('/public/1') + get('/secret') + get('/public/2') + get('/nowhere') + get('/public/3'))
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await client.response()).status)
  assert.deepEqual(statuses, [200, 403, 200, 403, 200])
  assert.deepEqual(
    gateway.upstream.requests.map(({ target }) => target),
    ['/public/1', '/public/2', '/public/3'],
  )
})

test('a thousand pipelined refusals neither overflow nor lose one', async () => {
  const client = await gateway.connect(gateway.mallory)
  client.send(get('/secret').repeat(1000))
  for (let i = 0; i < 1000; i++) assert.equal((await client.response()).status, 403)
  assert.equal(gateway.upstream.requests.length, 0)
})

test('a request sent byte by byte is one request', async () => {
  const client = await gateway.connect()
  for (const byte of `POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello`) client.send(byte)
  assert.equal((await client.response()).status, 200)
  assert.equal(gateway.upstream.only.body.toString(), 'hello')
})

describe('chunked bodies', () => {
  const chunked = (body: string, headers = ''): string =>
    `POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n${headers}\r\n${body}`

  test('are framed anew: extensions end here, data and trailers go on', async () => {
    const response = await gateway.ask(chunked('3;a=b\r\nabc\r\n002\r\nde\r\n0;x\r\nX-Sum: 9\r\n\r\n'))
    assert.equal(response.status, 200)
    const { only } = gateway.upstream
    assert.equal(only.body.toString(), 'abcde')
    assert.deepEqual(only.trailers, ['X-Sum: 9'])
    assert.doesNotMatch(only.rawBody.toString(), /;/)
  })

  test('reserved names in trailers are removed', async () => {
    await gateway.ask(
      chunked(
        '0\r\nX-Forwarded-User: root\r\nx_client_cert_dn: CN=root\r\nHost: evil\r\nContent_Length: 5\r\nTE: trailers\r\nOk: yes\r\n\r\n',
      ),
    )
    assert.deepEqual(gateway.upstream.only.trailers, ['Ok: yes'])
  })

  for (const trailer of ['Content-Length: 5', 'Transfer-Encoding: chunked']) {
    test(`with the trailer ${trailer} are never completed upstream`, async () => {
      const client = await gateway.connect()
      const response = await client.ask(chunked(`3\r\nabc\r\n0\r\n${trailer}\r\n\r\n`))
      assert.equal(response.status, 400)
      await client.end()
      assert.equal(gateway.upstream.requests.length, 0)
    })
  }

  test('on DELETE and OPTIONS keep their framing', async () => {
    for (const method of ['DELETE', 'OPTIONS']) {
      const response = await gateway.ask(
        `${method} /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
      )
      assert.equal(response.status, 200)
    }
    assert.deepEqual(
      gateway.upstream.requests.map(({ body }) => body.toString()),
      ['body', 'body'],
    )
  })

  for (const end of [
    'zz\r\n',
    '0x1\r\na\r\n',
    '-1\r\n',
    '+1\r\na\r\n',
    ' 1\r\na\r\n',
    '1\na\r\n',
    '1\r\nab\r\n',
    '1;a=\nb\r\na\r\n',
    'fffffffffffffffff\r\n',
  ]) {
    test(`that turn out malformed are never completed upstream: ${JSON.stringify(end)}`, async () => {
      const client = await gateway.connect()
      const response = await client.ask(chunked(`3\r\nabc\r\n${end}`))
      assert.equal(response.status, 400)
      await client.end()
      assert.equal(gateway.upstream.requests.length, 0)
    })
  }
})

for (const method of ['GET', 'HEAD']) {
  test(`a body on ${method} is the last thing on both connections`, async (t) => {
    const client = await gateway.connect()
    t.after(() => client.close())
    client.send(`${method} /with-body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody${get('/behind')}`)
    const response = await client.response({ head: method === 'HEAD' })
    assert.equal(response.status, 200)
    assert.equal(response.value('connection'), 'close')
    await client.end()
    const { only } = gateway.upstream
    assert.equal(only.body.toString(), 'body')
    assert.deepEqual(only.values('connection'), ['close'])
    await gateway.ask(get('/next'))
    assert.notEqual(gateway.upstream.requests[1].connection, only.connection)
  })
}

test('Connection removes what it names, never what the gateway says', async () => {
  await gateway.ask(get('/', 'Connection: close, X-Hop, X-Forwarded-User\r\nX-Hop: 1\r\nX-Forwarded-User: root\r\nX-Stays: 2\r\n'))
  const { only } = gateway.upstream
  assert.deepEqual(only.values('x-hop'), [])
  assert.deepEqual(only.values('x-stays'), ['2'])
  assert.deepEqual(only.values('x-forwarded-user'), ['alice'])
  assert.deepEqual(only.values('connection'), [])
})

test('a Trailer field on a request without a body announces nothing', async () => {
  assert.equal((await gateway.ask(get('/', 'Trailer: X-Forwarded-User\r\n'))).status, 200)
  assert.deepEqual(gateway.upstream.only.values('x-forwarded-user'), ['alice'])
  assert.equal((await gateway.ask(get('/after'))).status, 200)
})

test('an HTTP/1.0 client is answered in its own terms', async () => {
  gateway.upstream.answer = (_request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
  }
  const client = await gateway.connect()
  const response = await client.ask('GET /old HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n')
  assert.equal(response.chunked, false)
  assert.equal(response.body, 'abcde')
  assert.equal(response.value('connection'), 'close')
  assert.equal(gateway.upstream.only.version, 'HTTP/1.1')
})

test('a client that closes its half still gets its answer', async () => {
  const client = await gateway.connect()
  client.send(get('/half'))
  client.socket.end()
  assert.equal((await client.response()).status, 200)
  await client.end()
})

test('an absolute target of the same host is forwarded as a path', async () => {
  await gateway.ask('GET http://localhost/a/../b?c HTTP/1.1\r\nHost: localhost\r\n\r\n')
  assert.equal(gateway.upstream.only.target, '/b?c')
})

test('a head that a client repeats is forwarded alike each time, and never in place of another', async () => {
  const client = await gateway.connect()
  const targets = ['/a', '/a', '/a', '/a', '/b', '/a', '/b', '/b', '/b', '/a', '/c', '/c', '/c', '/a']
  for (const target of targets) {
    assert.equal((await client.ask(get(target, `X-Own: ${target}\r\nX-Forwarded-User: root\r\n`))).status, 200)
  }
  const { requests } = gateway.upstream
  assert.deepEqual(
    requests.map(({ target, values }) => [target, values('x-own'), values('x-forwarded-user')]),
    targets.map((target) => [target, [target], ['alice']]),
  )
  assert.equal(new Set(requests.flatMap(({ values }) => values('x-request-id'))).size, targets.length, 'an id for each')
})

test('every request head has exactly one access-log line', async () => {
  const path = '/logged-once'
  await gateway.ask(get(path))
  const line = await gateway.record(path)
  assert.equal(line.user, 'alice')
  assert.equal(line.route, 'all')
  assert.equal(line.decision, 'allow')
  assert.equal(line.status, 200)
  await gateway.ask(get('/logged-after'))
  await gateway.record('/logged-after')
  assert.equal(gateway.records().filter((record) => record.path === path).length, 1)
})
