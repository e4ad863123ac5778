import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readString } from '../../../src/identity/asn1-string.ts'
import { DerReader } from '../../../src/identity/der.ts'
import { tlv } from '../../support/der.ts'

const read = (tag: number, hex: string) => readString(new DerReader(tlv(tag, Buffer.from(hex, 'hex'))).next('it'), 'it')

const UTF8 = 0x0c
const NUMERIC = 0x12
const PRINTABLE = 0x13
const TELETEX = 0x14
const IA5 = 0x16
const VISIBLE = 0x1a
const UNIVERSAL = 0x1c
const BMP = 0x1e

test('every character string type', () => {
  assert.equal(read(UTF8, '4ac3bc7267656e'), 'Jürgen')
  assert.equal(read(UTF8, 'f09f9880'), '😀')
  assert.equal(read(UTF8, ''), '')
  assert.equal(read(NUMERIC, '312032'), '1 2')
  assert.equal(read(PRINTABLE, '2a2e612c40'), '*.a,@')
  assert.equal(read(IA5, '6b4078'), 'k@x')
  assert.equal(read(VISIBLE, '61'), 'a')
  assert.equal(read(TELETEX, '4afc72'), 'Jür')
  assert.equal(read(BMP, '004a00fc'), 'Jü')
  assert.equal(read(BMP, 'd83dde00'), '😀')
  assert.equal(read(UNIVERSAL, '0000004a0001f600'), 'J😀')
})

test('a byte order mark stays part of the name', () => {
  assert.equal(read(UTF8, 'efbbbf61'), '\ufeffa')
  assert.equal(read(BMP, 'feff0061'), '\ufeffa')
})

test('bytes that are not what the type promises are refused, never replaced', () => {
  const cases: [number, string][] = [
    [UTF8, '61ff'],
    [UTF8, 'eda080'],
    [UTF8, 'c080'],
    [UTF8, 'c3'],
    [UTF8, 'f4908080'],
    [PRINTABLE, '61e9'],
    [IA5, 'e9'],
    [NUMERIC, '80'],
    [NUMERIC, '61646d696e'],
    [NUMERIC, '312d'],
    [VISIBLE, 'ff'],
    [BMP, '0061ff'],
    [BMP, 'd83d0061'],
    [BMP, 'de00'],
    [UNIVERSAL, '00110000'],
    [UNIVERSAL, '0000d800'],
    [UNIVERSAL, '000061'],
  ]
  for (const [tag, hex] of cases) assert.throws(() => read(tag, hex), { name: 'UnreadableCertificateError' }, `${tag} ${hex}`)
})

test('other types are no strings', () => {
  for (const tag of [0x03, 0x04, 0x02, 0x15, 0x19, 0x1b]) assert.equal(read(tag, '0061'), null)
})
