import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockOf, headersOf, hostile, identity, subject } from './fixture.ts'

test('user, backend roles, roles, DN and fingerprint', () => {
  assert.deepEqual(
    headersOf(blockOf('plain').lines),
    new Map([
      ['X-Forwarded-User', 'alice'],
      ['X-Forwarded-Groups', 'ops,staff'],
      ['X-Forwarded-Roles', 'metrics,readall'],
      ['X-Client-Cert-DN', 'CN=alice,OU=ops,O=T'],
      ['X-Client-Cert-Fingerprint', '5e'.repeat(32)],
    ]),
  )
})

test('an OU of "x,admin" stays one group', () => {
  const block = blockOf('plain', {}, subject({ identity: identity({ backendRoles: ['x,admin', 'y%2Cz'] }) }))
  assert.equal(headersOf(block.lines).get('X-Forwarded-Groups'), 'x%2Cadmin,y%252Cz')
  assert.deepEqual(block.dropped, [])
})

test('names and the separator are configurable, and an empty name sends nothing', () => {
  const block = blockOf('plain', { user: 'X-User', groups: '', separator: ';' }, hostile('a;b'))
  const headers = headersOf(block.lines)
  assert.equal(headers.get('X-User'), 'a;b')
  assert.equal(headers.has('X-Forwarded-Groups'), false)
  assert.equal(headers.get('X-Forwarded-Roles'), 'a%3Bb;plainrole')
})

test('without an identity only the certificate speaks, and without both nothing does', () => {
  assert.deepEqual(
    [...headersOf(blockOf('plain', {}, subject({ identity: null })).lines).keys()],
    ['X-Client-Cert-DN', 'X-Client-Cert-Fingerprint'],
  )
  assert.equal(headersOf(blockOf('plain', {}, subject({ identity: null, certificate: null })).lines).size, 0)
})

test('a basic identity beside a certificate keeps both', () => {
  const of = subject({ identity: identity({ name: 'bob', source: 'basic', dn: null, certificate: null, backendRoles: [] }), roles: [] })
  assert.deepEqual([...headersOf(blockOf('plain', {}, of).lines)].slice(0, 2), [
    ['X-Forwarded-User', 'bob'],
    ['X-Client-Cert-DN', 'CN=alice,OU=ops,O=T'],
  ])
})
