import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DerReader } from '../../../src/identity/der.ts'
import { readGeneralNames } from '../../../src/identity/general-name.ts'
import * as der from '../../support/der.ts'
import { generalName } from '../../support/extensions.ts'
import { encodeName } from '../../support/subject.ts'

const read = (...names: Uint8Array[]) => readGeneralNames(new DerReader(der.sequence(...names)))
const value = (name: string | Uint8Array) => read(typeof name === 'string' ? generalName(name) : name)[0]?.value
const address = (hex: string) => value(der.contextPrimitive(7, Buffer.from(hex, 'hex')))
const otherName = (oid: string, inner: Uint8Array) => der.context(0, der.oid(oid), der.context(0, inner))

test('IPv6 addresses have one spelling, that of RFC 5952', () => {
  assert.equal(address('7f000001'), '127.0.0.1')
  assert.equal(address('00000000000000000000000000000000'), '::')
  assert.equal(address('00000000000000000000000000000001'), '::1')
  assert.equal(address('20010db8000000000000000000000000'), '2001:db8::')
  assert.equal(address('20010db8000000010001000100010001'), '2001:db8:0:1:1:1:1:1')
  assert.equal(address('20010000000000010000000000000001'), '2001:0:0:1::1')
  assert.equal(address('20010db800000000000100000000000a'), '2001:db8::1:0:0:a')
  assert.equal(address('ABCDEF01000200030004000500060007'), 'abcd:ef01:2:3:4:5:6:7')
})

test('addresses of another length are refused', () => {
  for (const hex of ['', '7f0000', '7f00000100', '00'.repeat(32)]) assert.throws(() => address(hex), /iPAddress has \d+ bytes/)
})

test('an otherName keeps its OID, and a value that is no string shows as hex', () => {
  const text = (characters: string) => der.tlv(0x0c, Buffer.from(characters))
  assert.equal(value(otherName('1.2.3', text('alice'))), '1.2.3:alice')
  assert.equal(value(otherName('1.2.3', der.sequence(der.integer(1)))), '1.2.3:#3003020101')
  assert.equal(value(otherName('1.2.3', text('#3003020101'))), '1.2.3:\\#3003020101')
  assert.equal(value(otherName('1.2.3', text('\\#3003020101'))), '1.2.3:\\\\#3003020101')
})

test('a directoryName is printed as a subject is', () => {
  assert.equal(value(der.context(4, encodeName([{ type: 'L', value: 'Berlin, DNS:admin' }]))), 'L=Berlin\\, DNS:admin')
})

test('kinds that no rule can name are passed over, unknown ones refused', () => {
  assert.deepEqual(read(der.context(3, der.sequence()), der.context(5, der.nothing), generalName('DNS:a')), [
    { type: 'dNSName', value: 'a' },
  ])
  assert.throws(() => read(der.contextPrimitive(9, Buffer.from('a'))), /unknown kind/)
  assert.throws(() => read(der.tlv(0x0c, Buffer.from('a'))), /unknown kind/)
})

test('text outside ASCII is refused, controls are read as they are', () => {
  for (const tag of [1, 2, 6]) assert.throws(() => value(der.contextPrimitive(tag, Buffer.from('é'))), /bytes outside ASCII/)
  assert.equal(value(der.contextPrimitive(2, Buffer.from('a\0b'))), 'a\0b')
})

test('data after the list, or within a name, is refused', () => {
  assert.throws(() => readGeneralNames(new DerReader(Buffer.concat([der.sequence(), der.nothing]))), /followed by more data/)
  assert.throws(() => value(der.context(0, der.oid('1.2.3'), der.context(0, der.nothing), der.nothing)), /followed by more data/)
  assert.throws(() => value(der.context(4, encodeName('CN=a'), encodeName('CN=b'))), /followed by more data/)
})
