import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REASONS, reasonPhrase, refusalRow, toldReason } from '../../../../src/gateway/refusal/table.ts'

test('statuses are those of DESIGN section 8', () => {
  const statuses = Object.fromEntries(REASONS.map((reason) => [reason, refusalRow(reason).status]))
  assert.deepEqual(statuses, {
    certificate_expired: 403,
    certificate_not_yet_valid: 403,
    certificate_unknown_issuer: 403,
    certificate_revoked: 403,
    certificate_disabled: 403,
    certificate_not_registered: 403,
    certificate_status_unknown: 403,
    certificate_wrong_purpose: 403,
    certificate_is_ca: 403,
    certificate_weak: 403,
    certificate_invalid: 403,
    certificate_required: 401,
    credentials_required: 401,
    credentials_invalid: 401,
    too_many_failures: 429,
    identity_unusable: 403,
    identity_mismatch: 403,
    role_missing: 403,
    method_not_allowed: 403,
    cross_site: 403,
    route_missing: 404,
    malformed_request: 400,
    malformed_path: 400,
    expectation_failed: 417,
    head_too_large: 431,
    body_too_large: 413,
    request_timeout: 408,
    misdirected_request: 421,
    upstream_refused: 502,
    upstream_failed: 502,
    upstream_timeout: 504,
    overloaded: 503,
    registry_lost: 503,
    draining: 503,
  })
})

test('only a missing certificate is logged as another status', () => {
  assert.deepEqual(
    REASONS.filter((reason) => refusalRow(reason).logStatus !== undefined),
    ['certificate_required'],
  )
  assert.equal(refusalRow('certificate_required').logStatus, 496)
})

test('every status has its phrase', () => {
  for (const reason of REASONS) assert.notEqual(reasonPhrase(refusalRow(reason).status), '', reason)
})

test('what the operator alone may know is never shown', () => {
  const silent = [
    'credentials_invalid',
    'role_missing',
    'method_not_allowed',
    'route_missing',
    'upstream_refused',
    'upstream_failed',
    'upstream_timeout',
    'overloaded',
    'registry_lost',
  ] as const
  for (const reason of silent) assert.equal(refusalRow(reason).shows, 'nothing', reason)
})

test('hidden routes are told as a missing role, and nothing else is', () => {
  assert.deepEqual(
    REASONS.filter((reason) => toldReason(reason, true) !== reason),
    ['method_not_allowed', 'route_missing'],
  )
  assert.equal(toldReason('route_missing', true), 'role_missing')
  assert.equal(toldReason('route_missing', false), 'route_missing')
})
