import { createHash, type X509Certificate } from 'node:crypto'
import { certificateParts, readCertificate } from '../identity/certificate.ts'
import { CLIENT_AUTH } from '../identity/oids.ts'
import type { CertificateFacts, PeerCertificate } from '../identity/types.ts'
import { certificateWeakness, publicKeyOf } from './authority-node.ts'
import { foldName } from './issuer-name.ts'
import type { Refusal } from './types.ts'

/** What is kept of a client's certificate: strings and numbers, never the parsed object (3 to 16 KB). */
export interface Leaf {
  readonly facts: CertificateFacts
  /** With the hashes; without what only a chain tells. */
  readonly certificate: PeerCertificate
  readonly issuerName: string
  /** SHA-256 (lower hex) of its SubjectPublicKeyInfo: by this the registry knows a key. */
  readonly pin: string
  readonly weakness: string | null
  readonly base64: string
}

/** Throws UnreadableCertificateError. */
export function readLeaf(x509: X509Certificate, raw: Buffer): Leaf {
  const facts = readCertificate(raw)
  const parts = certificateParts(raw)
  const base64 = raw.toString('base64')
  return {
    facts,
    certificate: {
      ...facts,
      fingerprint: createHash('sha256').update(raw).digest('hex'),
      fingerprintSha1: createHash('sha1').update(raw).digest('hex'),
      derBase64: base64,
      chainBase64: [],
      caKeys: [],
    },
    issuerName: foldName(facts.issuer),
    pin: createHash('sha256').update(parts.subjectPublicKeyInfo).digest('hex'),
    weakness: certificateWeakness(publicKeyOf(x509), parts),
    base64,
  }
}

/** RFC 5280 section 4.1.2.5: both ends are included. */
export function datesRefusal({ notBefore, notAfter }: CertificateFacts, now: number): Refusal | null {
  if (now > notAfter) return { refusal: 'certificate_expired', detail: `expired ${new Date(notAfter).toISOString()}` }
  if (now < notBefore) return { refusal: 'certificate_not_yet_valid', detail: `not valid before ${new Date(notBefore).toISOString()}` }
  return null
}

/** What speaks against a leaf whatever its chain: stricter than OpenSSL, and judged anew on every resumption. */
export function leafRefusal({ facts, weakness }: Leaf): Refusal | null {
  const { isCa, extendedKeyUsages, keyUsages, unknownCritical } = facts
  if (isCa) return { refusal: 'certificate_is_ca', detail: 'it is a CA certificate, which must not be used by clients' }
  if (extendedKeyUsages !== null && !extendedKeyUsages.includes(CLIENT_AUTH)) {
    return { refusal: 'certificate_wrong_purpose', detail: 'its extended key usage does not allow clients (clientAuth)' }
  }
  if (keyUsages !== null && !keyUsages.includes('digitalSignature')) {
    return { refusal: 'certificate_wrong_purpose', detail: 'its key usage does not allow signatures (digitalSignature)' }
  }
  // RFC 5280 section 4.2.1.9: without being a CA, this is a contradiction.
  if (keyUsages?.includes('keyCertSign'))
    return { refusal: 'certificate_invalid', detail: 'it claims to sign certificates without being a CA' }
  if (weakness !== null) return { refusal: 'certificate_weak', detail: `it has ${weakness}` }
  const [unknown] = unknownCritical
  return unknown === undefined ? null : { refusal: 'certificate_invalid', detail: `it has the unknown critical extension ${unknown}` }
}
