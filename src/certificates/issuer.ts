import { hash, type KeyObject, type X509Certificate } from 'node:crypto'
import { certificateParts, readCertificate } from '../identity/certificate.ts'
import { BOOLEAN, contentBytes, INTEGER, SEQUENCE } from '../identity/der.ts'
import { BASIC_CONSTRAINTS } from '../identity/oids.ts'
import type { CertificateFacts } from '../identity/types.ts'
import { findExtension } from '../tls/extension.ts'
import { keyIdentifier } from './key.ts'
import { type Signer, signerOf } from './signing.ts'

/** Where what this authority says about its certificates can be fetched: written into each of them. */
export interface Publication {
  readonly crl?: string
  readonly ocsp?: string
  /** Of the issuing certificate in DER. */
  readonly certificate?: string
}

/** A CA certificate with its private key, able to sign certificates, lists and OCSP responses. */
export interface Issuer {
  readonly certificate: X509Certificate
  readonly facts: CertificateFacts
  readonly key: KeyObject
  readonly signer: Signer
  /** DER of its subject: stands byte for byte in what it signs, whatever string types its maker used. */
  readonly name: Buffer
  readonly publicKeyInfo: Buffer
  /** The subject key identifier that it carries itself, else the one of RFC 5280 section 4.2.1.2. */
  readonly keyId: Buffer
  /** How many CAs may stand below it; null: any number. */
  readonly pathLength: number | null
  /** PEM of this certificate and those above it, nearest first, without the root: what goes with every leaf. */
  readonly chain: string
  readonly publication: Publication
}

/** Throws IssuanceError for a key that cannot sign, UnreadableCertificateError for a certificate that cannot be read. */
export function issuerOf(certificate: X509Certificate, key: KeyObject, chain: string, publication: Publication = {}): Issuer {
  const facts = readCertificate(certificate.raw)
  const parts = certificateParts(certificate.raw)
  return {
    certificate,
    facts,
    key,
    signer: signerOf(key),
    name: Buffer.from(parts.subject),
    publicKeyInfo: Buffer.from(parts.subjectPublicKeyInfo),
    keyId: facts.subjectKeyId === null ? keyIdentifier(parts.subjectPublicKeyInfo) : Buffer.from(facts.subjectKeyId, 'hex'),
    pathLength: pathLengthOf(certificate.raw),
    chain,
    publication,
  }
}

/** The pathLenConstraint of a certificate (RFC 5280 section 4.2.1.9); null: it has none. Throws UnreadableCertificateError. */
export function pathLengthOf(certificate: Uint8Array): number | null {
  const parts = findExtension(certificate, BASIC_CONSTRAINTS)?.open(SEQUENCE, 'basicConstraints')
  parts?.optional(BOOLEAN, 'basicConstraints')
  const length = parts?.optional(INTEGER, 'basicConstraints') ?? null
  if (length === null) return null
  // Above 255 it limits nothing that exists.
  const bytes = contentBytes(length)
  return bytes.length === 1 ? (bytes[0] ?? 0) : 255
}

/** How the store, revocation lists and addresses call this CA: lower-case hex SHA-256 of its SubjectPublicKeyInfo. */
export const issuerKeyId = ({ publicKeyInfo }: Pick<Issuer, 'publicKeyInfo'>): string => hash('sha256', publicKeyInfo, 'hex')

/** Where pki.http serves what an issuer says, below a public address. */
export function publicationOf(url: string, keyId: string): Required<Publication> {
  const base = url.replace(/\/+$/, '')
  return { crl: `${base}/crl/${keyId}.crl`, ocsp: `${base}/ocsp`, certificate: `${base}/issuing/${keyId}.cer` }
}

/** A root's list is served there, its certificate is what others have, and OCSP answers for leaves. */
export function rootPublication(url: string | null | undefined, root: Pick<Issuer, 'publicKeyInfo'>): Publication {
  return url === null || url === undefined ? {} : { crl: publicationOf(url, issuerKeyId(root)).crl }
}
