import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CurrentRequest } from '../../../src/gateway/current-request.ts'
import { Principal } from '../../../src/gateway/principal.ts'
import { decideRequest } from '../../../src/gateway/request-decision.ts'
import type { RouteMiss } from '../../../src/policy/types.ts'
import { FakeSocket } from '../../support/fake-socket.ts'
import { basicIdentity } from '../../support/identities.ts'
import { headers, headOf, policyOf, runtimeWith, services } from './fixture.ts'

const policy = policyOf([{ path: '/**', name: 'all', allow: [{ kind: 'role', role: 'reader' }] }])
const [route] = policy.routes

/** The decision for somebody who asks for `/a`: on the only route, or on none. */
function decided(name: string, { fields = '', method = 'GET', miss = null as RouteMiss | null, unusable = '' } = {}) {
  const block = unusable === '' ? headers.block : () => ({ unusable })
  const runtime = runtimeWith({ policy, headers: { ...headers, block } })
  const current = new CurrentRequest(new FakeSocket().socket, 'main', null, { ...services().heard, runtime: () => runtime })
  const { bytes, head } = headOf(`${method} /a HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
  current.asked.begin(bytes, head, head.end, true)
  current.begin(method)
  current.record.path = '/a'
  current.asked.found = miss ?? (route as (typeof policy.routes)[number])
  const principal = new Principal(runtime, basicIdentity(name), { remoteAddress: '', scheme: 'https', certificate: null })
  const decision = decideRequest(current, principal)
  return decision.allowed ? 'allowed' : `${decision.reason}: ${decision.detail}`
}

test('whoever has a role of the route may', () => {
  assert.equal(decided('alice'), 'allowed')
  assert.match(decided('bob'), /^role_missing: /)
})

test('no route is told only here, after who is asking', () => {
  assert.equal(decided('alice', { miss: 'route_missing' }), 'route_missing: GET /a matches no route')
  assert.match(decided('alice', { miss: 'route_missing', unusable: 'a comma in it' }), /^identity_unusable: a comma in it/)
})

test("another web site's request is refused to who may, and for want of a role to who may not", () => {
  const elsewhere = { method: 'POST', fields: 'Sec-Fetch-Site: cross-site\r\n' }
  assert.match(decided('alice', elsewhere), /^cross_site: /)
  assert.match(decided('bob', elsewhere), /^role_missing: /)
})
