import { BOOLEAN, contentBytes, DerReader, inside, OCTET_STRING, SEQUENCE } from '../identity/der.ts'
import { readOid } from '../identity/der-values.ts'

const EXTENSIONS = 0xa3

/** A reader over the value of one extension (RFC 5280 section 4.1) of a certificate; null where it has none. Throws UnreadableCertificateError. */
export function findExtension(certificate: Uint8Array, oid: string): DerReader | null {
  const body = new DerReader(certificate).open(SEQUENCE, 'the certificate').open(SEQUENCE, 'the certificate body')
  while (!body.atEnd) {
    const element = body.next('the certificate body')
    if (element.tag !== EXTENSIONS) continue
    const list = inside(element, 'the extensions').open(SEQUENCE, 'the extensions')
    while (!list.atEnd) {
      const parts = list.open(SEQUENCE, 'an extension')
      const type = readOid(parts.next('an extension'), 'an extension')
      parts.optional(BOOLEAN, 'an extension')
      const value = parts.expect(OCTET_STRING, 'an extension')
      if (type === oid) return new DerReader(contentBytes(value))
    }
  }
  return null
}
