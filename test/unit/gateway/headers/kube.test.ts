import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { blockOf, headersOf, identity, settings, subject } from './fixture.ts'

test('a group line each, and the fingerprint as an extra', () => {
  assert.deepEqual(
    headersOf(blockOf('kube').lines),
    new Map([
      ['X-Remote-User', 'alice'],
      ['X-Remote-Group', 'metrics|readall'],
      ['X-Remote-Extra-fingerprint', '5e'.repeat(32)],
    ]),
  )
})

test('the extras asked for', () => {
  const headers = headersOf(blockOf('kube', { extra: 'serial,email' }).lines)
  assert.equal(headers.get('X-Remote-Extra-serial'), '0A1B')
  assert.equal(headers.get('X-Remote-Extra-email'), 'alice@t.example')
  assert.equal(headers.has('X-Remote-Extra-fingerprint'), false)
  assert.equal(headersOf(blockOf('kube', { extra: '' }).lines).size, 2)
})

test('copies may be joined by commas on the way, so a group with one is not sent and such a user is unusable', () => {
  const block = blockOf('kube', {}, subject({ roles: ['a,system:masters', 'b'] }))
  assert.equal(headersOf(block.lines).get('X-Remote-Group'), 'b')
  assert.deepEqual(block.dropped, ['kube: a,system:masters'])
  assert.ok('unusable' in compileIdentityHeaders(settings(['kube'])).block(subject({ identity: identity({ name: 'a,b' }) })))
})

test('nobody authenticated: nothing', () => {
  assert.equal(headersOf(blockOf('kube', {}, subject({ identity: null })).lines).size, 0)
})
