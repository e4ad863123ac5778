import { readString } from './asn1-string.ts'
import { type DerElement, DerReader, encodedBytes, inside, SEQUENCE, SET, unreadable } from './der.ts'
import { hexOf, readOid } from './der-values.ts'
import type { Attribute, Name, Rdn } from './types.ts'

/** Bounds the work and the header that a single name can cause; about 500 RDNs fit. */
export const MAX_NAME_BYTES = 16_384

/** A distinguished name in DER order (RFC 5280 section 4.1.2.4). Throws UnreadableCertificateError. */
export function readName(element: DerElement, what: string): Name {
  if (element.tag !== SEQUENCE) throw unreadable(`${what} is not a sequence`, element.start)
  const size = element.end - element.start
  if (size > MAX_NAME_BYTES) throw unreadable(`${what} is ${size} bytes long, at most ${MAX_NAME_BYTES} are read`, element.start)
  const reader = inside(element, what)
  const rdns: Rdn[] = []
  while (!reader.atEnd) rdns.push(readRdn(reader.open(SET, what), what, element.start))
  return rdns
}

function readRdn(reader: DerReader, what: string, position: number): Rdn {
  if (reader.atEnd) throw unreadable(`${what} has an empty RDN`, position)
  const attributes: Attribute[] = []
  while (!reader.atEnd) {
    const pair = reader.open(SEQUENCE, what)
    const oid = readOid(pair.next(what), what)
    attributes.push(readAttribute(oid, pair.next(what), what))
    pair.finish(what)
  }
  return attributes
}

function readAttribute(oid: string, element: DerElement, what: string): Attribute {
  const text = readString(element, what)
  return text === null ? { oid, value: `#${hexOf(encodedBytes(element))}`, encoded: true } : { oid, value: text }
}

/** An attribute from the DER of its value, as `#hex` in a DN gives it. Throws UnreadableCertificateError. */
export function attributeFromDer(oid: string, der: Uint8Array): Attribute {
  const reader = new DerReader(der)
  const element = reader.next('the value')
  reader.finish('the value')
  return readAttribute(oid, element, 'the value')
}
