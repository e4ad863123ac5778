import assert from 'node:assert/strict'
import { test } from 'node:test'
import { opensearchBody } from '../../../../src/gateway/refusal/opensearch.ts'
import { clientRefusal } from './fixture.ts'

test('401 is the plain text of a challenge or of its absence', () => {
  assert.deepEqual(opensearchBody(clientRefusal({ status: 401, challenge: 'Basic realm="x"' })), {
    contentType: 'text/plain; charset=UTF-8',
    text: 'Unauthorized',
  })
  assert.equal(opensearchBody(clientRefusal({ status: 401 })).text, 'Authentication finally failed')
})

test('a missing role is a security_exception that names the request and the user, and no role', () => {
  const reason = 'no permissions for [GET /movies/_doc/3] and User [name=alice] (role_missing)'
  assert.deepEqual(JSON.parse(opensearchBody(clientRefusal({ user: 'alice' })).text), {
    error: { root_cause: [{ type: 'security_exception', reason }], type: 'security_exception', reason },
    status: 403,
  })
})

test('other refusals carry their sentence and code', () => {
  const body = JSON.parse(opensearchBody(clientRefusal({ code: 'upstream_timeout', status: 504, detail: 'no answer' })).text)
  assert.equal(body.error.type, 'status_exception')
  assert.equal(body.error.reason, 'no answer (upstream_timeout)')
  assert.equal(body.status, 504)
})
