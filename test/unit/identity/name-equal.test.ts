import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isReordered, nameEquals } from '../../../src/identity/name-equal.ts'
import { parseName } from '../../../src/identity/name-parse.ts'

const equal = (a: string, b: string, ignoreAsciiCase = false) => nameEquals(parseName(a), parseName(b), { ignoreAsciiCase })
const reordered = (a: string, b: string) => isReordered(parseName(a), parseName(b))

test('types by OID, values exactly', () => {
  assert.equal(equal('CN=alice,O=T', 'cn=alice,2.5.4.10=T'), true)
  assert.equal(equal('CN=alice', 'CN=Alice'), false)
  assert.equal(equal('CN=alice', 'CN=alice\\ '), false)
  assert.equal(equal('CN=a b', 'CN=a  b'), false)
  assert.equal(equal('CN=é', 'CN=e\u0301'), false)
  assert.equal(equal('CN=alice', 'OU=alice'), false)
})

test('a superset, a subset or a multi-valued RDN is another name', () => {
  assert.equal(equal('CN=alice,O=T', 'CN=alice,O=T,C=DE'), false)
  assert.equal(equal('CN=alice,O=T', 'CN=alice'), false)
  assert.equal(equal('CN=alice,O=T', 'CN=alice+O=T'), false)
})

test('attributes within one RDN have no order', () => {
  assert.equal(equal('CN=alice+UID=1', 'UID=1+CN=alice'), true)
  assert.equal(equal('CN=alice+UID=1', 'UID=1+CN=bob'), false)
})

test('structure inside one value is not structure', () => {
  assert.equal(equal('CN=bob\\,OU\\=admins', 'CN=bob,OU=admins'), false)
  assert.equal(equal('CN=#0c03626f62', 'CN=\\#0c03626f62'), false)
  assert.equal(equal('CN=#03020061', 'CN=\\#03020061'), false)
})

test('case is folded on request, and only that of ASCII', () => {
  assert.equal(equal('CN=Alice,O=ACME', 'CN=aLICE,O=acme', true), true)
  assert.equal(equal('CN=B+CN=a', 'CN=A+CN=b', true), true)
  assert.equal(equal('CN=Straße', 'CN=STRASSE', true), false)
  assert.equal(equal('CN=É', 'CN=é', true), false)
  assert.equal(equal('CN=\u212aelvin', 'CN=Kelvin', true), false)
})

test('another order is not equal, and is told apart from another name', () => {
  assert.equal(equal('CN=alice,OU=ops,O=T', 'O=T,OU=ops,CN=alice'), false)
  assert.equal(reordered('CN=alice,OU=ops,O=T', 'O=T,OU=ops,CN=alice'), true)
  assert.equal(reordered('CN=alice,OU=ops,O=T', 'CN=alice,O=T,OU=ops'), true)
  assert.equal(reordered('CN=alice,OU=ops', 'CN=alice,OU=ops'), false)
  assert.equal(reordered('CN=alice,OU=ops', 'OU=dev,CN=alice'), false)
  assert.equal(reordered('CN=a,CN=a,CN=b', 'CN=b,CN=b,CN=a'), false)
  assert.equal(reordered('CN=alice', 'CN=alice,OU=ops'), false)
})
