import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnreadableCertificateError } from '../../../src/errors.ts'
import { contentBytes, DerReader, encodedBytes, INTEGER, inside, OCTET_STRING, SEQUENCE } from '../../../src/identity/der.ts'
import { integer, octetString, sequence } from '../../support/der.ts'

const refused = (message: RegExp) => (error: unknown) => {
  assert(error instanceof UnreadableCertificateError, String(error))
  assert.equal(error.code, 'certificate_unreadable')
  assert.match(error.message, message)
  return true
}

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

test('reads elements in order and gives views of their bytes', () => {
  const der = sequence(integer(5), octetString(Buffer.from('ab')))
  const reader = new DerReader(der).open(SEQUENCE, 'it')
  assert.deepEqual([...contentBytes(reader.expect(INTEGER, 'number'))], [5])
  const text = reader.next('text')
  assert.equal(text.tag, OCTET_STRING)
  assert.equal(Buffer.from(encodedBytes(text)).toString('hex'), '04026162')
  assert.equal(reader.atEnd, true)
  reader.finish('it')
})

test('long lengths are read where they are needed', () => {
  const body = Buffer.alloc(70_000, 1)
  assert.equal(contentBytes(new DerReader(octetString(body)).next('it')).length, 70_000)
})

test('an optional element consumes nothing where another stands, or none', () => {
  const reader = new DerReader(integer(1))
  assert.equal(reader.optional(OCTET_STRING, 'it'), null)
  assert.equal(reader.optional(INTEGER, 'it')?.tag, INTEGER)
  assert.equal(reader.optional(INTEGER, 'it'), null)
})

const malformed: [name: string, hex: string, message: RegExp][] = [
  ['nothing', '', /missing or cut off \(at byte 0\)/],
  ['a tag without a length', '30', /missing or cut off \(at byte 1\)/],
  ['content beyond the end', '04 05 61', /longer than what it stands in/],
  ['an indefinite length', '30 80 02 01 01 00 00', /indefinite length/],
  ['a long form for a short length', '04 81 01 61', /not minimal/],
  ['a leading zero in the length', `04 82 00 81 ${'61'.repeat(129)}`, /not minimal/],
  ['a length of five bytes', '04 85 00 00 00 00 01 61', /a length of 5 bytes/],
  ['a length of four gigabytes', '04 84 ff ff ff ff 61', /longer than what it stands in/],
  ['a cut-off length', '04 82 01', /missing or cut off/],
  ['a tag number above 30', '1f 81 01 01 61', /tag number above 30/],
]
for (const [name, hex, message] of malformed) {
  test(`${name} is refused`, () => assert.throws(() => new DerReader(bytes(hex)).next('it'), refused(message)))
}

test('an inner element cannot reach beyond its outer one', () => {
  const reader = new DerReader(bytes('30 03 04 05 61 62 63 64')).open(SEQUENCE, 'it')
  assert.throws(() => reader.next('inner'), refused(/inner is longer/))
})

test('data after what was read is refused', () => {
  const reader = new DerReader(bytes('02 01 01 00'))
  reader.next('it')
  assert.throws(() => reader.finish('it'), refused(/followed by more data \(at byte 3\)/))
})

test('another tag than the expected one is refused', () => {
  assert.throws(() => new DerReader(integer(1)).expect(OCTET_STRING, 'it'), refused(/tag 0x02 instead of 0x04/))
})

test('a primitive element has no inside', () => {
  assert.throws(() => inside(new DerReader(integer(1)).next('it'), 'it'), refused(/not constructed/))
})

test('nesting is bounded', () => {
  let der: Buffer = integer(1)
  for (let i = 0; i < 40; i++) der = sequence(der)
  let reader = new DerReader(der)
  assert.throws(
    () => {
      for (let i = 0; i < 40; i++) reader = reader.open(SEQUENCE, 'it')
    },
    refused(/nested too deeply/),
  )
})
