import { createHash, X509Certificate } from 'node:crypto'
import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import { certificateParts, readCertificate } from '../identity/certificate.ts'
import type { CertificateFacts } from '../identity/types.ts'
import { certificateWeakness, publicKeyOf } from '../tls/authority-node.ts'
import { looksLikeDer, readPem } from '../tls/pem.ts'
import { IssuanceError } from './issuance-error.ts'
import { SignerSearch, slowness } from './issuer-search.ts'
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
  const certificates = certificatesOf(bytes, password)
  if (certificates.length > MAX_CERTIFICATES)
    throw new IssuanceError('request', `there are ${certificates.length} certificates, at most ${MAX_CERTIFICATES} are read`)
  const distinct = [...new Map(certificates.map(readGiven).map((given) => [given.fingerprint, given])).values()]
  const issuers = issuersAmong(distinct)
  const authorities = distinct.filter((given) => given.facts.isCa || issuers.has(given))
  const leaves = distinct.filter((given) => !authorities.includes(given))
  if (leaves.length === 0) {
    // What `openssl req -x509` makes unless it is told otherwise.
    const own = distinct.length === 1 && distinct[0] !== undefined && isSelfIssued(distinct[0])
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

/** One of them, as far as it is read before any signature is checked. */
interface Given {
  readonly x509: X509Certificate
  readonly facts: CertificateFacts
  readonly fingerprint: string
  readonly weakness: string | null
}

function readGiven(x509: X509Certificate): Given {
  try {
    const [facts, parts, publicKey] = [readCertificate(x509.raw), certificateParts(x509.raw), publicKeyOf(x509)]
    const slow = publicKey === null ? null : slowness(publicKey)
    if (slow !== null) throw new IssuanceError('key', `the certificate ${facts.dn} has ${slow}`)
    // Nobody relies on the signature that an owner makes over itself.
    const weakness = certificateWeakness(publicKey, parts, !x509.checkIssued(x509))
    return { x509, facts, fingerprint: createHash('sha256').update(x509.raw).digest('hex'), weakness }
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    throw new IssuanceError('request', `the certificate cannot be read: ${error.message}`, undefined, error)
  }
}

function isSelfIssued({ x509 }: Given): boolean {
  return x509.checkIssued(x509)
}

/**
 * Those that issued another of them, though they do not say that they are authorities: a root of version 1 says of itself neither that it is
 * a CA nor that it is none. Throws IssuanceError where names fit so often that looking for them would take long.
 */
function issuersAmong(all: readonly Given[]): ReadonlySet<Given> {
  const silent = all.filter(({ facts }) => !facts.isCa)
  const search = new SignerSearch(silent.map((given) => ({ x509: given.x509, given })))
  const found = new Set<Given>()
  for (const { x509 } of all) {
    const signer = search.find(x509)
    if (signer !== null) found.add(signer.given)
  }
  return found
}

function checkLeaf({ facts, weakness }: Given, now: number): void {
  if (weakness !== null) throw new IssuanceError('key', `the certificate ${facts.dn} has ${weakness}, which is too weak`)
  if (facts.notAfter <= now)
    throw new IssuanceError('lifetime', `the certificate ${facts.dn} expired ${new Date(facts.notAfter).toISOString()}`)
}
