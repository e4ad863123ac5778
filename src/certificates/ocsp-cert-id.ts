import { hash } from 'node:crypto'
import { contentBytes, type DerElement, encodedBytes, INTEGER, inside, OCTET_STRING, SEQUENCE } from '../identity/der.ts'
import { hexOf, readOid, serialText } from '../identity/der-values.ts'
import * as der from './der-write.ts'
import { keyBits } from './key.ts'

/** Digests that name an issuer in a CertID; SHA-1 is a label here, not a security property. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

export type CertIdDigest = 'sha1' | 'sha256'

/** CertID (RFC 6960 section 4.1.1): one certificate, named by its issuer's hashes and its serial. */
export interface CertId {
  /** As Node names it; null: a digest that is not known, which matches no issuer. */
  readonly digest: string | null
  readonly nameHash: string
  readonly keyHash: string
  /** Upper-case hex as in certificate facts. */
  readonly serial: string
  /** As it was sent: it is answered byte for byte. */
  readonly encoded: Buffer
}

/** What a CertID is compared with: an issuer by its DER name and SubjectPublicKeyInfo. */
export interface IssuerId {
  readonly name: Uint8Array
  readonly publicKeyInfo: Uint8Array
}

/** Throws UnreadableCertificateError. */
export function readCertId(element: DerElement): CertId {
  const parts = inside(element, 'the certificate id')
  const algorithm = inside(parts.expect(SEQUENCE, 'the digest of the certificate id'), 'the digest of the certificate id')
  const digest = DIGESTS.get(readOid(algorithm.next('the digest of the certificate id'), 'the digest of the certificate id'))
  const nameHash = hexOf(contentBytes(parts.expect(OCTET_STRING, 'the hash of the issuer name')))
  const keyHash = hexOf(contentBytes(parts.expect(OCTET_STRING, 'the hash of the issuer key')))
  const serial = serialText(contentBytes(parts.expect(INTEGER, 'the serial number')))
  parts.finish('the certificate id')
  return { digest: digest ?? null, nameHash, keyHash, serial, encoded: Buffer.from(encodedBytes(element)) }
}

/** The DER of a CertID; the serial is hex. */
export function writeCertId(issuer: IssuerId, serial: string, digest: CertIdDigest): der.Der {
  const oid = digest === 'sha1' ? '1.3.14.3.2.26' : '2.16.840.1.101.3.4.2.1'
  return der.sequence(
    der.sequence(der.objectIdentifier(oid), der.nothing),
    der.octetString(hash(digest, issuer.name, 'buffer')),
    der.octetString(hash(digest, keyBits(issuer.publicKeyInfo), 'buffer')),
    der.integerOf(Buffer.from(serial, 'hex')),
  )
}

/** Whether a CertID names this issuer, by both hashes. */
export function namesIssuer(id: CertId, issuer: IssuerId): boolean {
  if (id.digest === null) return false
  return id.nameHash === hash(id.digest, issuer.name, 'hex') && id.keyHash === hash(id.digest, keyBits(issuer.publicKeyInfo), 'hex')
}
