import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DerReader } from '../../../src/identity/der.ts'
import { printName, printsUnprintable } from '../../../src/identity/name-print.ts'
import { readName } from '../../../src/identity/name-read.ts'
import { oid, sequence, setOf, tlv } from '../../support/der.ts'
import { encodeName, type SubjectSpec } from '../../support/subject.ts'

const read = (der: Uint8Array) => readName(new DerReader(der).next('the name'), 'the name')
const printed = (subject: SubjectSpec) => printName(read(encodeName(subject)))
const cn = (value: string) => printed([{ type: 'CN', value }])

test('the table of SEMANTICS section 3', () => {
  assert.equal(
    printed([
      { type: 'O', value: 'Acme, Inc.' },
      { type: 'CN', value: 'Doe, John' },
    ]),
    'CN=Doe\\, John,O=Acme\\, Inc.',
  )
  assert.equal(cn('Jürgen'), 'CN=Jürgen')
  assert.equal(cn('a/CN=admin'), 'CN=a/CN\\=admin')
  assert.equal(
    printed([
      [
        { type: 'UID', value: '1001' },
        { type: 'CN', value: 'alice' },
      ],
    ]),
    'CN=alice+UID=1001',
  )
  assert.equal(
    printed([
      { type: 'CN', value: 'kirk' },
      { type: 'EMAILADDRESS', value: 'k@x' },
    ]),
    'EMAILADDRESS=k@x,CN=kirk',
  )
})

test('types as Java prints them, and OID.x for the others', () => {
  const types = [
    '2.5.4.4',
    '2.5.4.42',
    '2.5.4.12',
    '2.5.4.46',
    '2.5.4.5',
    '2.5.4.8',
    '2.5.4.9',
    '2.5.4.43',
    '2.5.4.44',
    '1.2.840.113549.1.9.2',
    '1.2.3',
  ]
  assert.equal(
    printed(types.map((type) => ({ type, value: 'v' }))),
    'OID.1.2.3=v,OID.1.2.840.113549.1.9.2=v,GENERATION=v,INITIALS=v,STREET=v,ST=v,SERIALNUMBER=v,DNQ=v,T=v,GIVENNAME=v,SURNAME=v',
  )
})

test('special characters are escaped wherever they stand', () => {
  assert.equal(cn(',=+<>#;"\\'), 'CN=\\,\\=\\+\\<\\>\\#\\;\\"\\\\')
  assert.equal(cn('a#b'), 'CN=a\\#b')
})

test('spaces at the ends are kept and escaped, those inside are plain', () => {
  assert.equal(cn('  a  b  '), 'CN=\\ \\ a  b\\ \\ ')
  assert.equal(cn(' '), 'CN=\\ ')
  assert.equal(cn(''), 'CN=')
})

test('control and reordering characters print as the hex of their UTF-8', () => {
  assert.equal(cn('a\0\r\n\x7f'), 'CN=a\\00\\0D\\0A\\7F')
  assert.equal(cn('\u0085\u2028\u202e'), 'CN=\\C2\\85\\E2\\80\\A8\\E2\\80\\AE')
})

test('a value that is not a string prints as the hex of its DER, and no string prints so', () => {
  const bitString = sequence(setOf(sequence(oid('2.5.4.3'), tlv(0x03, Buffer.from([0, 0x61])))))
  assert.equal(printName(read(bitString)), 'CN=#03020061')
  assert.equal(cn('#03020061'), 'CN=\\#03020061')
})

test('attributes of one RDN print in one order, however they are encoded', () => {
  const a = sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from('a')))
  const o = sequence(oid('2.5.4.10'), tlv(0x0c, Buffer.from('o')))
  assert.equal(printName(read(sequence(tlv(0x31, a, o)))), 'CN=a+O=o')
  assert.equal(printName(read(sequence(tlv(0x31, o, a)))), 'CN=a+O=o')
})

test('an empty name prints as nothing', () => {
  assert.equal(printName(read(sequence())), '')
})

test('printsUnprintable sees escapes of unprintable characters and nothing else', () => {
  for (const value of ['a\n', '\u2028', 'x\0y', '\\\n', '\u0085']) assert.equal(printsUnprintable(cn(value)), true, JSON.stringify(value))
  for (const value of ['plain', '\\0D', '\\\\0D', 'a\\', ',0D', '#00', 'Jürgen', ' 0A']) {
    assert.equal(printsUnprintable(cn(value)), false, JSON.stringify(value))
  }
})

test('a long value with many spaces is printed quickly', () => {
  const started = performance.now()
  cn(`${' '.repeat(8_000)}a${' '.repeat(8_000)}b`)
  assert(performance.now() - started < 10_000)
})

test('names that are not names are refused', () => {
  const attribute = sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from('a')))
  const cases: [Uint8Array, RegExp][] = [
    [setOf(), /not a sequence/],
    [sequence(tlv(0x31)), /empty RDN/],
    [sequence(attribute), /tag 0x30 instead of 0x31/],
    [sequence(setOf(sequence(oid('2.5.4.3')))), /missing or cut off/],
    [sequence(setOf(sequence(oid('2.5.4.3'), tlv(0x0c), tlv(0x0c)))), /followed by more data/],
    [sequence(setOf(sequence(tlv(0x06, Buffer.from([0x80, 0x55, 4, 3])), tlv(0x0c)))), /padded arc/],
    [sequence(setOf(sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.alloc(60_000, 0x61))))), /bytes long, at most 16384/],
  ]
  for (const [der, message] of cases) assert.throws(() => read(der), message)
})
