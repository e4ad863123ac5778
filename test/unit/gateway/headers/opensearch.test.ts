import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { blockOf, headersOf, identity, settings, subject } from './fixture.ts'

test('user and roles, and X-Forwarded-For beside them', () => {
  const { lines } = blockOf('opensearch')
  assert.deepEqual(
    [...headersOf(lines)],
    [
      ['x-proxy-user', 'alice'],
      ['x-proxy-roles', 'metrics,readall'],
    ],
  )
  assert.match(lines, /^X-Forwarded-For: 192\.0\.2\.7\r$/m)
})

test('backend roles instead, or both without repeats', () => {
  assert.equal(headersOf(blockOf('opensearch', { roles_from: 'backend_roles' }).lines).get('x-proxy-roles'), 'ops,staff')
  const of = subject({ roles: ['ops', 'readall'] })
  assert.equal(headersOf(blockOf('opensearch', { roles_from: 'both' }, of).lines).get('x-proxy-roles'), 'ops,readall,staff')
})

test('a role with a comma is dropped and counted, never split', () => {
  const block = blockOf(
    'opensearch',
    { roles_from: 'both' },
    subject({ roles: ['readall'], identity: identity({ backendRoles: ['x,admin'] }) }),
  )
  assert.equal(headersOf(block.lines).get('x-proxy-roles'), 'readall')
  assert.deepEqual(block.dropped, ['opensearch: x,admin'])
})

test('a user name with a comma is unusable, unless another separator is agreed on', () => {
  const of = subject({ identity: identity({ name: 'alice,admin' }) })
  const block = compileIdentityHeaders(settings(['opensearch'])).block(of)
  assert.ok('unusable' in block)
  assert.match(block.unusable, /the user name contains ",", which the opensearch headers cannot express/)
  assert.equal(headersOf(blockOf('opensearch', { separator: '|' }, of).lines).get('x-proxy-user'), 'alice,admin')
})
