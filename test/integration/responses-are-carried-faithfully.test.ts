/** The promise: a response arrives whole and unchanged, or visibly broken; and no response is ever taken for another request's. */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, { limits: '{ upstream_first_byte: 1s, upstream_idle: 1s, upstream_connect: 1s }' })
})
beforeEach(() => gateway.upstream.reset())

const post = (path: string, length: number, body: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n${headers}\r\n${body}`

describe('responses without a body', () => {
  test('HEAD keeps Content-Length and the connection', async () => {
    const client = await gateway.connect()
    const response = await client.ask('HEAD /h HTTP/1.1\r\nHost: localhost\r\n\r\n', { head: true })
    assert.equal(response.value('content-length'), '3')
    assert.equal((await client.ask(get('/next'))).body, 'ok\n')
  })

  test('204 and 103 go without the length that their sender may not tell, and what follows is read from its start', async () => {
    gateway.upstream.answer = (_request, socket) =>
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 9\r\nA: b\r\n\r\n',
      )
    const client = await gateway.connect()
    const hints = await client.ask(get('/a'))
    assert.deepEqual([hints.status, hints.value('link'), hints.value('content-length')], [103, '</a>', undefined])
    const empty = await client.response()
    assert.deepEqual([empty.status, empty.value('a'), empty.value('content-length')], [204, 'b', undefined])
    gateway.upstream.reset()
    assert.equal((await client.ask(get('/b'))).body, 'ok\n')
  })

  for (const status of ['204 No Content', '304 Not Modified']) {
    test(status, async () => {
      gateway.upstream.answer = (_request, socket) => socket.write(`HTTP/1.1 ${status}\r\nETag: "x"\r\n\r\n`)
      const client = await gateway.connect()
      assert.equal((await client.ask(get('/a'))).status, Number(status.slice(0, 3)))
      assert.equal((await client.ask(get('/b'))).value('etag'), '"x"')
    })
  }
})

describe('interim responses', () => {
  test('100 Continue is asked for upstream, and the body follows it', async () => {
    gateway.upstream.onHead = (_head, socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')
    const client = await gateway.connect()
    client.send(post('/continue', 5, '', 'Expect: 100-continue\r\n'))
    assert.equal((await client.response()).status, 100)
    client.send('hello')
    assert.equal((await client.response()).status, 200)
    assert.equal(gateway.upstream.only.body.toString(), 'hello')
  })

  test('a refused request with Expect is answered at once, without its body', async () => {
    const client = await gateway.connect(gateway.mallory)
    const response = await client.ask(post('/continue', 5, '', 'Expect: 100-continue\r\n'))
    assert.equal(response.status, 403)
    assert.equal(gateway.upstream.receivedText, '')
  })

  test('103 Early Hints passes, and the final response follows', async () => {
    gateway.upstream.answer = (_request, socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    }
    const client = await gateway.connect()
    const hints = await client.ask(get('/hints'))
    assert.equal(hints.status, 103)
    assert.equal(hints.value('link'), '</a>')
    assert.equal((await client.response()).body, 'hi')
  })

  test('an unasked 101 is a 502 and no tunnel', async () => {
    gateway.upstream.answer = (_request, socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nsecret')
    const client = await gateway.connect()
    const response = await client.ask(get('/switch'))
    assert.equal(response.status, 502)
    assert.doesNotMatch(response.body, /secret/)
  })
})

describe('bodies', () => {
  test('chunked passes with its trailers', async () => {
    gateway.upstream.answer = (_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n')
    }
    const client = await gateway.connect()
    assert.equal((await client.ask(get('/chunked'))).body, 'abc')
    assert.equal((await client.ask(get('/again'))).body, 'abc')
  })

  test('one that ends with the connection ends ours', async () => {
    gateway.upstream.answer = (_request, socket) => socket.end('HTTP/1.0 200 OK\r\nServer: old\r\n\r\nall of it')
    const client = await gateway.connect()
    const response = await client.ask(get('/until-close'))
    assert.match(response.head, /^HTTP\/1\.1 200 OK\r\n/)
    assert.equal(response.value('connection'), 'close')
    assert.equal(response.body, 'all of it')
  })

  test('one that breaks off is visibly broken', async () => {
    gateway.upstream.answer = (_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this', () => socket.destroy())
    }
    const client = await gateway.connect()
    client.send(get('/cut'))
    await client.end()
    assert.match(client.text, /only this$/)
    assert.equal((await gateway.record('/cut')).reason, 'upstream_failed')
  })

  test('bytes beyond a response never answer the next request', async () => {
    let first = true
    gateway.upstream.answer = (_request, socket) => {
      if (first) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale')
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh')
      first = false
    }
    const client = await gateway.connect()
    assert.equal((await client.ask(get('/1'))).body, 'ok')
    assert.equal((await client.ask(get('/2'))).body, 'fresh')
    assert.notEqual(gateway.upstream.requests[0].connection, gateway.upstream.requests[1].connection)
  })
})

describe('an early response', () => {
  test('while the body is still being sent is passed on; that upstream connection serves nobody else', async () => {
    gateway.upstream.onHead = (_head, socket) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge')
    const client = await gateway.connect()
    client.send(post('/early', 1000, 'a'.repeat(10)))
    const response = await client.response()
    assert.equal(response.status, 413)
    assert.equal(response.value('connection'), 'close')
    await client.end()
    gateway.upstream.onHead = null
    const other = await gateway.connect()
    assert.equal((await other.ask(get('/other'))).body, 'ok\n')
    assert.equal(gateway.upstream.only.target, '/other')
  })

  test('may stream while the request streams', async () => {
    gateway.upstream.onHead = (_head, socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nin\r\n')
    gateway.upstream.answer = (request, socket) => socket.write(`${request.body.length.toString(16)}\r\n${request.body}\r\n0\r\n\r\n`)
    const client = await gateway.connect()
    client.send(post('/both', 8, 'half'))
    await client.textMatching(/\r\nin\r\n/)
    client.send('half')
    assert.equal((await client.response()).body, 'inhalfhalf')
    assert.equal((await client.ask(get('/alive'))).status, 200)
  })
})

describe('a broken upstream', () => {
  test('that answers with something else is a 502', async () => {
    for (const garbage of [
      'SSH-2.0-OpenSSH\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      'HTTP/1.1 abc\r\n\r\n',
    ]) {
      gateway.upstream.answer = (_request, socket) => socket.write(garbage)
      const response = await gateway.ask(get('/garbage'))
      assert.equal(response.status, 502)
      assert.equal(response.json().code, 'upstream_failed')
    }
  })

  test('that says nothing is a 504 after its time', async () => {
    gateway.upstream.answer = () => {}
    const started = performance.now()
    const response = await gateway.ask(get('/silent'))
    assert.equal(response.status, 504)
    assert.ok(performance.now() - started < 5000)
  })

  test('that stops in the middle ends the connection', async () => {
    gateway.upstream.answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    const client = await gateway.connect()
    client.send(get('/stalled'))
    await client.end()
    assert.equal((await gateway.record('/stalled')).reason, 'upstream_timeout')
  })
})

describe('a kept connection that the upstream closes', () => {
  /** Leaves one idle connection that the upstream closes as soon as the next request arrives on it. */
  const closeOnReuse = async (): Promise<void> => {
    const seen = new Set<unknown>()
    gateway.upstream.onHead = (_head, socket) => {
      if (seen.has(socket)) socket.destroy()
      seen.add(socket)
    }
    gateway.upstream.answer = (request, socket) => {
      if (!socket.destroyed) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.target.length}\r\n\r\n${request.target}`)
    }
    await gateway.ask(get('/first'))
  }

  test('costs an idempotent request one retry on a fresh one', async () => {
    await closeOnReuse()
    const response = await gateway.ask(get('/second'))
    assert.equal(response.status, 200)
    assert.equal(response.body, '/second')
  })

  test('costs an idempotent request with a small body the same', async () => {
    await closeOnReuse()
    const response = await gateway.ask('PUT /put HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello')
    assert.equal(response.status, 200)
    assert.equal(gateway.upstream.requests.at(-1)?.body.toString(), 'hello')
  })

  test('is a 502 for a POST: it may have been acted on', async () => {
    await closeOnReuse()
    assert.equal((await gateway.ask(post('/post', 5, 'hello'))).status, 502)
  })
})

test('an idle connection is dropped before the upstream would close it', async () => {
  gateway.upstream.answer = (_request, socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=1\r\n\r\n')
  const client = await gateway.connect()
  const response = await client.ask(get('/a'))
  assert.equal(response.value('keep-alive'), undefined)
  await client.ask(get('/b'))
  assert.notEqual(gateway.upstream.requests[0].connection, gateway.upstream.requests[1].connection)
})
