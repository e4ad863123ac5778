import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientCertDomain } from '../../../../src/gateway/authentication/clientcert-domain.ts'
import { ALICE, certificate, clientcert, NAMELESS } from './fixture.ts'

const credentials = { kind: 'absent' } as const

test('names the holder, says when it cannot, and skips whom it is told to', () => {
  const domain = clientCertDomain(clientcert({ skipUsers: ['*OU=robots*'] }), () => {})
  const outcome = domain.judge({ certificate: ALICE, credentials })
  assert.ok('kind' in outcome && outcome.kind === 'accepted')
  assert.equal(outcome.identity.name, 'alice')
  assert.equal(outcome.identity.domain, 'cert')
  assert.deepEqual(domain.judge({ certificate: null, credentials }), { kind: 'absent' })
  assert.deepEqual(domain.judge({ certificate: certificate(['OU', 'robots'], ['CN', 'r2']), credentials }), { kind: 'absent' })
  const nameless = domain.judge({ certificate: NAMELESS, credentials })
  assert.ok('kind' in nameless && nameless.kind === 'unusable')
  assert.match(nameless.detail, /cn/)
})

test('the same certificate gives the same identity, so that what hangs on it is made once', () => {
  const domain = clientCertDomain(clientcert(), () => {})
  assert.equal(domain.judge({ certificate: ALICE, credentials }), domain.judge({ certificate: ALICE, credentials }))
})

test('a certificate that claims a clearance is told on, once, and does not get it', () => {
  const told: unknown[] = []
  const domain = clientCertDomain(clientcert({ rolesAttribute: 'dn:ou' }), (user, roles) => told.push([user, roles]))
  const claiming = certificate(['OU', 'clearance:ClusterAdmin'], ['OU', 'ops'], ['CN', 'eve'])
  const outcome = domain.judge({ certificate: claiming, credentials })
  domain.judge({ certificate: claiming, credentials })
  assert.ok('kind' in outcome && outcome.kind === 'accepted')
  assert.deepEqual(outcome.identity.backendRoles, ['ops'])
  assert.deepEqual(told, [['eve', ['clearance:ClusterAdmin']]])
})

test('a certificate that breaks the reader is unusable, never a crash', () => {
  const broken = { ...ALICE, subject: null as never }
  const outcome = clientCertDomain(clientcert(), () => {}).judge({ certificate: broken, credentials })
  assert.ok('kind' in outcome && outcome.kind === 'unusable')
})
