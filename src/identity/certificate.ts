import { BIT_STRING, contentBytes, type DerElement, DerReader, encodedBytes, INTEGER, inside, SEQUENCE, unreadable } from './der.ts'
import { readOid, readTime, serialText } from './der-values.ts'
import { readExtensions } from './extensions.ts'
import { printName } from './name-print.ts'
import { readName } from './name-read.ts'
import type { CertificateFacts } from './types.ts'

/** Above what a TLS handshake carries by default in OpenSSL (100 KB); nothing larger is looked into. */
export const MAX_CERTIFICATE_BYTES = 131_072

const VERSION = 0xa0
const ISSUER_UNIQUE_ID = 0x81
const SUBJECT_UNIQUE_ID = 0x82
const EXTENSIONS = 0xa3
const V3 = 2

/** Encoded parts of a certificate, as views into its DER: names are matched with CRLs byte for byte, keys are hashed. */
export interface CertificateParts {
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly subjectPublicKeyInfo: Uint8Array
  /** OID of the algorithm that signed the certificate. */
  readonly signatureAlgorithm: string
}

interface Fields {
  readonly serial: DerElement
  readonly signatureAlgorithm: DerElement
  readonly issuer: DerElement
  readonly validity: DerElement
  readonly subject: DerElement
  readonly publicKey: DerElement
  readonly extensions: DerReader | null
}

/**
 * Reads one certificate (RFC 5280 section 4.1), strictly: what has two readings, or is larger than any honest
 * certificate, throws UnreadableCertificateError. Time and memory are linear in the size of the DER.
 */
export function readCertificate(der: Uint8Array): CertificateFacts {
  const fields = readFields(der)
  const subject = readName(fields.subject, 'the subject')
  const issuer = readName(fields.issuer, 'the issuer')
  return {
    subject,
    issuer,
    dn: printName(subject),
    issuerDn: printName(issuer),
    serial: serialText(contentBytes(fields.serial)),
    ...readValidity(fields.validity),
    ...readExtensions(fields.extensions),
  }
}

/** The encoded parts of a certificate. Throws UnreadableCertificateError. */
export function certificateParts(der: Uint8Array): CertificateParts {
  const fields = readFields(der)
  return {
    issuer: encodedBytes(fields.issuer),
    subject: encodedBytes(fields.subject),
    subjectPublicKeyInfo: encodedBytes(fields.publicKey),
    signatureAlgorithm: readAlgorithm(fields.signatureAlgorithm),
  }
}

function readFields(der: Uint8Array): Fields {
  if (der.length > MAX_CERTIFICATE_BYTES)
    throw unreadable(`the certificate has ${der.length} bytes, at most ${MAX_CERTIFICATE_BYTES} are read`, 0)
  const outer = new DerReader(der)
  const certificate = outer.open(SEQUENCE, 'the certificate')
  outer.finish('the certificate')
  const fields = readTbs(certificate.open(SEQUENCE, 'the certificate body'))
  const algorithm = certificate.expect(SEQUENCE, 'the signature algorithm')
  certificate.expect(BIT_STRING, 'the signature')
  certificate.finish('the signature')
  // RFC 5280 section 4.1.1.2: the signed algorithm and the one in use must be the same.
  if (!sameBytes(encodedBytes(algorithm), encodedBytes(fields.signatureAlgorithm))) {
    throw unreadable('the signature algorithm differs from the one that was signed', algorithm.start)
  }
  return fields
}

function readTbs(tbs: DerReader): Fields {
  const version = readVersion(tbs)
  const fields = {
    serial: tbs.expect(INTEGER, 'the serial number'),
    signatureAlgorithm: tbs.expect(SEQUENCE, 'the signed signature algorithm'),
    issuer: tbs.expect(SEQUENCE, 'the issuer'),
    validity: tbs.expect(SEQUENCE, 'the validity'),
    subject: tbs.expect(SEQUENCE, 'the subject'),
    publicKey: tbs.expect(SEQUENCE, 'the public key'),
  }
  tbs.optional(ISSUER_UNIQUE_ID, 'issuerUniqueID')
  tbs.optional(SUBJECT_UNIQUE_ID, 'subjectUniqueID')
  const wrapper = tbs.optional(EXTENSIONS, 'the extensions')
  tbs.finish('the certificate body')
  if (wrapper === null) return { ...fields, extensions: null }
  if (version !== V3) throw unreadable('extensions need a version 3 certificate', wrapper.start)
  const explicit = inside(wrapper, 'the extensions')
  const extensions = explicit.open(SEQUENCE, 'the extensions')
  explicit.finish('the extensions')
  return { ...fields, extensions }
}

function readVersion(tbs: DerReader): number {
  const wrapper = tbs.optional(VERSION, 'the version')
  if (wrapper === null) return 0
  const explicit = inside(wrapper, 'the version')
  const content = contentBytes(explicit.expect(INTEGER, 'the version'))
  explicit.finish('the version')
  const [version = V3 + 1] = content
  if (content.length !== 1 || version > V3) throw unreadable('the version is not 1, 2 or 3', wrapper.start)
  return version
}

function readValidity(validity: DerElement): { notBefore: number; notAfter: number } {
  const times = inside(validity, 'the validity')
  const notBefore = readTime(times.next('notBefore'), 'notBefore')
  const notAfter = readTime(times.next('notAfter'), 'notAfter')
  times.finish('the validity')
  return { notBefore, notAfter }
}

function readAlgorithm(algorithm: DerElement): string {
  return readOid(inside(algorithm, 'the signature algorithm').next('the signature algorithm'), 'the signature algorithm')
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
