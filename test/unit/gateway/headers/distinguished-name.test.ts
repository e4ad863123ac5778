import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rfc2253 } from '../../../../src/gateway/headers/distinguished-name.ts'
import { nameOf } from './fixture.ts'

test('names are printed most specific first, with the short names of OpenSSL', () => {
  assert.equal(rfc2253(nameOf(['C', 'US'], ['O', 'T'], ['emailAddress', 'k@x'], ['CN', 'kirk'])), 'CN=kirk,emailAddress=k@x,O=T,C=US')
  assert.equal(rfc2253(nameOf(['1.2.3.4', 'x'])), '1.2.3.4=x')
  assert.equal(rfc2253([]), '')
})

test('attributes of one RDN are joined by a plus, reversed as OpenSSL prints them', () => {
  const rdn = [...nameOf(['CN', 'alice']), ...nameOf(['0.9.2342.19200300.100.1.1', '1001'])].flat()
  assert.equal(rfc2253([rdn]), 'UID=1001+CN=alice')
})

test('everything that could look like structure is escaped', () => {
  assert.equal(rfc2253(nameOf(['CN', 'Doe, John+x"y\\z<a>;'])), 'CN=Doe\\, John\\+x\\"y\\\\z\\<a\\>\\;')
  assert.equal(rfc2253(nameOf(['CN', 'a=b'])), 'CN=a=b')
  assert.equal(rfc2253(nameOf(['CN', '#x'])), 'CN=\\#x')
  assert.equal(rfc2253(nameOf(['CN', ' a '])), 'CN=\\20a\\20')
  assert.equal(rfc2253(nameOf(['CN', ' '])), 'CN=\\20')
})

test('controls, non-ASCII and percent become hex pairs, so nothing outside printable ASCII is left', () => {
  assert.equal(rfc2253(nameOf(['CN', 'a\r\n\0'])), 'CN=a\\0D\\0A\\00')
  assert.equal(rfc2253(nameOf(['CN', 'Jürgen'])), 'CN=J\\C3\\BCrgen')
  assert.equal(rfc2253(nameOf(['CN', '100%41'])), 'CN=100\\2541')
})
