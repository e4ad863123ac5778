/**
 * The promise: while a password is checked, what the client has sent meanwhile is kept, and reaches the upstream exactly once and
 * whole; nothing more is on the pooled connection than that, and a refusal disturbs nothing behind it.
 */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { holdingProxy } from '../support/holding-proxy.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { basic, passwordAuth } from '../support/passwords.ts'

// A password that was right once is remembered: each test has users of its own.
const names = ['ann', 'bob', 'carol', 'dave', 'erin', 'frank']
const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, await passwordAuth(lifetime, names))
})
beforeEach(() => gateway.upstream.reset())

const chunkedBody = '3\r\nabc\r\n0\r\n\r\n'
const chunked = (path: string, user: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${basic(user)}Transfer-Encoding: chunked\r\n\r\n${chunkedBody}`

/** Whether the upstream's one connection carried these requests and not a byte besides. */
const carriedNothingElse = (): void => {
  const { upstream } = gateway
  assert.equal(upstream.receivedText, upstream.requests.map(({ head, rawBody }) => head + rawBody.toString('latin1')).join(''))
}

test('a chunked body is ended exactly once, and the pooled connection stays clean', async () => {
  const client = await gateway.connect(null)
  assert.equal((await client.ask(get('/public/warm'))).status, 200)
  assert.equal((await client.ask(chunked('/held', 'ann'))).status, 200)
  const other = await gateway.connect(null)
  assert.equal((await other.ask(get('/public/other'))).status, 200)
  const { requests } = gateway.upstream
  assert.deepEqual(
    requests.map(({ target, connection }) => [target, connection === requests[0].connection]),
    [
      ['/public/warm', true],
      ['/held', true],
      ['/public/other', true],
    ],
  )
  assert.equal(requests[1].rawBody.toString(), chunkedBody)
  carriedNothingElse()
})

describe('a refused password', () => {
  test('does not disturb the next request and its body', async () => {
    const client = await gateway.connect(null)
    client.send(get('/one', basic('bob', 'wrong')) + chunked('/two', 'bob'))
    assert.equal((await client.response()).status, 401)
    assert.equal((await client.response()).status, 200)
    const { only } = gateway.upstream
    assert.deepEqual([only.target, only.body.toString(), only.values('x-forwarded-user')], ['/two', 'abc', ['bob']])
    carriedNothingElse()
  })

  test('nor a request without a body, nor one to a route for everybody', async () => {
    const client = await gateway.connect(null)
    client.send(get('/one', basic('bob', 'wrong')) + get('/public/two') + get('/three', basic('carol')))
    const statuses: number[] = []
    for (let i = 0; i < 3; i++) statuses.push((await client.response()).status)
    assert.deepEqual(statuses, [401, 200, 200])
    assert.deepEqual(
      gateway.upstream.requests.map(({ target }) => target),
      ['/public/two', '/three'],
    )
  })

  test('takes its own body with it', async () => {
    const client = await gateway.connect(null)
    client.send(chunked('/one', 'nobody') + get('/behind'))
    assert.equal((await client.response()).status, 401)
    await client.end()
    assert.deepEqual([client.text, gateway.upstream.receivedText], ['', ''])
  })
})

describe('head, body and close_notify in one read', () => {
  const bodies: readonly (readonly [string, string, string, string])[] = [
    ['with a length', 'dave', 'Content-Length: 3\r\n', 'abc'],
    ['in chunks', 'erin', 'Transfer-Encoding: chunked\r\n', chunkedBody],
  ]
  for (const [name, user, framing, body] of bodies) {
    test(`${name}: carried once, and answered`, async (t) => {
      const proxy = await holdingProxy(t, gateway.port)
      const client = await gateway.connect(null, { port: proxy.port })
      assert.equal((await client.ask(get('/public/warm'))).status, 200)
      proxy.hold()
      client.send(`POST /up HTTP/1.1\r\nHost: localhost\r\n${basic(user)}${framing}\r\n`)
      client.send(body)
      client.socket.end()
      await proxy.clientEnded
      proxy.release()
      assert.equal((await client.response()).status, 200)
      await client.end()
      const [, up] = gateway.upstream.requests
      assert.deepEqual([up.target, up.body.toString(), gateway.upstream.requests.length], ['/up', 'abc', 2])
      carriedNothingElse()
    })
  }

  test('without the rest of the body: nothing whole reaches the upstream', async (t) => {
    const proxy = await holdingProxy(t, gateway.port)
    const client = await gateway.connect(null, { port: proxy.port })
    await client.ask(get('/public/warm'))
    proxy.hold()
    client.send(`POST /cut HTTP/1.1\r\nHost: localhost\r\n${basic('frank')}Content-Length: 4\r\n\r\nabc`)
    client.socket.end()
    await proxy.clientEnded
    proxy.release()
    await client.end()
    assert.equal((await gateway.record('/cut')).status, 499)
    assert.deepEqual([client.text, gateway.upstream.only.target], ['', '/public/warm'])
  })
})
