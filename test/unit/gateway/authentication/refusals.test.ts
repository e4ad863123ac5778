import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basicDomain } from '../../../../src/gateway/authentication/basic-domain.ts'
import { clientCertDomain } from '../../../../src/gateway/authentication/clientcert-domain.ts'
import { PasswordCheck, type PasswordServices } from '../../../../src/gateway/authentication/password-check.ts'
import { identityMismatch, missingCredentials, traitsOf, wrongCredentials } from '../../../../src/gateway/authentication/refusals.ts'
import { basic, clientcert, services } from './fixture.ts'

const passwords = new PasswordCheck([], services() as unknown as PasswordServices)
const domain = (realm: string, challenge = true) => basicDomain(basic({ realm, challenge }), [], passwords)

test('the challenge of a chain is that of its first challenging domain', () => {
  const cert = clientCertDomain(clientcert(), () => {})
  assert.deepEqual(traitsOf([cert]), { readsPasswords: false, challenge: null })
  assert.deepEqual(traitsOf([cert, domain('silent', false), domain('a'), domain('b')]), {
    readsPasswords: true,
    challenge: 'Basic realm="a"',
  })
})

test('wrong credentials are never absent, missing ones may be', () => {
  assert.equal(wrongCredentials('x', { readsPasswords: true, challenge: null }).absent, false)
  assert.equal(missingCredentials(null, true).absent, true)
  assert.equal(missingCredentials(null, false).absent, false)
})

test('a mismatch names both for the operator', () => {
  assert.equal(identityMismatch(['alice', 'b"ob']).detail, 'the domains name different users: "alice", "b\\"ob"')
})
