import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockOf, headersOf, identity, subject } from './fixture.ts'

const TOKEN = 'X-Auth-CouchDB-Token'

test('user and roles, and no token without a secret', () => {
  assert.deepEqual(
    [...headersOf(blockOf('couchdb').lines)],
    [
      ['X-Auth-CouchDB-UserName', 'alice'],
      ['X-Auth-CouchDB-Roles', 'metrics,readall'],
    ],
  )
})

test("the token is the HMAC of the name: CouchDB's documented example under SHA-1, RFC 4231 case 2's shape under SHA-256", () => {
  const foo = subject({ identity: identity({ name: 'foo' }) })
  assert.equal(
    headersOf(blockOf('couchdb', { secret: 'the_secret', hash: 'sha1' }, foo).lines).get(TOKEN),
    '22047ebd7c4ec67dfbcbad7213a693249dbfbf86',
  )
  const jefe = subject({ identity: identity({ name: 'what do ya want for nothing?' }) })
  assert.equal(
    headersOf(blockOf('couchdb', { secret: 'Jefe' }, jefe).lines).get(TOKEN),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('the token signs the name as it is sent', () => {
  const of = (name: string) => headersOf(blockOf('couchdb', { secret: 's' }, subject({ identity: identity({ name }) })).lines)
  assert.equal(of('Jürgen').get('X-Auth-CouchDB-UserName'), 'J%C3%BCrgen')
  assert.notEqual(of('Jürgen').get(TOKEN), of('Jurgen').get(TOKEN))
  assert.match(of('Jürgen').get(TOKEN) ?? '', /^[0-9a-f]{64}$/)
})

test('a role with a comma is dropped', () => {
  const block = blockOf('couchdb', {}, subject({ roles: ['x,_admin', 'reader'] }))
  assert.equal(headersOf(block.lines).get('X-Auth-CouchDB-Roles'), 'reader')
  assert.deepEqual(block.dropped, ['couchdb: x,_admin'])
})
