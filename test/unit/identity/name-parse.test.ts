import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExpressionError } from '../../../src/identity/expression-error.ts'
import { canonicalDn, parseName } from '../../../src/identity/name-parse.ts'
import { printName } from '../../../src/identity/name-print.ts'

const sameAs: [written: string, printed: string][] = [
  ['CN=alice,OU=ops', 'CN=alice,OU=ops'],
  ['cn = alice , ou = ops', 'CN=alice,OU=ops'],
  [' CN=alice;OU=ops ', 'CN=alice,OU=ops'],
  ['CN=alice+UID=1001,O=T', 'CN=alice+UID=1001,O=T'],
  ['UID=1001 + CN=alice,O=T', 'CN=alice+UID=1001,O=T'],
  ['CN="Doe, John",O="Acme, \\"Inc\\""', 'CN=Doe\\, John,O=Acme\\, \\"Inc\\"'],
  ['CN=""', 'CN='],
  ['CN=', 'CN='],
  ['CN=,O=x', 'CN=,O=x'],
  ['CN=Doe\\, John', 'CN=Doe\\, John'],
  ['CN=J\\C3\\BCrgen', 'CN=Jürgen'],
  ['CN="J\\c3\\bcrgen"', 'CN=Jürgen'],
  ['CN=Jürgen', 'CN=Jürgen'],
  ['CN=a\\0Db', 'CN=a\\0Db'],
  ['CN=a\\2Cb', 'CN=a\\,b'],
  ['CN=\\2A', 'CN=*'],
  ['CN=a=b', 'CN=a\\=b'],
  ['CN=a/CN=admin', 'CN=a/CN\\=admin'],
  ['CN=a#b', 'CN=a\\#b'],
  ['CN=\\ a\\ ', 'CN=\\ a\\ '],
  ['CN=a\\  ', 'CN=a\\ '],
  ['CN=  a  b  ', 'CN=a  b'],
  ['CN=#0c05616c696365', 'CN=alice'],
  ['CN=#0C05616C696365 , O=x', 'CN=alice,O=x'],
  ['CN=#03020061', 'CN=#03020061'],
  ['CN=\\#03020061', 'CN=\\#03020061'],
  ['OID.2.5.4.3=a', 'CN=a'],
  ['oid.1.2.3=a', 'OID.1.2.3=a'],
  ['1.2.3=a', 'OID.1.2.3=a'],
  ['2.5.4.3=a', 'CN=a'],
  ['E=k@x', 'EMAILADDRESS=k@x'],
  ['EMAIL=k@x', 'EMAILADDRESS=k@x'],
  ['emailAddress=k@x', 'EMAILADDRESS=k@x'],
  ['S=Bayern,ST=Bayern', 'ST=Bayern,ST=Bayern'],
  ['SN=Doe,SURNAME=Doe', 'SURNAME=Doe,SURNAME=Doe'],
  ['GN=John,GIVENNAME=John', 'GIVENNAME=John,GIVENNAME=John'],
  ['T=Dr,title=Dr', 'T=Dr,T=Dr'],
  ['DC=example,DC=net', 'DC=example,DC=net'],
]
for (const [written, printed] of sameAs) {
  test(`${written} is ${printed}`, () => assert.equal(printName(parseName(written)), printed))
}

test('the result is in DER order, outermost first', () => {
  assert.deepEqual(parseName('CN=alice,O=T'), [[{ oid: '2.5.4.10', value: 'T' }], [{ oid: '2.5.4.3', value: 'alice' }]])
})

const refused: [text: string, message: RegExp][] = [
  ['', /it is empty/],
  ['   ', /it is empty/],
  ['alice', /'alice' has no '='/],
  ['CN=a,', /has no '='/],
  ['CN=a,,O=b', /attribute type ',O' is not known \(character 6\)/],
  ['CN=a O=b,foo', /'foo' has no '='/],
  ['foo=bar', /attribute type 'foo' is not known/],
  ['=bar', /attribute type '' is not known/],
  ['CN=a,CΝ=b', /is not known/],
  ['01.2=a', /is not known/],
  ['2.5.04.3=a', /is not known/],
  ['3.1=a', /is not known/],
  ['CN=a<b', /'<' needs a backslash/],
  ['CN=a"b', /'"' needs a backslash/],
  ['CN="a', /closing '"' is missing/],
  ['CN="a"b', /separator is missing before 'b'/],
  ['CN=a\\', /not an escape/],
  ['CN=a\\z', /not an escape/],
  ['CN=a\\C3', /not an escape/],
  ['CN=a\\C3x', /not an escape/],
  ['CN=a\\ED\\A0\\80', /not an escape/],
  ['CN=#', /not pairs of hex digits/],
  ['CN=#0', /not pairs of hex digits/],
  ['CN=#0c0561', /not the DER of one value/],
  ['CN=#0c0161ff', /not the DER of one value/],
  ['CN=#0c01ff', /not the DER of one value/],
  ['CN=#0c0161 x', /separator is missing/],
]
for (const [text, message] of refused) {
  test(`'${text}' is not a DN`, () => {
    assert.throws(
      () => parseName(text),
      (error) => error instanceof ExpressionError && error.code === 'config_invalid' && message.test(error.message),
    )
    assert.equal(canonicalDn(text), null)
  })
}

test('canonicalDn prints a DN as a certificate is printed', () => {
  assert.equal(canonicalDn('cn=alice; o="T, U"'), 'CN=alice,O=T\\, U')
})

test('a long text is parsed quickly', () => {
  const started = performance.now()
  canonicalDn(`CN=${' '.repeat(50_000)}a${'\\ '.repeat(50_000)}`)
  canonicalDn(`${'CN=a,'.repeat(20_000)}CN`)
  assert(performance.now() - started < 10_000)
})
