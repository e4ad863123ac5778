import { createRequire } from 'node:module'
import type { asn1 as Asn1Library } from 'node-forge'

/** One parsed ASN.1 element; only this file knows how node-forge holds it. */
export type Element = Asn1Library.Asn1

/** The bytes are not the structure they should be. */
export class MalformedError extends Error {}

// Only node-forge's ASN.1 part: all of it costs 80 ms of start-up. It reads BER too, which old PFX tools write.
const asn1 = createRequire(import.meta.url)('node-forge/lib/asn1.js') as typeof Asn1Library

const universal = asn1.Class.UNIVERSAL
const contextSpecific = asn1.Class.CONTEXT_SPECIFIC

/** Reads one BER or DER element; bytes after it are ignored, as other PFX readers do. */
export function decode(bytes: Uint8Array): Element {
  try {
    const parse = asn1.fromDer as unknown as (bytes: string, options: object) => Element
    return parse(Buffer.from(bytes).toString('latin1'), { strict: true, parseAllBytes: false, decodeBitStrings: false })
  } catch (cause) {
    throw new MalformedError('is not ASN.1', { cause })
  }
}

export function encode(element: Element): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), 'latin1')
}

/** The children of a SEQUENCE or SET, or of an explicit tag. */
export function children(element: Element | undefined): readonly Element[] {
  if (element === undefined || !Array.isArray(element.value)) throw new MalformedError('has a primitive value where a structure belongs')
  return element.value
}

export function only(element: Element | undefined): Element {
  const [child] = children(element)
  if (child === undefined) throw new MalformedError('has an empty structure')
  return child
}

/** The content of an OCTET STRING, whether in one piece or, in BER, in several. */
export function octets(element: Element | undefined): Buffer {
  if (element === undefined) throw new MalformedError('ends too early')
  if (typeof element.value === 'string') return Buffer.from(element.value, 'latin1')
  return Buffer.concat(element.value.map(octets))
}

export function isOctets(element: Element | undefined): boolean {
  return element?.tagClass === universal && element.type === asn1.Type.OCTETSTRING
}

export function isInteger(element: Element | undefined): boolean {
  return element?.tagClass === universal && element.type === asn1.Type.INTEGER
}

export function identifier(element: Element | undefined): string {
  if (element === undefined || element.type !== asn1.Type.OID || typeof element.value !== 'string') {
    throw new MalformedError('has no object identifier where one belongs')
  }
  return asn1.derToOid(element.value)
}

/** A small non-negative INTEGER. */
export function integer(element: Element | undefined): number {
  if (!isInteger(element) || typeof element?.value !== 'string' || element.value.length > 5) {
    throw new MalformedError('has no small number where one belongs')
  }
  const bytes = octets(element)
  const value = bytes.length === 0 ? -1 : bytes.readIntBE(0, bytes.length)
  if (value < 0) throw new MalformedError('has a negative number')
  return value
}

export const sequence = (...parts: Element[]): Element => asn1.create(universal, asn1.Type.SEQUENCE, true, parts)
export const set = (...parts: Element[]): Element => asn1.create(universal, asn1.Type.SET, true, parts)
export const octetString = (bytes: Uint8Array): Element =>
  asn1.create(universal, asn1.Type.OCTETSTRING, false, Buffer.from(bytes).toString('latin1'))
export const objectIdentifier = (oid: string): Element => asn1.create(universal, asn1.Type.OID, false, asn1.oidToDer(oid).getBytes())
export const number = (value: number): Element => asn1.create(universal, asn1.Type.INTEGER, false, asn1.integerToDer(value).getBytes())
export const nothing = (): Element => asn1.create(universal, asn1.Type.NULL, false, '')
export const bmpString = (text: string): Element => asn1.create(universal, asn1.Type.BMPSTRING, false, text)
/** An explicit context-specific tag around one element. */
export const explicit = (tag: number, element: Element): Element => asn1.create(contextSpecific, tag as Asn1Library.Type, true, [element])
/** An implicit context-specific tag on an OCTET STRING. */
export const implicitOctets = (tag: number, bytes: Uint8Array): Element =>
  asn1.create(contextSpecific, tag as Asn1Library.Type, false, Buffer.from(bytes).toString('latin1'))
