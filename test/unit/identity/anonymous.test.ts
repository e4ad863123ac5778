import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANONYMOUS_IDENTITY } from '../../../src/identity/anonymous.ts'

test('the anonymous identity has a name and nothing else, and cannot be given more', () => {
  assert.deepEqual(
    { ...ANONYMOUS_IDENTITY },
    { name: 'opendistro_security_anonymous', dn: null, source: 'anonymous', domain: 'anonymous', backendRoles: [], certificate: null },
  )
  assert.equal(Object.isFrozen(ANONYMOUS_IDENTITY), true)
  assert.equal(Object.isFrozen(ANONYMOUS_IDENTITY.backendRoles), true)
})
