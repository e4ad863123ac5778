import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ForwardRequest } from '../../../src/gateway/forward-request.ts'
import { Forwarding } from '../../../src/gateway/forwarding.ts'
import { clock } from '../../../src/http1/clock.ts'
import { decide, type Permit } from '../../../src/policy/decide.ts'
import { FakeClient, fakeUpstreams, policyOf, routeRuntime, runtimeWith } from './fixture.ts'

// Whole milliseconds: what is added and compared stays exact.
clock.now = Math.ceil(clock.now)

const policy = policyOf([{ path: '/**', allow: [{ kind: 'anonymous' }] }])
const permit = decide({ route: policy.routes[0], identity: null, roles: { names: new Set(), grants: [] } }) as Permit
const GET = 'GET / HTTP/1.1\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** `head` is the text that goes with it. */
type Changes = Partial<ForwardRequest> & { readonly head?: string }

function make(connections: Parameters<typeof fakeUpstreams>[0] = [{}], targetCount = 1) {
  const { made, upstream, fresh } = fakeUpstreams(connections, targetCount)
  const client = new FakeClient()
  const ended: string[] = []
  const counted: string[] = []
  const forwarding = new Forwarding(client, {
    onForwarded: (status, close) => ended.push(`${status} ${close ? 'close' : 'keep'}`),
    onUpstreamFailed: (failure, detail) => ended.push(`${failure}: ${detail}`),
    onBroken: (status, failure) => ended.push(`broken off at ${status}: ${failure}`),
    isReserved: (name) => name === 'X-Forwarded-User',
  })
  const route = routeRuntime(policy, upstream, counted)
  const request = ({ head: _head, ...changes }: Changes = {}): ForwardRequest => ({
    route,
    runtime: runtimeWith(),
    method: 'GET',
    chunked: false,
    upgrade: '',
    oldClient: false,
    alone: false,
    ...changes,
  })
  const start = (changes: Changes = {}, body: string | null = null, complete = true): void =>
    forwarding.start(permit, request(changes), changes.head ?? GET, body === null ? null : Buffer.from(body), complete, 0)
  return { made, fresh, client, ended, counted, forwarding, request, start }
}

describe('a permit', () => {
  test('is what forwarding takes, and nothing that looks like one', () => {
    const { forwarding, request, made } = make()
    const fakes = [
      { allowed: true, route: policy.routes[0], identity: null },
      Object.create(Object.getPrototypeOf(permit)),
      new Proxy(permit, {}),
      null,
      true,
    ]
    for (const fake of fakes) assert.throws(() => forwarding.start(fake as Permit, request(), GET, null, true, 0), /without its permit/)
    assert.deepEqual([made[0].socket.text, forwarding.active], ['', false])
  })

  test('is good for its own route alone', () => {
    const { forwarding, request, made } = make()
    const other = policyOf([{ path: '/admin', allow: [{ kind: 'anonymous' }] }]).routes[0]
    const { route } = request()
    assert.throws(() => forwarding.start(permit, request({ route: { ...route, route: other } }), GET, null, true, 0), /without its permit/)
    assert.equal(made[0].socket.text, '')
  })
})

describe('a request', () => {
  test('goes with what came of its body, and its response comes back', () => {
    const { start, made, client, ended, forwarding } = make()
    start({ head: 'POST / HTTP/1.1\r\n\r\n' }, 'ab', false)
    forwarding.body(Buffer.from('cd'))
    forwarding.bodyEnd([])
    made[0].receive(OK)
    assert.equal(made[0].socket.text, 'POST / HTTP/1.1\r\n\r\nabcd')
    assert.deepEqual([client.text, ended, made[0].told.at(-1)], [OK, ['200 keep'], 'keep'])
  })

  test('in chunks is framed anew and ended once, without reserved trailers', () => {
    for (const sent of ['after', 'before'] as const) {
      const { start, made, forwarding } = make([{ connected: sent === 'after' }])
      start({ chunked: true, head: 'HEAD ' }, null, false)
      forwarding.body(Buffer.from('abc'))
      forwarding.bodyEnd(['X-Forwarded-User: root', 'Sum: 1'])
      assert.equal(made[0].socket.text, 'HEAD 3\r\nabc\r\n0\r\nSum: 1\r\n\r\n')
    }
  })

  test('a write that completes inside the first one does not let the held body run ahead of it', () => {
    const { start, made, client, forwarding } = make()
    client.held = true
    client.resume = () => {
      if (!client.held) return
      client.held = false
      forwarding.body(Buffer.from('abc'))
      forwarding.bodyEnd([])
    }
    start({ chunked: true, head: 'HEAD ' }, null, false)
    assert.equal(made[0].socket.text, 'HEAD 3\r\nabc\r\n0\r\n\r\n')
  })

  test('is held while the upstream does not keep up', () => {
    const { start, made, client, forwarding } = make([{ completion: 'later' }])
    start({}, null, false)
    forwarding.body(Buffer.alloc(70_000))
    assert.equal(client.held, true)
    while (made[0].socket.pending !== null) made[0].socket.complete()
    assert.equal(client.held, false)
  })

  test('answered before its end closes both connections', () => {
    const { start, made, client, ended } = make()
    start({}, 'a', false)
    made[0].receive(OK)
    assert.match(client.text, /\r\nConnection: close\r\n/)
    assert.deepEqual([ended, made[0].socket.destroyed], [['200 close'], true])
  })

  test('that has to be alone leaves its upstream connection to nobody', () => {
    const { start, made } = make()
    start({ alone: true })
    made[0].receive(OK)
    assert.equal(made[0].socket.destroyed, true)
  })
})

describe('a request is sent again', () => {
  /** Breaks the first connection, used before, without an answer. */
  const broken = (changes: Changes, body: string | null = null, answered = '') => {
    const all = make([{}, {}])
    all.made[0].connection.requests = 1
    all.start(changes, body)
    if (answered !== '') all.made[0].receive(answered)
    all.made[0].socket.emit('end')
    return all
  }

  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
    test(`${method} that met a connection just closed, once, on a fresh one, with its body`, () => {
      const { made, fresh, ended, counted, forwarding } = broken({ method, head: 'HEAD ' }, 'body')
      assert.equal(made[1].socket.text, 'HEAD body')
      assert.deepEqual([fresh, ended, counted, forwarding.target], [[false, true], [], ['broken', 'retry'], 'http://fake1'])
      made[1].connection.requests = 1
      made[1].socket.emit('end')
      assert.equal(ended.length, 1)
      assert.match(ended[0], /^broken: /)
    })
  }

  test('but no POST or PATCH: it may have been acted on', () => {
    for (const method of ['POST', 'PATCH', 'get', 'MKCOL']) {
      const { ended, fresh } = broken({ method })
      assert.equal(fresh.length, 1)
      assert.match(ended[0], /^broken: /)
    }
  })

  test('but none that was partly answered, and none on a new connection', () => {
    assert.equal(broken({}, null, 'HTTP').fresh.length, 1)
    const { made, start, ended } = make([{}])
    start()
    made[0].socket.emit('end')
    assert.match(ended[0], /^broken: /)
  })

  test('but none whose body is no longer held whole', () => {
    assert.equal(broken({ method: 'PUT' }, 'x'.repeat(65_536)).fresh.length, 2)
    assert.equal(broken({ method: 'PUT' }, 'x'.repeat(65_537)).fresh.length, 1)
  })

  test('any method where no connection was made, for as many targets as there are', () => {
    const { made, start, ended, fresh } = make([{ connected: false }, { connected: false }], 2)
    start({ method: 'POST', head: 'HEAD ' }, 'body')
    made[0].socket.emit('error', Object.assign(new Error(), { code: 'ECONNREFUSED' }))
    assert.equal(made[1].socket.text, 'HEAD body')
    made[1].socket.emit('error', Object.assign(new Error(), { code: 'ECONNREFUSED' }))
    assert.deepEqual([ended, fresh], [['connect: ECONNREFUSED'], [false, false]])
  })
})

describe('time', () => {
  const pass = (forwarding: Forwarding, milliseconds: number): void => {
    clock.now += milliseconds
    forwarding.sweep(clock.now)
  }

  test('to connect, to answer and to go on', () => {
    const connecting = make([{ connected: false }])
    connecting.start()
    pass(connecting.forwarding, 500)
    assert.deepEqual(connecting.ended, [])
    pass(connecting.forwarding, 1)
    assert.deepEqual(connecting.ended, ['connect: the connection was not made in time'])

    const silent = make()
    silent.start()
    pass(silent.forwarding, 1000)
    assert.deepEqual(silent.ended, [])
    pass(silent.forwarding, 1)
    assert.deepEqual([silent.ended, silent.made[0].socket.destroyed], [['timeout: no response in time'], true])

    const stopped = make()
    stopped.start()
    stopped.made[0].receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')
    pass(stopped.forwarding, 2001)
    assert.deepEqual(stopped.ended, ['broken off at 200: timeout'])
  })

  test('an upstream that takes no more of the body is given up; one that takes some is not', () => {
    for (const takes of [true, false]) {
      const { start, made, forwarding, ended } = make([{ completion: 'later' }])
      start({}, null, false)
      forwarding.body(Buffer.alloc(200_000))
      pass(forwarding, 1500)
      if (takes) made[0].socket.complete()
      pass(forwarding, 1500)
      assert.deepEqual(ended, takes ? [] : ['timeout: the upstream does not take the request body'])
    }
  })

  test('a client that reads slowly is not the upstream being late', () => {
    const { start, made, client, forwarding, ended } = make()
    start()
    client.queued = 300_000
    made[0].receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')
    assert.equal(made[0].connection.paused, true)
    pass(forwarding, 60_000)
    assert.deepEqual(ended, [])
    client.queued = 0
    forwarding.clientDrained()
    assert.equal(made[0].connection.paused, false)
    pass(forwarding, 2001)
    assert.equal(ended.length, 1)
  })
})

describe('a switch', () => {
  const head = (protocol: string): string => `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`

  test('that was asked for makes a tunnel, ended from both sides', () => {
    const { start, made, client, forwarding, ended } = make()
    start({ upgrade: 'websocket' })
    made[0].receive(`${head('WebSocket')}first`)
    forwarding.tunnelBytes(Buffer.from('up'))
    forwarding.tunnelEnd()
    assert.match(client.text, /\r\n\r\nfirst$/)
    assert.match(made[0].socket.text, /up$/)
    assert.deepEqual([client.told, made[0].socket.ending, ended], [['tunnel'], true, []])
    made[0].socket.emit('end')
    assert.deepEqual(ended, ['101 close'])
  })

  test('unasked, to another protocol, or before the request was whole is a failure', () => {
    for (const [upgrade, complete] of [
      ['', true],
      ['h2c', true],
      ['websocket', false],
    ] as const) {
      const { start, made, client, ended } = make()
      start({ upgrade }, 'a', complete)
      made[0].receive(`${head('websocket')}secret`)
      assert.deepEqual([ended, client.text], [['protocol: the upstream switched protocols unasked'], ''])
    }
  })
})

test('abandoned, it leaves its upstream connection to nobody and hears nothing more', () => {
  const { start, made, forwarding, ended } = make()
  start()
  forwarding.abandon()
  made[0].receive(OK)
  forwarding.body(Buffer.from('late'))
  assert.deepEqual([ended, made[0].socket.destroyed, forwarding.active], [[], true, false])
})
