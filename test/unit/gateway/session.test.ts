import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authenticator } from '../../../src/gateway/authentication/types.ts'
import type { Share } from '../../../src/gateway/fair-use.ts'
import type { GatewayServices, Runtime } from '../../../src/gateway/runtime.ts'
import { Session } from '../../../src/gateway/session.ts'
import { clock } from '../../../src/http1/clock.ts'
import type { ConnectionRules } from '../../../src/http1/connection-rules.ts'
import type { AccessLog } from '../../../src/observability/types.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { FakeSocket } from '../../support/fake-socket.ts'
import { certificateFacts, certificateIdentity } from '../../support/identities.ts'
import { fakeUpstreams, headers, policyOf, routeRuntime, runtimeWith, services, TABLE } from './fixture.ts'

// A request that repeats: the parts of its story that no clock and no reload of a real program shows for certain.

const SAME = 'GET /a HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-User: root\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** More often than it takes to be settled. */
const TIMES = 6

const limits = { head: 0, headBytes: 1_000, headers: 20, targetBytes: 100, bodyBytes: 0, bodyIdle: 0, keepalive: 0 }
const newRules = (): ConnectionRules => ({ table: TABLE, limits, draining: false })

/** Identifies everybody by the certificate, and counts how often it was asked. */
function authenticator(perRequest: boolean): Authenticator & { asked: number } {
  return {
    perRequest,
    asked: 0,
    authenticate() {
      this.asked++
      return { identity: certificateIdentity('alice', 'CN=alice'), consumedAuthorization: false }
    },
  }
}

/** A snapshot with one route for the role `reader`, and upstream connections for so many requests. */
function snapshot(count: number, changes: Partial<Runtime> = {}) {
  const policy = policyOf([{ path: '/**', allow: [{ kind: 'role', role: 'reader' }] }])
  const { made, upstream } = fakeUpstreams(Array.from({ length: count }, () => ({})))
  const routes = [routeRuntime(policy, upstream)]
  return { made, runtime: runtimeWith({ policy, routes, rules: newRules(), authenticator: authenticator(false), ...changes }) }
}

/** A session on a fake socket; `services` may be changed while it is open. */
function open(runtime: Runtime, certificate: Partial<Peer['certificate'] & object> = {}, accessLog: AccessLog | null = null) {
  const peer: Peer = { certificate: certificateFacts('CN=alice', certificate), refusal: null, detail: '', serverName: null, resumed: false }
  const { heard } = services()
  const current = { runtime, judge: heard.judge }
  const gateway: GatewayServices = {
    ...heard,
    accessLog,
    metrics: { ...heard.metrics, strippedHeaders: () => {}, requestShed: () => {} },
    runtime: () => current.runtime,
    judge: (listener, judged) => current.judge(listener, judged),
  }
  const share: Share = { asked: 0, most: Number.POSITIVE_INFINITY, holders: 1 }
  const socket = new FakeSocket()
  const session = new Session(socket.socket, 'main', peer, share, gateway)
  session.start()
  return { socket, current, share }
}

/** Sends the same head and lets the upstream's connections answer, one each; what reached them. */
function exchange(socket: FakeSocket, made: ReturnType<typeof snapshot>['made'], head = SAME): string[] {
  for (const { receive } of made) {
    socket.receive(head)
    receive(OK)
  }
  return made.map((upstream) => upstream.socket.text.replace(/X-Request-Id: .*\r\n/, ''))
}

const refusalIn = (socket: FakeSocket): string | undefined => /"code":"(\w+)"/.exec(socket.text)?.[1]

test('is not decided anew, and looks the same to the upstream each time', () => {
  let written = 0
  const counting = { ...headers, readsInbound: () => ++written < 0 }
  const { made, runtime } = snapshot(TIMES, { headers: counting })
  const { socket } = open(runtime)
  const forwarded = exchange(socket, made)
  assert.deepEqual(
    new Set(forwarded),
    new Set(['GET /a HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-User: alice\r\nX-Forwarded-Host: a.test\r\n\r\n']),
  )
  assert.equal(socket.text, OK.repeat(TIMES))
  assert.ok(written < TIMES, `identity headers were made ${written} times`)
})

test('is refused as soon as the certificate has expired by the clock', () => {
  const { made, runtime } = snapshot(TIMES)
  const notAfter = clock.wall + 1_000
  const { socket } = open(runtime, { notAfter })
  exchange(socket, made.slice(0, -1))
  const before = clock.wall
  try {
    clock.wall = notAfter
    exchange(socket, made.slice(-1))
    clock.wall = notAfter + 1
    socket.receive(SAME)
  } finally {
    clock.wall = before
  }
  assert.equal(refusalIn(socket), 'certificate_expired')
})

test('is refused where a new snapshot no longer trusts the certificate, before anybody is asked who it is', () => {
  const { made, runtime } = snapshot(TIMES)
  const { socket, current } = open(runtime)
  exchange(socket, made)
  const next = snapshot(0, { authenticator: authenticator(false) })
  current.judge = (_listener, peer) => ({ ...peer, refusal: 'certificate_revoked' })
  current.runtime = next.runtime
  socket.receive(SAME)
  assert.equal(refusalIn(socket), 'certificate_revoked')
  assert.equal((next.runtime.authenticator as ReturnType<typeof authenticator>).asked, 0)
})

test('goes where the snapshot in force says, though heads are read by the same rules', () => {
  const { made, runtime } = snapshot(TIMES)
  const { socket, current } = open(runtime)
  exchange(socket, made)
  const { rules } = runtime
  const next = snapshot(TIMES, { rules, headers: { ...headers, block: () => ({ lines: 'X-New: 1\r\n', dropped: [] }) } })
  current.runtime = next.runtime
  for (const text of exchange(socket, next.made)) assert.match(text, /X-New: 1\r\n/)
  current.runtime = snapshot(0, { rules, policy: policyOf([{ path: '/b', allow: [{ kind: 'anonymous' }] }]) }).runtime
  socket.receive(SAME)
  assert.equal(refusalIn(socket), 'route_missing')
})

test('is identified each time where a password might be', () => {
  const perRequest = authenticator(true)
  const { made, runtime } = snapshot(TIMES, { authenticator: perRequest })
  exchange(open(runtime).socket, made)
  assert.equal(perRequest.asked, TIMES)
})

test('has its id in what it is answered instead of the upstream, with no log that asked for it', () => {
  for (const [line, id] of [
    ['X-Request-Id: mine.1\r\n', /^mine\.1$/],
    ['', /^[0-9a-f]{28}$/],
  ] as const) {
    const { made, runtime } = snapshot(TIMES)
    const { socket } = open(runtime)
    const head = `${SAME.slice(0, -2)}${line}\r\n`
    exchange(socket, made.slice(0, -1), head)
    socket.receive(head)
    const upstream = made[TIMES - 1].socket
    upstream.emit('end')
    assert.equal(refusalIn(socket), 'upstream_failed')
    const told = /"request_id":"([^"]*)"/.exec(socket.text)?.[1] ?? ''
    assert.match(told, id)
    assert.ok(upstream.text.includes(`X-Request-Id: ${told}\r\n`))
  }
})

test('another request in between is its own in the log, and the repeated one is itself again', () => {
  const policy = policyOf([{ path: '/a', methods: ['GET'], allow: [{ kind: 'role', role: 'reader' }] }])
  const { made, upstream } = fakeUpstreams(Array.from({ length: TIMES + 2 }, () => ({})))
  const { runtime } = snapshot(0, { policy, routes: [routeRuntime(policy, upstream)] })
  const lines: string[] = []
  const log: AccessLog = {
    write: ({ method, path, decision, status }) => lines.push(`${method} ${path} ${decision} ${status}`),
    reopen: () => {},
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const { socket } = open(runtime, {}, log)
  exchange(socket, made.slice(0, TIMES))
  socket.receive('DELETE /other HTTP/1.1\r\nHost: a.test\r\n\r\n')
  exchange(socket, made.slice(TIMES))
  const same = 'GET /a allow 200'
  assert.deepEqual(lines, [...Array.from({ length: TIMES }, () => same), 'DELETE /other deny 404', same, same])
})

test('with more to be removed than a remembered head has, it is permitted like the first', () => {
  const policy = policyOf([{ path: '/**', allow: [{ kind: 'role', role: 'reader' }] }])
  const { made, upstream } = fakeUpstreams(Array.from({ length: TIMES }, () => ({})))
  const routes = [{ ...routeRuntime(policy, upstream), strips: (name: string) => name === 'x-secret' }]
  const rules = { ...newRules(), limits: { ...limits, headers: 100 } }
  const { socket } = open(snapshot(0, { policy, routes, rules }).runtime)
  const head = `GET /a HTTP/1.1\r\nHost: a.test\r\n${'X-Secret: 1\r\nX: 2\r\n'.repeat(9)}${'X-Secret: 1\r\nY: 2\r\n'.repeat(9)}\r\n`
  const forwarded = exchange(socket, made, head)
  assert.equal(socket.text, OK.repeat(TIMES))
  for (const text of forwarded) assert.ok(!text.includes('Secret') && text.includes('Y: 2'), text)
})
