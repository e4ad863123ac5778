import { X509Certificate } from 'node:crypto'
import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import { type AuthorityNode, authorityNode, bearsSignatureOf } from '../tls/authority-node.ts'
import { looksLikeDer, readPem } from '../tls/pem.ts'
import { IssuanceError } from './issuance-error.ts'
import { readPfxCertificates } from './pkcs12-read.ts'

/** What somebody hands in to be trusted as a client. */
export interface TrustedCertificates {
  /** One or more; those of one file are one entry for people. */
  readonly leaves: readonly X509Certificate[]
  /** CA certificates that stood beside them: shown, never trusted by this. */
  readonly authorities: readonly X509Certificate[]
}

const MAX_BYTES = 1024 * 1024
const MAX_CERTIFICATES = 64

/**
 * Reads what is to be trusted: a certificate in DER, one or more in PEM, or a PFX with or without its keys. Throws IssuanceError for
 * what is none of them, a wrong password, a CA where a client belongs, and a leaf that is weak or out of its dates at `now` (milliseconds).
 */
export function readTrustedCertificates(bytes: Buffer, password: string | null, now: number): TrustedCertificates {
  if (bytes.length > MAX_BYTES)
    throw new IssuanceError('request', `the certificate has ${bytes.length} bytes, at most ${MAX_BYTES} are read`)
  const nodes = certificatesOf(bytes, password).map(readNode)
  if (nodes.length > MAX_CERTIFICATES)
    throw new IssuanceError('request', `there are ${nodes.length} certificates, at most ${MAX_CERTIFICATES} are read`)
  const distinct = [...new Map(nodes.map((node) => [node.fingerprint, node])).values()]
  const authorities = distinct.filter((node) => node.facts.isCa || distinct.some((other) => issued(node, other)))
  const leaves = distinct.filter((node) => !authorities.includes(node))
  if (leaves.length === 0) {
    // What `openssl req -x509` makes unless it is told otherwise.
    const own = distinct.length === 1 && distinct[0]?.selfSigned === true
    const hint = own
      ? 'for a client of its own make it with: openssl req -x509 -addext basicConstraints=critical,CA:FALSE'
      : 'to trust all that it issues, name it under client_ca'
    throw new IssuanceError('request', 'this is the certificate of an authority, not of a client', hint)
  }
  for (const leaf of leaves) checkLeaf(leaf, now)
  return { leaves: leaves.map(({ x509 }) => x509), authorities: authorities.map(({ x509 }) => x509) }
}

/** Whether reading it may take long: neither PEM nor a certificate in DER. */
export function isPfx(bytes: Buffer): boolean {
  return looksLikeDer(bytes) && bytes.length <= MAX_BYTES && certificateIn(bytes) === null
}

function certificatesOf(bytes: Buffer, password: string | null): readonly X509Certificate[] {
  if (!looksLikeDer(bytes)) return fromPem(bytes)
  const certificate = certificateIn(bytes)
  return certificate === null ? readPfxCertificates(bytes, password) : [certificate]
}

function certificateIn(der: Buffer): X509Certificate | null {
  try {
    return new X509Certificate(der)
  } catch {
    return null
  }
}

function fromPem(bytes: Buffer): readonly X509Certificate[] {
  const hint = 'give a certificate in PEM or DER, or a PFX file'
  try {
    const blocks = readPem(bytes, 'the certificate').filter(({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE')
    if (blocks.length === 0) throw new IssuanceError('request', 'there is no certificate', hint)
    return blocks.map(({ der }) => new X509Certificate(der))
  } catch (error) {
    if (error instanceof IssuanceError) throw error
    throw new IssuanceError('request', error instanceof MaterialError ? error.message : 'the certificate cannot be read', hint, error)
  }
}

function readNode(certificate: X509Certificate): AuthorityNode {
  try {
    return authorityNode(certificate)
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    throw new IssuanceError('request', `the certificate cannot be read: ${error.message}`, undefined, error)
  }
}

/** A root of version 1 says of itself neither that it is a CA nor that it is none. */
function issued(issuer: AuthorityNode, other: AuthorityNode): boolean {
  return other !== issuer && other.x509.checkIssued(issuer.x509) && bearsSignatureOf(other.x509, issuer)
}

function checkLeaf({ facts, weakness }: AuthorityNode, now: number): void {
  if (weakness !== null) throw new IssuanceError('key', `the certificate ${facts.dn} has ${weakness}, which is too weak`)
  if (facts.notAfter <= now)
    throw new IssuanceError('lifetime', `the certificate ${facts.dn} expired ${new Date(facts.notAfter).toISOString()}`)
}
