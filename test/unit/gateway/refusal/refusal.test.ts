import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientDetail, printable } from '../../../../src/gateway/refusal/refusal.ts'
import { refusalRow } from '../../../../src/gateway/refusal/table.ts'

test('dates of the own certificate are told, and only they', () => {
  assert.equal(
    clientDetail(refusalRow('certificate_expired'), 'expired 2026-01-02T00:00:00Z, seen by node-7'),
    'the client certificate expired at 2026-01-02T00:00:00Z',
  )
  assert.equal(
    clientDetail(refusalRow('certificate_not_yet_valid'), 'from 2027-01-02T00:00:00.000Z'),
    'the client certificate is not valid before 2027-01-02T00:00:00.000Z',
  )
  assert.equal(clientDetail(refusalRow('certificate_expired'), 'long ago'), 'the client certificate has expired')
})

test('details about the request are told, details about roles and upstreams are not', () => {
  assert.equal(clientDetail(refusalRow('malformed_request'), 'two Host lines'), 'the request is malformed or ambiguous: two Host lines')
  assert.equal(clientDetail(refusalRow('role_missing'), 'needs admin or readall'), refusalRow('role_missing').detail)
  assert.equal(clientDetail(refusalRow('upstream_refused'), 'connect 10.0.0.7:9200'), refusalRow('upstream_refused').detail)
  assert.equal(clientDetail(refusalRow('credentials_invalid'), 'no user bob'), refusalRow('credentials_invalid').detail)
})

test('shown text loses what hides or reorders, and is cut', () => {
  assert.equal(printable('a\r\n\0b\u202ec\u2028'), 'a???b?c?')
  assert.equal(printable('x'.repeat(1000)), `${'x'.repeat(300)}...`)
  assert.equal(printable('\ud800'), '\ufffd')
})
