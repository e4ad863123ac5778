import { createRequire } from 'node:module'
import type { asn1 as Asn1Library } from 'node-forge'

/** One parsed ASN.1 element; only this file knows how node-forge holds it. */
export type Element = Asn1Library.Asn1

/** The bytes are not the structure they should be. */
export class MalformedError extends Error {}

let loaded: typeof Asn1Library | undefined

/**
 * node-forge reads BER too, which old PFX tools write. Only its ASN.1 part is loaded, and only for a PFX file:
 * all of it would cost 80 ms at every start.
 */
function library(): typeof Asn1Library {
  loaded ??= createRequire(import.meta.url)('node-forge/lib/asn1.js') as typeof Asn1Library
  return loaded
}

const universal = 0x00
/** Universal tag numbers (X.680 section 8.4). */
const tag = { integer: 2, octetString: 4, objectIdentifier: 6 } as const

/** Reads one BER or DER element; bytes after it are ignored, as other PFX readers do. */
export function decode(bytes: Uint8Array): Element {
  try {
    const parse = library().fromDer as unknown as (bytes: string, options: object) => Element
    return parse(Buffer.from(bytes).toString('latin1'), { strict: true, parseAllBytes: false, decodeBitStrings: false })
  } catch (cause) {
    throw new MalformedError('is not ASN.1', { cause })
  }
}

/** In DER, whichever way it was read. */
export function encode(element: Element): Buffer {
  return Buffer.from(library().toDer(element).getBytes(), 'latin1')
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
  return element?.tagClass === universal && element.type === tag.octetString
}

export function isInteger(element: Element | undefined): boolean {
  return element?.tagClass === universal && element.type === tag.integer
}

export function identifier(element: Element | undefined): string {
  if (element === undefined || element.type !== tag.objectIdentifier || typeof element.value !== 'string') {
    throw new MalformedError('has no object identifier where one belongs')
  }
  return library().derToOid(element.value)
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
