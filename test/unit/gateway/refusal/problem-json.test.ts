import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemJson } from '../../../../src/gateway/refusal/problem-json.ts'
import { clientRefusal } from './fixture.ts'

test('the members of RFC 9457, code and request_id', () => {
  const { contentType, text } = problemJson(clientRefusal())
  assert.equal(contentType, 'application/problem+json')
  assert.deepEqual(JSON.parse(text), {
    type: 'urn:certgate:refusal:role_missing',
    title: 'Access denied',
    status: 403,
    detail: 'you have no role that allows this request',
    code: 'role_missing',
    request_id: 'req-1',
  })
})
