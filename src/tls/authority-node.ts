import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { UnreadableCertificateError } from '../errors.ts'
import { type CertificateParts, certificateParts, readCertificate } from '../identity/certificate.ts'
import type { CertificateFacts } from '../identity/types.ts'
import { keyWeakness, signatureWeakness, spellsCurveOut } from './algorithm.ts'
import { foldName } from './issuer-name.ts'

/** A certificate that may stand above a leaf: configured, or sent by a client. Few and shared, so the parsed object may stay. */
export interface AuthorityNode {
  readonly x509: X509Certificate
  readonly facts: CertificateFacts
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo. */
  readonly key: string
  /** Folded names: for finding lists, never for identity. */
  readonly subjectName: string
  readonly issuerName: string
  /** null: OpenSSL cannot use the key. */
  readonly publicKey: KeyObject | null
  readonly weakness: string | null
  /** Its signature verifies with its own key. */
  readonly selfSigned: boolean
  readonly base64: string
}

/** Throws UnreadableCertificateError. */
export function authorityNode(x509: X509Certificate): AuthorityNode {
  const { raw } = x509
  const facts = readCertificate(raw)
  const parts = certificateParts(raw)
  const publicKey = publicKeyOf(x509)
  const selfSigned = publicKey !== null && x509.checkIssued(x509) && verifies(x509, publicKey)
  return {
    x509,
    facts,
    fingerprint: sha256(raw),
    key: sha256(parts.subjectPublicKeyInfo),
    subjectName: foldName(facts.subject),
    issuerName: foldName(facts.issuer),
    publicKey,
    // Nobody relies on the signature that an anchor makes over itself.
    weakness: certificateWeakness(publicKey, parts, !selfSigned),
    selfSigned,
    base64: raw.toString('base64'),
  }
}

/** From DER or PEM. Throws UnreadableCertificateError, also where OpenSSL cannot read it. */
export function parseCertificate(bytes: Uint8Array | string): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch (error) {
    throw new UnreadableCertificateError('it is not a certificate', error)
  }
}

/** Why a certificate must not be relied on; null: nothing speaks against its key and, where that counts, its signature. */
export function certificateWeakness(publicKey: KeyObject | null, parts: CertificateParts, signatureCounts = true): string | null {
  if (publicKey === null) return 'a key that cannot be used'
  if (spellsCurveOut(parts.subjectPublicKeyInfo)) return 'a key on a curve of explicit parameters'
  return keyWeakness(publicKey) ?? (signatureCounts ? signatureWeakness(parts.signatureAlgorithm) : null)
}

export function publicKeyOf(x509: X509Certificate): KeyObject | null {
  try {
    return x509.publicKey
  } catch {
    return null
  }
}

/** True if the issuer's key made the certificate's signature; names are the caller's to compare. */
export function bearsSignatureOf(certificate: X509Certificate, issuer: Pick<AuthorityNode, 'publicKey'>): boolean {
  return issuer.publicKey !== null && verifies(certificate, issuer.publicKey)
}

function verifies(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key)
  } catch {
    return false
  }
}

/** RFC 5280 sections 4.2.1.9 and 4.1.2.6: only a CA whose key usage allows it signs certificates, and only one that has a name. */
export function signsCertificates({ facts }: AuthorityNode): boolean {
  return facts.isCa && facts.subject.length > 0 && (facts.keyUsages === null || facts.keyUsages.includes('keyCertSign'))
}

export function inForce({ facts }: AuthorityNode, now: number): boolean {
  return facts.notBefore <= now && now <= facts.notAfter
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
