import assert from 'node:assert/strict'
import test from 'node:test'
import { foldName } from '../../../src/tls/issuer-name.ts'

const name = (...values: string[]) => values.map((value) => [{ oid: '2.5.4.3', value }])

test('ASCII case and white space do not count, anything else does', () => {
  assert.equal(foldName(name('  Test   CA ')), foldName(name('test ca')))
  assert.notEqual(foldName(name('Straße')), foldName(name('STRASSE')))
  assert.notEqual(foldName(name('É')), foldName(name('é')))
  assert.notEqual(foldName(name('a', 'b')), foldName(name('b', 'a')))
  assert.notEqual(foldName(name('a,b')), foldName(name('a', 'b')))
  assert.notEqual(foldName([[{ oid: '2.5.4.3', value: 'a' }]]), foldName([[{ oid: '2.5.4.10', value: 'a' }]]))
})

test('the attributes of one RDN are a set', () => {
  const cn = { oid: '2.5.4.3', value: 'a' }
  const uid = { oid: '0.9.2342.19200300.100.1.1', value: 'b' }
  assert.equal(foldName([[cn, uid]]), foldName([[uid, cn]]))
  assert.notEqual(foldName([[cn, uid]]), foldName([[cn], [uid]]))
})
