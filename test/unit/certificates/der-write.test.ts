import assert from 'node:assert/strict'
import { test } from 'node:test'
import forge from 'node-forge'
import * as der from '../../../src/certificates/der-write.ts'
import { contentBytes, DerReader } from '../../../src/identity/der.ts'
import { readBits, readOid, readTime, serialText } from '../../../src/identity/der-values.ts'

const only = (bytes: Buffer) => {
  const reader = new DerReader(bytes)
  const element = reader.next('it')
  reader.finish('it')
  return element
}

test('lengths are the shortest there are, on both sides of each border', () => {
  for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
    assert.equal(contentBytes(only(der.octetString(Buffer.alloc(length)))).length, length)
  }
})

test('integers are minimal and never negative', () => {
  const cases = [
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [256, '02020100'],
    [2n ** 64n, '0209010000000000000000'],
  ] as const
  for (const [value, hex] of cases) assert.equal(der.integer(value).toString('hex'), hex)
  assert.equal(der.integerOf(Buffer.from('0000ff', 'hex')).toString('hex'), '020200ff')
  assert.equal(serialText(contentBytes(only(der.integerOf(Buffer.from('80', 'hex'))))), '80')
})

test('object identifiers read back as written', () => {
  for (const oid of ['2.5.4.3', '1.2.840.113549.1.1.11', '0.9.2342.19200300.100.1.1', '2.16.840.1.113894.746875.1.1']) {
    assert.equal(readOid(only(der.objectIdentifier(oid)), 'it'), oid)
  }
})

test('times are UTCTime until 2049 and GeneralizedTime after it', () => {
  for (const text of ['1999-12-31T23:59:59Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z', '9999-12-31T23:59:59Z']) {
    assert.equal(readTime(only(der.time(Date.parse(text))), 'it'), Date.parse(text))
  }
  assert.equal(der.time(Date.parse('2049-12-31T23:59:59Z'))[0], 0x17)
  assert.equal(der.time(Date.parse('2050-01-01T00:00:00Z'))[0], 0x18)
  assert.throws(() => der.time(Date.parse('+010000-01-01T00:00:00Z')), RangeError)
})

test('bits are named from the left and trailing zeros are cut', () => {
  assert.equal(der.namedBits([0]).toString('hex'), '03020780')
  assert.equal(der.namedBits([5, 6]).toString('hex'), '03020106')
  for (const bits of [[0, 8], [3], []]) assert.deepEqual(readBits(only(der.namedBits(bits)), 'it'), bits)
})

test('a set is in ascending order of its encodings, or as it was given', () => {
  assert.equal(der.setOf(der.integer(2), der.integer(1)).toString('hex'), '3106020101020102')
  assert.equal(der.orderedSet(der.integer(2), der.integer(1)).toString('hex'), '3106020102020101')
})

test('every element is what node-forge writes for it', () => {
  const { Class, Type, create, integerToDer, oidToDer, toDer } = forge.asn1
  const { UNIVERSAL, CONTEXT_SPECIFIC } = Class
  const long = Buffer.alloc(300, 7)
  const held = (bytes: Buffer) => create(UNIVERSAL, Type.OCTETSTRING, false, bytes.toString('latin1'))
  const oid = '2.16.840.1.101.3.4.1.42'
  const cases: [Buffer, forge.asn1.Asn1][] = [
    [der.sequence(der.octetString(long)), create(UNIVERSAL, Type.SEQUENCE, true, [held(long)])],
    [der.orderedSet(der.octetString(long)), create(UNIVERSAL, Type.SET, true, [held(long)])],
    [der.context(0, der.octetString(long)), create(CONTEXT_SPECIFIC, 0, true, [held(long)])],
    [der.contextPrimitive(0, long), create(CONTEXT_SPECIFIC, 0, false, long.toString('latin1'))],
    [der.objectIdentifier(oid), create(UNIVERSAL, Type.OID, false, oidToDer(oid).getBytes())],
    [der.bmpString('Zoë €'), create(UNIVERSAL, Type.BMPSTRING, false, 'Zoë €')],
    [der.nothing, create(UNIVERSAL, Type.NULL, false, '')],
    ...[0, 3, 127, 128, 10_000, 50_000].map((value): [Buffer, forge.asn1.Asn1] => [
      der.integer(value),
      create(UNIVERSAL, Type.INTEGER, false, integerToDer(value).getBytes()),
    ]),
  ]
  for (const [written, structure] of cases)
    assert.equal(written.toString('hex'), Buffer.from(toDer(structure).getBytes(), 'latin1').toString('hex'))
})
