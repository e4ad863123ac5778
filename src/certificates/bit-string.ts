import { BIT_STRING, contentBytes, type DerReader, unreadable } from '../identity/der.ts'

/** The next element, a BIT STRING of whole bytes: a key or a signature. Throws UnreadableCertificateError where bits are left over. */
export function readWholeBytes(reader: DerReader, what: string): Uint8Array {
  const element = reader.expect(BIT_STRING, what)
  const content = contentBytes(element)
  if (content[0] !== 0) throw unreadable(`${what} is not of whole bytes`, element.start)
  return content.subarray(1)
}
