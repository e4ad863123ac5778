import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAttributeSelector } from '../../../src/identity/attribute-selector.ts'
import { ExpressionError } from '../../../src/identity/expression-error.ts'

test('attributes of the DN', () => {
  const oids: [string, string][] = [
    ['cn', '2.5.4.3'],
    ['CN', '2.5.4.3'],
    [' cn ', '2.5.4.3'],
    ['dn:cn', '2.5.4.3'],
    ['DN:ou', '2.5.4.11'],
    ['dn:emailAddress', '1.2.840.113549.1.9.1'],
    ['dn:uid', '0.9.2342.19200300.100.1.1'],
    ['dn:1.2.3', '1.2.3'],
    ['dn:OID.1.2.3', '1.2.3'],
    ['uid', '0.9.2342.19200300.100.1.1'],
  ]
  for (const [text, oid] of oids) assert.deepEqual(parseAttributeSelector(text), { kind: 'dn', text: text.trim(), oid })
})

test('SANs, with and without a glob', () => {
  assert.deepEqual(parseAttributeSelector('san:dnsname'), { kind: 'san', text: 'san:dnsname', type: 'dNSName', glob: null })
  const spiffe = parseAttributeSelector('SAN:uniformResourceIdentifier:spiffe://t/*')
  assert(spiffe.kind === 'san' && spiffe.glob !== null)
  assert.equal(spiffe.type, 'uniformResourceIdentifier')
  assert.equal(spiffe.glob.matches('spiffe://t/a'), true)
  assert.equal(spiffe.glob.matches('SPIFFE://t/a'), false)
})

const refused: [text: string, message: RegExp, hint: RegExp][] = [
  ['', /unknown attribute ''/, /write cn, dn:ATTRIBUTE/],
  ['dn:', /unknown attribute '' in 'dn:'/, /write cn/],
  ['foo', /unknown attribute 'foo'/, /write cn/],
  ['dn:foo', /unknown attribute 'foo' in 'dn:foo'/, /dotted OID/],
  ['dn:san:dNSName', /unknown attribute/, /san:TYPE/],
  ['san:', /unknown SAN type ''/, /rfc822Name, dNSName/],
  ['san:dns', /unknown SAN type 'dns' in 'san:dns'/, /did you mean san:dNSName\?/],
  ['san:URI:spiffe://*', /unknown SAN type 'uri'/, /did you mean san:uniformResourceIdentifier\?/],
  ['san:x400Address', /unknown SAN type 'x400address'/, /the types are/],
  ['san:__proto__', /unknown SAN type/, /the types are/],
  ['san:dNSName:', /glob after the last ':' in 'san:dNSName:' is empty/, /leave the colon out/],
]
for (const [text, message, hint] of refused) {
  test(`'${text}' is an error that says what to write`, () => {
    assert.throws(
      () => parseAttributeSelector(text),
      (error) => {
        assert(error instanceof ExpressionError)
        assert.match(error.message, message)
        assert.match(error.hint ?? '', hint)
        return true
      },
    )
  })
}
