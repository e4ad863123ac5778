/** The promise: every phase has a limit, every limit an answer that names it, and one stalled client costs the others nothing. */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, {
    limits: '{ head: 1s, head_bytes: 4KiB, headers: 20, target_bytes: 1KiB, body_bytes: 10KiB, body_idle: 1s, keepalive: 1s }',
  })
})
beforeEach(() => gateway.upstream.reset())

describe('too much', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['a long header', get('/', `X: ${'a'.repeat(5000)}\r\n`), 431],
    ['many headers', get('/', 'X: y\r\n'.repeat(20)), 431],
    ['a thousand tiny headers, none silently dropped', get('/', 'a:b\r\n'.repeat(800)), 431],
    ['a long target', get(`/${'a'.repeat(1100)}`), 431],
    ['a long body', `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10241\r\n\r\n`, 413],
    [
      'a long chunked body',
      `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3000\r\n${'a'.repeat(0x3000)}\r\n0\r\n\r\n`,
      413,
    ],
  ]
  for (const [name, bytes, status] of cases) {
    test(`${name} is ${status}`, async () => {
      const client = await gateway.connect()
      const response = await client.ask(bytes)
      assert.equal(response.status, status)
      await client.end()
      assert.equal(gateway.upstream.requests.length, 0)
    })
  }

  test('what is just within the limits passes', async () => {
    assert.equal((await gateway.ask(get(`/${'a'.repeat(1000)}`, 'X: y\r\n'.repeat(19)))).status, 200)
    const response = await gateway.ask(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10240\r\n\r\n${'a'.repeat(10240)}`)
    assert.equal(response.status, 200)
  })
})

describe('too slow', () => {
  test('a head that does not end is 408', async () => {
    const client = await gateway.connect()
    const timer = setInterval(() => client.send('X: y\r\n'), 100)
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\n')
    const response = await client.response()
    clearInterval(timer)
    assert.equal(response.status, 408)
    assert.equal(response.json().code, 'request_timeout')
    await client.end()
  })

  test('a body that stops is 408, and the upstream never has a whole request', async () => {
    const client = await gateway.connect()
    const response = await client.ask('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc')
    assert.equal(response.status, 408)
    await client.end()
    assert.equal(gateway.upstream.requests.length, 0)
  })

  test('a connection that asks nothing is closed without an answer', async () => {
    const client = await gateway.connect()
    await client.end(5000)
    assert.equal(client.text, '')
  })

  test('a connection that asks nothing more is closed after keepalive', async () => {
    const client = await gateway.connect()
    await client.ask(get('/'))
    await client.end(5000)
    assert.equal(client.text, '')
  })

  test('a reader that takes nothing is cut off, and the upstream with it', async () => {
    let closed: () => void = () => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    gateway.upstream.answer = (_request, socket) => {
      socket.once('close', closed)
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n')
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65536)));
        socket.once('drain', more)
      }
      more()
    }
    const client = await gateway.connect()
    client.socket.pause()
    client.send(get('/stalled-reader'))
    await gone
    assert.notEqual((await gateway.record('/stalled-reader')).bytes_out, 1_000_000_000)
  })
})

test('others are served while many stall', async () => {
  const stalled = await Promise.all(Array.from({ length: 50 }, () => gateway.connect()))
  for (const client of stalled) client.send('GET / HT')
  assert.equal((await gateway.ask(get('/fine'))).status, 200)
  await Promise.all(stalled.map((client) => client.end(6000)))
})
