import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockOf, headersOf, identity, subject } from './fixture.ts'

test('the user alone by default', () => {
  assert.deepEqual([...headersOf(blockOf('grafana').lines)], [['X-WEBAUTH-USER', 'alice']])
})

test('email and groups where a header is named for them', () => {
  assert.deepEqual(
    [...headersOf(blockOf('grafana', { email: 'X-WEBAUTH-EMAIL', groups: 'X-WEBAUTH-GROUPS' }).lines)],
    [
      ['X-WEBAUTH-USER', 'alice'],
      ['X-WEBAUTH-EMAIL', 'alice@t.example'],
      ['X-WEBAUTH-GROUPS', 'metrics,readall'],
    ],
  )
})

test('a full DN is a usable name: nothing here is a list', () => {
  const of = subject({ identity: identity({ name: 'CN=alice,OU=ops' }) })
  assert.equal(headersOf(blockOf('grafana', {}, of).lines).get('X-WEBAUTH-USER'), 'CN=alice,OU=ops')
})
