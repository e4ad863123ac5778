import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Origin, Principal } from '../../../src/gateway/principal.ts'
import { NO_SUBJECT } from '../../../src/observability/access-fragments.ts'
import { Permit } from '../../../src/policy/decide.ts'
import { certificateFacts, certificateIdentity } from '../../support/identities.ts'
import { headers, policyOf, runtimeWith } from './fixture.ts'

const policy = policyOf([
  { path: '/read', allow: [{ kind: 'role', role: 'reader' }] },
  { path: '/admin', allow: [{ kind: 'role', role: 'admin' }] },
  { path: '/all', allow: [{ kind: 'anonymous' }] },
])
const runtime = runtimeWith({ policy })
const origin: Origin = { remoteAddress: '192.0.2.7', scheme: 'https', certificate: null }
const alice = certificateIdentity('alice', 'CN=alice')

test('an identity has its roles, its headers and its part of the log line', () => {
  const principal = new Principal(runtime, alice, origin)
  assert.deepEqual([...principal.roles.names], ['reader'])
  assert.equal(principal.lines, 'X-Forwarded-User: alice\r\n')
  assert.match(principal.logged, /"user":"alice","dn":"CN=alice",.*"roles":\["reader"\]/)
})

test('each route is decided once, and only by a permit or a denial', () => {
  const principal = new Principal(runtime, alice, origin)
  const [read, admin, all] = policy.routes
  const permit = principal.decide(read)
  assert.ok(Permit.is(permit))
  assert.deepEqual([permit.route, permit.identity, principal.decide(read)], [read, alice, permit])
  const denial = principal.decide(admin)
  assert.equal(denial.allowed === false && denial.reason, 'role_missing')
  assert.equal(principal.decide(admin), denial)
  assert.equal(principal.decide(all).allowed, true)
})

test('nobody has no roles, and only what is for everybody', () => {
  const principal = new Principal(runtime, null, origin)
  const [read, , all] = policy.routes
  assert.deepEqual([principal.roles.names.size, principal.logged], [0, NO_SUBJECT])
  assert.equal(principal.decide(read).allowed, false)
  assert.equal(principal.decide(all).allowed, true)
})

test('the log names the certificate that was seen, though it gave no identity', () => {
  const { logged } = new Principal(runtime, null, { ...origin, certificate: certificateFacts('CN=seen') })
  assert.match(logged, /"user":null,"dn":"CN=seen"/)
})

test('an identity that no dialect can express has no header lines', () => {
  const principal = new Principal(runtimeWith({ policy, headers: { ...headers, block: () => ({ unusable: 'why' }) } }), alice, origin)
  assert.deepEqual([principal.unusable, principal.lines, principal.dropped], ['why', '', []])
})

test('what depends on the request is decided for each, by its method and path', () => {
  const database = { kind: 'database', capture: 'db', access: 'auto' } as const
  const databases = policyOf([{ path: '/databases/{db}/**', allow: [database] }])
  const [route] = databases.routes
  assert.ok(route?.dependsOnRequest)
  const holder = { ...alice, clearance: 'ValidUser', permissions: new Map([['movies', 'Read']] as const) } as const
  const principal = new Principal(runtimeWith({ policy: databases }), holder, origin)
  const asked = (method: string, path: string, target: string | null = null) =>
    principal.decideAsked(route, { record: { method }, addressee: { path, target } }).allowed
  assert.deepEqual(
    [asked('GET', '/databases/movies/x'), asked('PUT', '/databases/movies/x'), asked('GET', '/databases/books/x')],
    [true, false, false],
  )
  assert.equal(asked('GET', '/databases/movies/x', '/databases/movies;v=1/x'), false)
  assert.equal(asked('GET', '/databases/movies/x'), true)
  // Asked without its request it grants nothing.
  assert.equal(principal.decide(route).allowed, false)
})
