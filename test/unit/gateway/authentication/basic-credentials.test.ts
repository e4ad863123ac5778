import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBasicCredentials } from '../../../../src/gateway/authentication/basic-credentials.ts'

const encode = (text: string | Buffer) => Buffer.from(text as string).toString('base64')

test('name and password, the colon in a password included', () => {
  const expected = { kind: 'password', name: 'alice', password: 'se:cret ' }
  for (const scheme of ['Basic', 'basic', 'BASIC'])
    assert.deepEqual(parseBasicCredentials(`${scheme} ${encode('alice:se:cret ')}`), expected)
  assert.deepEqual(parseBasicCredentials(`Basic   ${encode('alice:se:cret ')} `), expected)
  assert.deepEqual(parseBasicCredentials(`Basic ${encode('jürgen:ß')}`), { kind: 'password', name: 'jürgen', password: 'ß' })
  assert.deepEqual(parseBasicCredentials(`Basic ${encode('alice:')}`), { kind: 'password', name: 'alice', password: '' })
})

test('nothing, and another scheme, are no password', () => {
  assert.deepEqual(parseBasicCredentials(null), { kind: 'absent' })
  for (const value of ['Bearer x', 'Basically x', 'Digest username="a"', '', 'Negotiate'])
    assert.deepEqual(parseBasicCredentials(value), { kind: 'foreign' })
})

test('what is not readable is wrong, never a crash and never guessed at', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['Basic', /no colon/],
    ['Basic !!!', /base64/],
    [`Basic ${encode('alice:x').slice(0, -1)}`, /base64/],
    [`Basic ${encode('alice:x')}=`, /base64/],
    [`Basic ${encode('alice:x')} junk`, /base64/],
    [`Basic ${Buffer.from('a:\xff\xfe', 'latin1').toString('base64')}`, /base64 of UTF-8/],
    [`Basic ${Buffer.from('a?:>>').toString('base64url')}`, /base64/],
    [`Basic ${encode('alice')}`, /no colon/],
    [`Basic ${encode(':secret')}`, /no user name/],
    [`Basic ${encode('al\0ice:x')}`, /control/],
    [`Basic ${encode('alice:x\r\ny')}`, /control/],
    [`Basic ${encode('alice:\u0085')}`, /control/],
    ['Basic \u00e9', /base64/],
  ]
  for (const [value, detail] of cases) {
    const parsed = parseBasicCredentials(value)
    assert.equal(parsed.kind, 'malformed', value)
    assert.match(parsed.kind === 'malformed' ? parsed.detail : '', detail)
  }
})

test('a detail never repeats what was sent', () => {
  const parsed = parseBasicCredentials(`Basic ${encode('alice:p4ssw0rd\n')}`)
  assert.doesNotMatch(JSON.stringify(parsed), /p4ssw0rd|alice/)
})
