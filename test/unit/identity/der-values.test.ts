import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DerReader } from '../../../src/identity/der.ts'
import { readBits, readBoolean, readOid, readTime, serialText } from '../../../src/identity/der-values.ts'
import { bits, oid, tlv } from '../../support/der.ts'

const element = (der: Uint8Array) => new DerReader(der).next('it')
const hex = (text: string) => Buffer.from(text, 'hex')
const unreadable = { name: 'UnreadableCertificateError' }

test('object identifiers, also with arcs beyond 2^53', () => {
  for (const dotted of ['2.5.4.3', '0.9.2342.19200300.100.1.25', '1.3.6.1.4.1.311.20.2.3', '2.999.1', '1.39.0']) {
    assert.equal(readOid(element(oid(dotted)), 'it'), dotted)
  }
  // A UUID under 2.25.
  const uuid = element(tlv(0x06, hex('6983f8afa1c8e6d58ba4b7b2d2c0ebfa9cd5c27f')))
  assert.match(readOid(uuid, 'it'), /^2\.25\.\d{30,}$/)
})

test('object identifiers that have another spelling are refused', () => {
  for (const content of ['', '80550403', '55048003', '550483', '55'.repeat(129)]) {
    assert.throws(() => readOid(element(tlv(0x06, hex(content))), 'it'), unreadable, content)
  }
  assert.throws(() => readOid(element(tlv(0x0c, hex('550403'))), 'it'), /not an object identifier/)
})

test('serial numbers: whole bytes of upper-case hex, a minus before a negative', () => {
  const cases: [string, string][] = [
    ['00', '00'],
    ['01', '01'],
    ['0a1b', '0A1B'],
    ['00ff', 'FF'],
    ['7f', '7F'],
    ['ff', '-01'],
    ['80', '-80'],
    ['ff00', '-0100'],
    ['ff7f', '-81'],
  ]
  for (const [content, text] of cases) assert.equal(serialText(hex(content)), text, content)
})

test('serial numbers that are padded, empty or endless are refused', () => {
  for (const content of ['', '0001', '0000', 'ffff', 'ff80', '01'.repeat(65)])
    assert.throws(() => serialText(hex(content)), unreadable, content)
})

test('a positive and a negative serial never read the same', () => {
  assert.notEqual(serialText(hex('00ff')), serialText(hex('ff')))
})

test('booleans are 00 or ff', () => {
  assert.equal(readBoolean(element(hex('0101ff')), 'it'), true)
  assert.equal(readBoolean(element(hex('010100')), 'it'), false)
  for (const der of ['010101', '0100', '0102ffff', '0401ff'])
    assert.throws(() => readBoolean(element(hex(der)), 'it'), /not a boolean/, der)
})

test('bit strings', () => {
  assert.deepEqual(readBits(element(bits([0, 2, 8])), 'it'), [0, 2, 8])
  assert.deepEqual(readBits(element(hex('030100')), 'it'), [])
  for (const der of ['0300', '030101', '030208ff', '030201ff', '0402' + '00ff']) {
    assert.throws(() => readBits(element(hex(der)), 'it'), /not a bit string/, der)
  }
})

const utc = (text: string) => element(tlv(0x17, Buffer.from(text, 'latin1')))
const generalized = (text: string) => element(tlv(0x18, Buffer.from(text, 'latin1')))

test('times, with the century of RFC 5280', () => {
  assert.equal(readTime(utc('491231235959Z'), 'it'), Date.UTC(2049, 11, 31, 23, 59, 59))
  assert.equal(readTime(utc('500101000000Z'), 'it'), Date.UTC(1950, 0, 1))
  assert.equal(readTime(utc('240229120000Z'), 'it'), Date.UTC(2024, 1, 29, 12))
  assert.equal(readTime(generalized('99991231235959Z'), 'it'), Date.UTC(9999, 11, 31, 23, 59, 59))
  assert.equal(new Date(readTime(generalized('00010101000000Z'), 'it')).getUTCFullYear(), 1)
})

test('times that do not exist, or in another form, are refused', () => {
  const utcTimes = ['230229120000Z', '240230120000Z', '241301000000Z', '240101240000Z', '240101006000Z', '240101000060Z', '000000000000Z']
  const utcForms = ['2401010000Z', '240101000000', '240101000000+0100', ' 40101000000Z', '20240101000000Z', '2401010000ééZ', '']
  for (const text of [...utcTimes, ...utcForms]) assert.throws(() => readTime(utc(text), 'it'), unreadable, text)
  for (const text of ['20240101000000.5Z', '202401010000Z', '240101000000Z', '20240101000000+0000']) {
    assert.throws(() => readTime(generalized(text), 'it'), unreadable, text)
  }
  assert.throws(() => readTime(element(tlv(0x0c, Buffer.from('20240101000000Z'))), 'it'), unreadable)
})
