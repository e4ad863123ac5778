import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CurrentRequest } from '../../../src/gateway/current-request.ts'
import type { GatewayServices, RouteRuntime, Runtime } from '../../../src/gateway/runtime.ts'
import type { AccessRecord, RequestMeter } from '../../../src/observability/types.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { FakeSocket } from '../../support/fake-socket.ts'
import { certificateFacts } from '../../support/identities.ts'
import { headOf, listener, policyOf, runtimeWith, services } from './fixture.ts'

const peer: Peer = { certificate: certificateFacts('CN=alice'), refusal: null, detail: '', serverName: null, resumed: false }

/** Counts under a name. */
function meter(name: string, counted: string[]): RequestMeter {
  return {
    observe: (method, status) => counted.push(`${name} ${method} ${status}`),
    decide: (decision) => counted.push(`${name} ${decision}`),
  }
}

/** One on a snapshot that `swap` replaces, with what it wrote. */
function make(given: Partial<Runtime> = {}, more: Partial<GatewayServices> = {}) {
  const counted: string[] = []
  const logged: AccessRecord[] = []
  const listeners = new Map([['main', { ...listener, missMeter: meter('miss', counted) }]])
  let runtime = runtimeWith({ listeners, ...given })
  const heard: GatewayServices = {
    ...services().heard,
    accessLog: { write: (record: AccessRecord) => logged.push({ ...record, requestId: record.requestId }) } as never,
    runtime: () => runtime,
    ...more,
  }
  const current = new CurrentRequest(new FakeSocket().socket, 'main', peer, heard)
  const swap = (changes: Partial<Runtime>) => {
    runtime = runtimeWith({ number: 2, listeners, ...changes })
    return runtime
  }
  return { current, counted, logged, swap }
}

const routeOn = (listeners: readonly string[], counted: string[]): RouteRuntime =>
  ({
    route: policyOf([{ path: '/**', name: 'all' }]).routes[0],
    meters: new Map(listeners.map((name) => [name, meter(name, counted)])),
  }) as unknown as RouteRuntime

function read(current: CurrentRequest, fields: string, memo = 0) {
  const { bytes, head } = headOf(`GET /a HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
  head.memo = memo
  current.asked.begin(bytes, head, head.end, true)
  return { bytes, head }
}

test('a connection on a listener that is no more is served by nobody', () => {
  assert.throws(() => make({ listeners: new Map() }), /no listener 'main' in snapshot 1/)
})

describe('a new snapshot', () => {
  test('is taken up once, and the certificate judged by it', () => {
    const judged: [string, Peer][] = []
    const refused: Peer = { ...peer, refusal: 'certificate_revoked' }
    const judge = (name: string, one: Peer): Peer => {
      judged.push([name, one])
      return refused
    }
    const { current, swap } = make({}, { judge })
    assert.deepEqual([current.renew(), judged.length], [false, 0])
    const next = swap({})
    assert.deepEqual([current.renew(), current.runtime, current.peer], [true, next, refused])
    assert.deepEqual([current.renew(), judged], [false, [['main', peer]]])
  })

  test('is not what was looked up or recognised before', () => {
    const { current, swap } = make({ policy: policyOf([{ path: '/a', name: 'old' }]) })
    const { bytes, head } = read(current, '', 1)
    const found = () => {
      assert.equal(current.addressee.resolve(bytes, head, 'GET', current.runtime, current.listener, null), null)
      return current.addressee.found
    }
    assert.notEqual(found(), 'route_missing')
    swap({ policy: policyOf([{ path: '/b', name: 'new' }]) })
    current.renew()
    assert.equal(found(), 'route_missing')
  })

  test('is no other than a certificate that was judged anew: what its rights gave is asked again, once', () => {
    let verdict: Peer = peer
    const { current } = make({}, { judge: () => verdict })
    assert.deepEqual([current.rejudge(), current.renew()], [true, false])
    verdict = { ...peer, clearance: 'Operator', permissions: new Map() }
    assert.deepEqual([current.rejudge(), current.peer], [true, verdict])
    assert.deepEqual([current.renew(), current.renew()], [true, false])
    verdict = { ...peer, refusal: 'certificate_revoked' }
    assert.equal(current.rejudge(), false)
  })

  test('without the listener leaves its open connections with what they had', () => {
    const { current, swap } = make()
    const before = current.listener
    swap({ listeners: new Map() })
    assert.deepEqual([current.renew(), current.listener], [true, before])
  })
})

describe('the request id', () => {
  test("is the client's where it can be put anywhere, and its line stays", () => {
    const { current } = make()
    const { bytes, head } = read(current, 'X-Request-Id: abc.1\r\n')
    current.record.begin('GET')
    assert.deepEqual([current.identify(bytes, head), current.record.requestId, current.asked.head.cuts.length], ['', 'abc.1', 0])
  })

  test('is ours, another each time, where the client gave none or one that cannot stay; its line is cut then', () => {
    const { current } = make()
    const lines = ['', '', 'X-Request-Id: a b\r\n'].map((fields) => {
      const { bytes, head } = read(current, fields)
      const line = current.identify(bytes, head)
      assert.equal(line, `X-Request-Id: ${current.record.requestId}\r\n`)
      assert.equal(current.asked.head.cuts.length, fields === '' ? 0 : 2)
      return line
    })
    assert.equal(new Set(lines).size, 3)
  })

  test('that is cut leaves a remembered head as it is', () => {
    const { current } = make()
    const { bytes, head } = read(current, 'X-Request-Id: a b\r\n', 7)
    current.identify(bytes, head)
    assert.deepEqual([head.cuts.length, current.asked.head.cuts.length, current.asked.head.memo], [0, 2, 0])
  })

  test('that cannot be cut for want of room is told, never forwarded', () => {
    const { current } = make()
    const { bytes, head } = read(current, 'X-Request-Id: a b\r\n')
    for (let at = head.end; head.cuts.append(at, at + 1); ) at += 2
    assert.equal(current.identify(bytes, head), null)
  })
})

describe('the end of a request', () => {
  test('is one line and one count, under its route', () => {
    const { current, counted, logged } = make()
    Object.assign(current.runtime, { routes: [routeOn(['main'], counted)] })
    current.begin('GET')
    current.takeRoute(0)
    Object.assign(current.record, { decision: 'allow', startedAt: 100 })
    current.finish(200, 'http://u', 105)
    current.finish(500, 'http://other')
    assert.deepEqual(counted, ['main GET 200'])
    assert.equal(logged.length, 1)
    const { route, status, upstream, durationMs } = logged[0]
    assert.deepEqual([route, status, upstream, durationMs], ['all', 200, 'http://u', 5])
    assert.deepEqual([current.record.open, current.asked.understood], [false, false])
  })

  test('that was refused names no upstream, whichever served the one before', () => {
    const { current, counted, logged } = make()
    current.begin('GET')
    current.finish(403, 'http://before')
    assert.deepEqual([logged[0].upstream, counted], [null, ['miss GET 403']])
  })

  test('takes its route and who asked with it', () => {
    const { current, counted } = make()
    Object.assign(current.runtime, { routes: [routeOn([], counted)] })
    current.begin('GET')
    current.takeRoute(0)
    Object.assign(current, { principal: {} })
    current.begin('PUT')
    assert.deepEqual([current.route, current.principal, current.record.route, current.record.method], [null, null, null, 'PUT'])
    current.takeRoute(0)
    current.finish(404, null)
    assert.deepEqual(counted, ['miss PUT 404'], 'a route that this listener has no meter for')
  })
})
