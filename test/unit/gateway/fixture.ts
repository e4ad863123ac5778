import type { HttpConnection } from '../../../src/gateway/exchange.ts'
import type { IdentityHeaders } from '../../../src/gateway/headers/types.ts'
import type { GatewayServices, ListenerRuntime, RouteRuntime, Runtime } from '../../../src/gateway/runtime.ts'
import { compileHeaderTable, REQUEST_NAMES } from '../../../src/http1/header-table.ts'
import { RequestHead } from '../../../src/http1/request-head.ts'
import type { AuditEvent, Metrics, RequestMeter } from '../../../src/observability/types.ts'
import { compilePolicy } from '../../../src/policy/policy.ts'
import type { Policy, RouteSettings } from '../../../src/policy/types.ts'
import type { Upstream } from '../../../src/upstream/upstream.ts'
import { type FakeUpstream, fakeUpstream } from '../../support/fake-home.ts'
import type { Completion } from '../../support/fake-socket.ts'
import { roleMapping } from '../../support/role-mapping.ts'
import { routeSettings } from '../../support/route-settings.ts'

export const TABLE = compileHeaderTable(REQUEST_NAMES, { exact: ['x-forwarded-user'], prefixes: [] })

/** A request head as the connection's reader leaves it. */
export function headOf(text: string): { readonly bytes: Buffer; readonly head: RequestHead } {
  const bytes = Buffer.from(text, 'latin1')
  const head = new RequestHead()
  if (head.read(bytes, 0, bytes.length, TABLE, { headers: 100, targetBytes: 8192 }) !== 1) throw new Error(head.problem)
  return { bytes, head }
}

const silent: RequestMeter = { observe: () => {}, decide: () => {} }

export const listener: ListenerRuntime = {
  name: 'main',
  scheme: 'https',
  requiresCertificate: false,
  nameFor: null,
  adminDns: () => new Set(),
  missMeter: silent,
}

/** Routes for everybody and for the role `reader`, which alice has. */
export function policyOf(routes: readonly (Partial<RouteSettings> & { readonly path: string })[]): Policy {
  const settings = { routes: routes.map((route) => routeSettings(route)) }
  return compilePolicy(settings as never, roleMapping({ reader: { users: ['alice'] } }), [])
}

export const headers: IdentityHeaders = {
  block: ({ identity }) => ({ lines: `X-Forwarded-User: ${identity?.name ?? ''}\r\n`, dropped: [] }),
  hostLines: (_subject, host, inbound) => `X-Forwarded-Host: ${host}\r\n${inbound === undefined ? '' : `Hop: ${inbound.forwardedFor}\r\n`}`,
  readsInbound: () => false,
  strip: { exact: [], prefixes: [] },
  rewritesVary: false,
  trustsHop: () => false,
}

export function runtimeWith(changes: Partial<Runtime> = {}): Runtime {
  return {
    number: 1,
    policy: policyOf([{ path: '/**', allow: [{ kind: 'anonymous' }] }]),
    headers,
    listeners: new Map([['main', listener]]),
    routes: [],
    errors: 'problem',
    hideRoutes: false,
    contact: null,
    upstreamFirstByte: 1000,
    upstreamIdle: 2000,
    upstreamConnect: 500,
    ...changes,
  } as Runtime
}

/** Services that keep what they hear. */
export function services(): { readonly heard: GatewayServices; readonly events: AuditEvent[]; readonly failures: string[] } {
  const events: AuditEvent[] = []
  const failures: string[] = []
  const metrics = { refused: () => {}, clientAuthFailure: (reason: string) => failures.push(reason) } as unknown as Metrics
  const heard: GatewayServices = {
    metrics,
    accessLog: null,
    audit: (event) => events.push(event),
    isStale: () => false,
    runtime: () => runtimeWith(),
    judge: (_listener, peer) => peer,
  }
  return { heard, events, failures }
}

/** A client that takes everything at once and notes what it is told. */
export class FakeClient implements HttpConnection {
  text = ''
  readonly told: string[] = []
  queued = 0
  requestComplete = true
  closing = false
  held = false

  send(bytes: Buffer): void {
    this.text += bytes.latin1Slice()
  }
  finish(close: boolean): void {
    this.told.push(close ? 'close' : 'keep')
  }
  pause(): void {
    this.held = true
  }
  resume(): void {
    this.held = false
  }
  startTunnel(): void {
    this.told.push('tunnel')
  }
  endTunnel(): void {
    this.told.push('end tunnel')
  }
  destroy(): void {
    this.told.push('destroy')
  }
}

/** An upstream whose connections are made in advance: each `acquire` takes the next. */
export function fakeUpstreams(given: readonly { readonly completion?: Completion; readonly connected?: boolean }[], targetCount = 1) {
  const made: FakeUpstream[] = given.map(({ completion, connected }, i) => fakeUpstream(completion, connected, `http://fake${i}`))
  const fresh: boolean[] = []
  const upstream = {
    name: 'u',
    targetCount,
    acquire(asked: boolean) {
      const next = made[fresh.length]
      if (next === undefined) throw new Error('one more connection was asked for than the test expects')
      fresh.push(asked)
      return next.connection
    },
  } as unknown as Upstream
  return { made, upstream, fresh }
}

export function routeRuntime(policy: Policy, upstream: Upstream, counted: string[] = []): RouteRuntime {
  return {
    route: policy.routes[0],
    upstream,
    upstreamMeter: { observe: () => {}, error: (kind) => counted.push(kind), retry: () => counted.push('retry'), healthy: () => {} },
    meters: new Map(),
    strips: null,
  }
}
