import { UnreadableCertificateError } from '../errors.ts'
import { DerReader, encodedBytes, INTEGER, inside, SEQUENCE, SET } from '../identity/der.ts'
import { readOid } from '../identity/der-values.ts'
import * as der from './der-write.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'
/** Both the content of a ContentInfo and the certificates of a SignedData. */
const CONTEXT_0 = 0xa0
const CRLS = 0xa1

/** DER of a PKCS#7 message that carries certificates and nothing else: SignedData without content or signers (RFC 5652 section 5). */
export function writeCertsOnly(certificates: readonly Uint8Array[]): der.Der {
  const signedData = der.sequence(
    der.integer(1),
    der.setOf(),
    der.sequence(der.objectIdentifier(DATA)),
    // As given and not in the ascending order of DER, like OpenSSL: what is printed from it is a chain.
    der.context(0, ...certificates.map((one) => Buffer.from(one))),
    der.setOf(),
  )
  return der.sequence(der.objectIdentifier(SIGNED_DATA), der.context(0, signedData))
}

/** The DER of each certificate in such a message, in its order. Throws UnreadableCertificateError for anything else. */
export function readCertsOnly(message: Uint8Array): Buffer[] {
  const outer = new DerReader(message)
  const info = outer.open(SEQUENCE, 'the PKCS#7 message')
  outer.finish('the PKCS#7 message')
  if (readOid(info.next('the PKCS#7 content'), 'the PKCS#7 content') !== SIGNED_DATA)
    throw new UnreadableCertificateError('the PKCS#7 message is no SignedData')
  const explicit = info.open(CONTEXT_0, 'the PKCS#7 content')
  const parts = explicit.open(SEQUENCE, 'the signed data')
  parts.expect(INTEGER, 'the version')
  parts.expect(SET, 'the digest algorithms')
  parts.expect(SEQUENCE, 'the encapsulated content')
  const list = parts.optional(CONTEXT_0, 'the certificates')
  parts.optional(CRLS, 'the revocation lists')
  parts.expect(SET, 'the signers')
  parts.finish('the signed data')
  if (list === null) return []
  const certificates = inside(list, 'the certificates')
  const found: Buffer[] = []
  while (!certificates.atEnd) found.push(Buffer.from(encodedBytes(certificates.expect(SEQUENCE, 'a certificate'))))
  return found
}
