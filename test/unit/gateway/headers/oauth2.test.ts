import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { blockOf, certificate, headersOf, identity, nameOf, settings, subject } from './fixture.ts'

test('user, groups and email', () => {
  assert.deepEqual(
    headersOf(blockOf('oauth2').lines),
    new Map([
      ['X-Forwarded-User', 'alice'],
      ['X-Forwarded-Groups', 'ops,staff'],
      ['X-Forwarded-Email', 'alice@t.example'],
    ]),
  )
})

test('the email may stand in the subject, or be missing', () => {
  const inSubject = certificate({ sans: [], subject: nameOf(['emailAddress', 'outer@x'], ['emailAddress', 'k@x'], ['CN', 'kirk']) })
  assert.equal(headersOf(blockOf('oauth2', {}, subject({ certificate: inSubject })).lines).get('X-Forwarded-Email'), 'k@x')
  assert.equal(headersOf(blockOf('oauth2', {}, subject({ certificate: certificate({ sans: [] }) })).lines).has('X-Forwarded-Email'), false)
})

test('what holds a comma is dropped, and as the user name unusable', () => {
  const email = certificate({ sans: [{ type: 'rfc822Name', value: 'a@x,b@y' }] })
  const block = blockOf('oauth2', {}, subject({ certificate: email, identity: identity({ backendRoles: ['x,admin', 'ok'] }) }))
  assert.deepEqual(
    [...headersOf(block.lines)],
    [
      ['X-Forwarded-User', 'alice'],
      ['X-Forwarded-Groups', 'ok'],
    ],
  )
  assert.deepEqual(block.dropped, ['oauth2: x,admin', 'oauth2: a@x,b@y'])
  assert.ok('unusable' in compileIdentityHeaders(settings(['oauth2'])).block(subject({ identity: identity({ name: 'a,b' }) })))
})
