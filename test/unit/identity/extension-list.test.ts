import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnreadableCertificateError } from '../../../src/errors.ts'
import { contentBytes, DerReader } from '../../../src/identity/der.ts'
import { nextExtension } from '../../../src/identity/extension-list.ts'
import * as der from '../../support/der.ts'

const OID = '2.5.29.19'
const held = der.octetString(Buffer.from('DER'))
const readAll = (bytes: Buffer) => {
  const list = new DerReader(bytes)
  const found = []
  while (!list.atEnd) found.push(nextExtension(list))
  return found
}

test('extensions are read one after the other, with where each stands', () => {
  const first = der.sequence(der.oid(OID), held)
  const read = readAll(Buffer.concat([first, der.sequence(der.oid('2.5.29.15'), der.boolean(true), held)]))
  assert.deepEqual(
    read.map(({ oid, critical, value, start }) => [oid, critical, Buffer.from(contentBytes(value)).toString(), start]),
    [
      [OID, false, 'DER', 2],
      ['2.5.29.15', true, 'DER', first.length + 2],
    ],
  )
})

test('whatever is not whole, in another order or followed by more is refused', () => {
  for (const parts of [
    [],
    [der.oid(OID)],
    [held, der.oid(OID)],
    [der.oid(OID), held, held],
    [der.oid(OID), held, der.boolean(true)],
    [der.oid(OID), Buffer.from([1, 1, 7]), held],
  ]) {
    assert.throws(() => readAll(der.sequence(...parts)), UnreadableCertificateError)
  }
})
