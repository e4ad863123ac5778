import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditRefusal } from '../../../src/gateway/audit-refusal.ts'
import type { Reason } from '../../../src/policy/types.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { basicIdentity, certificateFacts } from '../../support/identities.ts'
import { services } from './fixture.ts'

const peer: Peer = { certificate: certificateFacts('CN=mallory'), refusal: null, detail: '', serverName: null, resumed: false }

function audited(reason: Reason) {
  const { heard, events, failures } = services()
  auditRefusal(heard, reason, 'why', basicIdentity('alice'), peer, '192.0.2.7')
  return { events, failures }
}

test('a certificate that is not trusted is named by its DN, and counted', () => {
  for (const reason of [
    'certificate_expired',
    'certificate_revoked',
    'certificate_disabled',
    'certificate_not_registered',
    'certificate_unknown_issuer',
    'certificate_status_unknown',
  ] as const) {
    const { events, failures } = audited(reason)
    assert.deepEqual(events, [{ kind: 'SSL_EXCEPTION', reason, dn: 'CN=mallory', remote: '192.0.2.7', detail: 'why' }])
    assert.deepEqual(failures, [reason])
  }
})

test('a failed login is named by its user, and counted', () => {
  for (const reason of ['credentials_invalid', 'certificate_required', 'too_many_failures', 'identity_mismatch'] as const) {
    const { events, failures } = audited(reason)
    assert.deepEqual(events, [{ kind: 'FAILED_LOGIN', reason, user: 'alice', remote: '192.0.2.7', detail: 'why' }])
    assert.deepEqual(failures, [reason])
  }
})

test('a missing role is audited, and is no failure to authenticate', () => {
  const { events, failures } = audited('role_missing')
  assert.deepEqual(events, [{ kind: 'MISSING_PRIVILEGES', reason: 'role_missing', user: 'alice', remote: '192.0.2.7', detail: 'why' }])
  assert.deepEqual(failures, [])
})

test('a malformed request names nobody: nothing in it is believed', () => {
  const { events, failures } = audited('malformed_request')
  assert.deepEqual(events, [{ kind: 'BAD_HEADERS', reason: 'malformed_request', remote: '192.0.2.7', detail: 'why' }])
  assert.deepEqual(failures, [])
})

test('what says nothing about who asked is in the access log alone', () => {
  for (const reason of ['route_missing', 'upstream_failed', 'overloaded', 'body_too_large'] as const) {
    assert.deepEqual(audited(reason), { events: [], failures: [] })
  }
})
