import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuthSettings } from '../../../../src/config/settings.ts'
import { ALICE, ask, authorization, authSettings, basic, brief, certificate, clientcert, NAMELESS, type Sent, services } from './fixture.ts'

const RIGHT = authorization('alice', 'secret')
const BOB = authorization('bob', 'b:ob')
const WRONG = authorization('alice', 'guess')

async function expectEach(settings: AuthSettings, cases: readonly (readonly [Sent, string])[]): Promise<void> {
  for (const [sent, expected] of cases)
    assert.equal(
      brief(await ask(settings, sent)),
      expected,
      JSON.stringify({ authorization: sent.authorization, dn: sent.certificate?.dn }),
    )
}

test('only clientcert: the certificate or nothing', async () => {
  await expectEach(authSettings([clientcert()]), [
    [{ certificate: ALICE }, 'alice@cert'],
    [{ certificate: NAMELESS }, 'identity_unusable'],
    [{}, 'certificate_required (absent)'],
    // Authorization is the upstream's business where no domain reads it.
    [{ authorization: WRONG }, 'certificate_required (absent)'],
  ])
})

test('clientcert, then basic: the first that accepts', async () => {
  await expectEach(authSettings([clientcert(), basic()]), [
    [{ certificate: ALICE }, 'alice@cert'],
    [{ certificate: ALICE, authorization: WRONG }, 'alice@cert'],
    [{ authorization: RIGHT }, 'alice@passwords'],
    [{ authorization: WRONG }, 'credentials_invalid (challenge)'],
    [{}, 'credentials_required (absent) (challenge)'],
    [{ authorization: 'Bearer x' }, 'credentials_required (challenge)'],
    [{ authorization: 'Basic ?' }, 'credentials_invalid (challenge)'],
    [{ certificate: NAMELESS, authorization: RIGHT }, 'alice@passwords'],
    [{ certificate: NAMELESS, authorization: WRONG }, 'credentials_invalid (challenge)'],
    [{ certificate: NAMELESS }, 'identity_unusable'],
  ])
})

test('basic that challenges comes first: it answers at once and later domains never run', async () => {
  await expectEach(authSettings([basic({ order: 0 }), clientcert()]), [
    [{ certificate: ALICE }, 'credentials_required (challenge)'],
    [{ certificate: ALICE, authorization: WRONG }, 'alice@cert'],
    [{}, 'credentials_required (absent) (challenge)'],
  ])
})

test('without a challenge the next domain is asked', async () => {
  await expectEach(authSettings([basic({ order: 0, challenge: false }), clientcert()]), [
    [{ certificate: ALICE }, 'alice@cert'],
    [{}, 'credentials_required (absent)'],
    [{ authorization: WRONG }, 'credentials_invalid'],
  ])
})

test('order decides, not the order of the file', async () => {
  await expectEach(authSettings([basic({ order: 9 }), clientcert({ order: 1 })]), [
    [{ certificate: ALICE, authorization: BOB }, 'alice@cert'],
  ])
})

test('Authorization counts as consumed once a domain read it', async () => {
  const consumed = async (settings: AuthSettings, sent: Sent) => {
    const answer = await ask(settings, sent)
    return answer.identity !== null && answer.consumedAuthorization
  }
  assert.equal(await consumed(authSettings([clientcert(), basic()]), { certificate: ALICE, authorization: RIGHT }), false)
  assert.equal(await consumed(authSettings([clientcert(), basic()]), { authorization: RIGHT }), true)
  assert.equal(await consumed(authSettings([basic({ order: 0 }), clientcert()]), { certificate: ALICE, authorization: WRONG }), true)
  assert.equal(
    await consumed(authSettings([basic({ order: 0, challenge: false }), clientcert()]), { certificate: ALICE, authorization: 'Bearer x' }),
    false,
  )
})

test('anonymous only when no credentials of any kind were sent', async () => {
  const name = 'opendistro_security_anonymous@anonymous'
  await expectEach(authSettings([clientcert(), basic()], { anonymous: true }), [
    [{}, name],
    [{ authorization: 'Bearer x' }, 'credentials_required (challenge)'],
    [{ authorization: WRONG }, 'credentials_invalid (challenge)'],
    [{ certificate: NAMELESS }, 'identity_unusable'],
    [{ certificate: ALICE }, 'alice@cert'],
  ])
  await expectEach(authSettings([clientcert()], { anonymous: true }), [
    [{}, name],
    [{ certificate: NAMELESS }, 'identity_unusable'],
  ])
  await expectEach(authSettings([basic({ order: 0 }), clientcert()], { anonymous: true }), [
    [{}, name],
    [{ certificate: ALICE }, 'alice@cert'],
  ])
  await expectEach(authSettings([], { anonymous: true }), [[{}, name]])
})

test('a skipped certificate is absent for authentication', async () => {
  const skipping = [clientcert({ skipUsers: ['CN=alice,OU=ops'] }), basic()]
  await expectEach(authSettings(skipping), [
    [{ certificate: ALICE }, 'credentials_required (absent) (challenge)'],
    [{ certificate: ALICE, authorization: BOB }, 'bob@passwords'],
  ])
  await expectEach(authSettings(skipping.slice(0, 1)), [[{ certificate: ALICE }, 'certificate_required (absent)']])
  await expectEach(authSettings(skipping, { anonymous: true }), [[{ certificate: ALICE }, 'opendistro_security_anonymous@anonymous']])
})

test('on_missing: dn names who has no CN', async () => {
  await expectEach(authSettings([clientcert({ onMissing: 'dn' })]), [[{ certificate: NAMELESS }, 'O=T@cert']])
})

test('combine all: every domain must accept', async () => {
  await expectEach(authSettings([clientcert(), basic()], { combine: 'all' }), [
    [{ certificate: ALICE, authorization: RIGHT }, 'alice@cert'],
    [{ certificate: ALICE }, 'credentials_required (challenge)'],
    [{ certificate: ALICE, authorization: WRONG }, 'credentials_invalid (challenge)'],
    [{ certificate: ALICE, authorization: 'Bearer x' }, 'credentials_required (challenge)'],
    [{ authorization: RIGHT }, 'certificate_required'],
    [{}, 'certificate_required (absent)'],
    [{ certificate: NAMELESS, authorization: RIGHT }, 'identity_unusable'],
    [{ certificate: ALICE, authorization: BOB }, 'identity_mismatch'],
  ])
  await expectEach(authSettings([basic({ order: 0 }), clientcert()], { combine: 'all' }), [
    [{ certificate: ALICE }, 'credentials_required (challenge)'],
    [{ certificate: ALICE, authorization: RIGHT }, 'alice@passwords'],
  ])
  await expectEach(authSettings([], { combine: 'all' }), [[{ certificate: ALICE, authorization: RIGHT }, 'certificate_required (absent)']])
})

test('combine all: name and DN from the lowest order, backend roles of all, and the certificate kept', async () => {
  const all = authSettings([clientcert({ rolesAttribute: 'dn:ou' }), basic()], { combine: 'all' })
  const answer = await ask(all, { certificate: ALICE, authorization: RIGHT })
  assert.deepEqual(answer.identity, {
    name: 'alice',
    dn: 'CN=alice,OU=ops',
    source: 'clientcert',
    domain: 'cert',
    backendRoles: ['ops', 'staff'],
    certificate: ALICE,
  })
  const other = authSettings([basic({ order: 0 }), clientcert({ rolesAttribute: 'dn:ou' })], { combine: 'all' })
  const reversed = await ask(other, { certificate: ALICE, authorization: RIGHT })
  assert.deepEqual(reversed.identity, {
    name: 'alice',
    dn: null,
    source: 'basic',
    domain: 'passwords',
    backendRoles: ['staff', 'ops'],
    certificate: ALICE,
  })
})

test('combine all: names may differ where that is allowed', async () => {
  const settings = authSettings([clientcert(), basic()], { combine: 'all', usernameMustMatch: false })
  await expectEach(settings, [[{ certificate: ALICE, authorization: BOB }, 'alice@cert']])
})

test('combine all: anonymous only for a request that brings nothing', async () => {
  await expectEach(authSettings([clientcert(), basic()], { combine: 'all', anonymous: true }), [
    [{}, 'opendistro_security_anonymous@anonymous'],
    [{ certificate: ALICE }, 'credentials_required (challenge)'],
    [{ authorization: RIGHT }, 'certificate_required'],
  ])
})

test('combine all: a password is not hashed for what cannot succeed', async () => {
  const using = services()
  await ask(authSettings([clientcert(), basic()], { combine: 'all' }), { authorization: RIGHT }, using)
  assert.deepEqual(using.hashed, [])
})

test('two clientcert domains: the second may name whom the first could not', async () => {
  const domains = [clientcert(), clientcert({ name: 'by-ou', order: 2, usernameAttribute: 'dn:ou' })]
  await expectEach(authSettings(domains), [[{ certificate: certificate(['OU', 'ops']) }, 'ops@by-ou']])
})
