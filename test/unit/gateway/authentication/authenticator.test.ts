import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash as bcryptHash } from '@node-rs/bcrypt'
import { createAuthenticator } from '../../../../src/gateway/authentication/authenticator.ts'
import { PasswordQueue } from '../../../../src/gateway/authentication/password-queue.ts'
import type { AuditEvent } from '../../../../src/observability/types.ts'
import { ALICE, authorization, authSettings, basic, brief, certificate, clientcert, peer, services, USERS } from './fixture.ts'

const RIGHT = authorization('alice', 'secret')

test('only a chain that reads Authorization has to run for each request', () => {
  const perRequest = (...domains: Parameters<typeof authSettings>) =>
    createAuthenticator(authSettings(...domains), USERS, services()).perRequest
  assert.equal(perRequest([clientcert()]), false)
  assert.equal(perRequest([clientcert()], { anonymous: true }), false)
  assert.equal(perRequest([], { anonymous: true }), false)
  assert.equal(perRequest([clientcert(), basic()]), true)
})

test('a certificate is judged synchronously, and a password too once it is remembered', async () => {
  const authenticator = createAuthenticator(authSettings([clientcert(), basic()]), USERS, services())
  assert.equal(authenticator.authenticate(peer(ALICE), null, '') instanceof Promise, false)
  assert.equal(authenticator.authenticate(null, null, '') instanceof Promise, false)
  const first = authenticator.authenticate(null, RIGHT, '')
  assert.ok(first instanceof Promise)
  const { identity } = await first
  const second = authenticator.authenticate(null, RIGHT, '')
  assert.ok(!(second instanceof Promise))
  assert.equal(second.identity, identity)
})

test('what is remembered of passwords goes with the authenticator', async () => {
  const using = services()
  const settings = authSettings([basic()])
  await createAuthenticator(settings, USERS, using).authenticate(null, RIGHT, '')
  const changed = createAuthenticator(settings, [{ ...(USERS[0] as (typeof USERS)[0]), hash: 'hash of new' }], using)
  assert.equal(brief(await changed.authenticate(null, RIGHT, '')), 'credentials_invalid (challenge)')
})

test('a peer whose certificate was refused gets in by nothing', async () => {
  const refused = peer(ALICE, { refusal: 'certificate_revoked', detail: 'serial 01' })
  const authenticator = createAuthenticator(authSettings([clientcert(), basic()], { anonymous: true }), USERS, services())
  assert.deepEqual(await authenticator.authenticate(refused, RIGHT, ''), {
    identity: null,
    reason: 'certificate_revoked',
    detail: 'serial 01',
    challenge: null,
    absent: false,
  })
})

test('a flood of wrong passwords is answered with overload, and certificates do not notice', async () => {
  const authenticator = createAuthenticator(authSettings([clientcert(), basic()]), USERS, services({ queue: new PasswordQueue(1, 1) }))
  const flood = Array.from({ length: 4 }, (_, index) => authenticator.authenticate(null, authorization('alice', `guess${index}`), ''))
  assert.deepEqual((await Promise.all(flood)).map(brief), [
    'credentials_invalid (challenge)',
    'credentials_invalid (challenge)',
    'overloaded',
    'overloaded',
  ])
  assert.equal(brief(await authenticator.authenticate(peer(ALICE), null, '')), 'alice@cert')
})

test('a claimed clearance is audited', async () => {
  const events: AuditEvent[] = []
  const authenticator = createAuthenticator(authSettings([clientcert({ rolesAttribute: 'dn:ou' })]), [], {
    audit: (event) => events.push(event),
  })
  await authenticator.authenticate(peer(certificate(['OU', 'db:all'], ['CN', 'eve'])), null, '')
  assert.deepEqual(events, [{ kind: 'RESERVED_ROLE_DROPPED', user: 'eve', detail: 'only the registry gives db:all' }])
})

test('with the real hashes and the worker’s own queue', async () => {
  const users = [{ name: 'alice', hash: await bcryptHash('secret', { cost: 4, version: '2y' }), backendRoles: [], line: 1 }]
  const authenticator = createAuthenticator(authSettings([basic()]), users)
  assert.equal(brief(await authenticator.authenticate(null, RIGHT, '')), 'alice@passwords')
  assert.equal(brief(await authenticator.authenticate(null, authorization('alice', 'x'), '')), 'credentials_invalid (challenge)')
})
