import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detailText } from '../../../src/cli/audit-details.ts'

const target = 'ab'.repeat(32)

test('what was issued is told by name, rights and end', () => {
  const certificate = { fingerprint: target, name: 'alice', clearance: 'ValidUser', permissions: [['movies', 'Read']], serial: '01' }
  const certificates = [
    { ...certificate, notAfter: Date.UTC(2027, 0, 31), predecessor: 'cd'.repeat(32) },
    { ...certificate, name: 'bob', permissions: [] },
  ]
  assert.equal(detailText({ certificates }, target), 'alice (ValidUser, movies=Read) until 2027-01-31 renews cdcdcdcdcdcd; bob (ValidUser)')
})

test('an edit is told with what was and what is', () => {
  const changes = { clearance: ['ValidUser', 'Operator'], permissions: [[['movies', 'Read']], []] }
  assert.equal(
    detailText({ changes, name: 'alice' }, target),
    'name alice, clearance from ValidUser to Operator, databases from movies=Read to none',
  )
  const roles = [
    { role: 'readall', change: 'changed', fields: { users: { added: ['CLIENT1', 'x'], removed: ['bob'] } } },
    {
      role: 'all',
      change: 'changed',
      fields: { hidden: { before: false, after: true }, hosts: { added: [], removed: [], reordered: true } },
    },
  ]
  assert.equal(
    detailText({ roles, before: null }, target),
    'role readall changed: users +CLIENT1 +x -bob, role all changed: hidden from false to true, hosts in another order',
  )
})

test('no JSON is left, whatever an entry holds', () => {
  const details = {
    fingerprint: target,
    notAfter: 0,
    pin: null,
    issuerKeyId: 'ef'.repeat(32),
    nested: { a: ['b', { c: 1 }] },
    lifetime: 86_400_000,
  }
  assert.equal(detailText(details, target), 'until 1970-01-01 00:00, issuer efefefefefef, nested a b c 1, for 1 day')
  assert.deepEqual(
    [43_200_000, 1_800_000, 2 * 86_400_000].map((lifetime) => detailText({ lifetime }, null)),
    ['for 12 h', 'for 30 min', 'for 2 days'],
  )
  assert.doesNotMatch(detailText({ permissions: [['m', 'Read']], expiresAt: 1, names: ['x'] }, null), /[[\]{}"]/)
})
