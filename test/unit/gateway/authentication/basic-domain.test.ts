import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InternalUser } from '../../../../src/config/settings.ts'
import { basicDomain } from '../../../../src/gateway/authentication/basic-domain.ts'
import { PasswordCheck, type PasswordServices } from '../../../../src/gateway/authentication/password-check.ts'
import { ANONYMOUS_NAME } from '../../../../src/identity/types.ts'
import { basic, services, USERS } from './fixture.ts'

const domainOf = (users: readonly InternalUser[] = USERS, realm = 'certgate') =>
  basicDomain(basic({ realm }), users, new PasswordCheck(users, services() as unknown as PasswordServices))

const nobody = { peer: null, adminDns: new Set<string>() }

const password = (name: string, text: string) => ({ ...nobody, credentials: { kind: 'password', name, password: text } }) as const

test('a right password gives the user with the backend roles of the file', async () => {
  assert.deepEqual(await domainOf().judge(password('alice', 'secret')), {
    kind: 'accepted',
    identity: { name: 'alice', dn: null, source: 'basic', domain: 'passwords', backendRoles: ['staff'], certificate: null },
  })
})

test('the operator reads which it was, unknown user or wrong password, and never the password', async () => {
  assert.deepEqual(await domainOf().judge(password('alice', 'guess')), { kind: 'wrong', detail: 'wrong password for user "alice"' })
  assert.deepEqual(await domainOf().judge(password('eve\u202e', 'guess')), { kind: 'wrong', detail: 'no internal user "eve\u202e"' })
})

test('no credentials, and those of another scheme, are not for this domain', () => {
  for (const kind of ['absent', 'foreign'] as const)
    assert.deepEqual(domainOf().judge({ ...nobody, credentials: { kind } }), { kind: 'absent' })
})

test('nobody becomes the anonymous identity by a password', async () => {
  const users = [{ name: ANONYMOUS_NAME, hash: 'hash of x', backendRoles: [], line: 1 }]
  const outcome = await domainOf(users).judge(password(ANONYMOUS_NAME, 'x'))
  assert.equal(outcome.kind, 'wrong')
})

test('the challenge names the realm, quoted', () => {
  assert.equal(domainOf().challenge, 'Basic realm="certgate"')
  assert.equal(domainOf(USERS, 'a "b"\r\n\\').challenge, 'Basic realm="a \\"b\\"??\\\\"')
  assert.equal(
    basicDomain(basic({ challenge: false }), [], new PasswordCheck([], services() as unknown as PasswordServices)).challenge,
    null,
  )
})
