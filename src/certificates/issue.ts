// @peculiar/x509 resolves its algorithms through a container that needs Reflect metadata.
import 'reflect-metadata/lite'
import { randomBytes, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import { generateKey, type KeyPairObject, type KeyType, privateKeyPem } from './key.ts'

/** A certificate with its private key, able to sign others. */
export interface Issuer {
  readonly certificate: x509.X509Certificate
  readonly keys: KeyPairObject
  /** PEM of this certificate and those above it, nearest first, without the root: what goes with every leaf. */
  readonly chain: string
}

export interface IssuedCertificate {
  /** PEM: the leaf, then the issuing certificates above it, without the root. */
  readonly certificate: string
  /** PKCS#8 PEM, not encrypted. */
  readonly key: string
  readonly notAfter: Date
}

export interface LeafRequest {
  /** Becomes the CN as it is: `a,OU=x` is one name, never structure. At most 64 characters (RFC 5280 appendix A.1). */
  readonly commonName: string
  /** DNS names and IP addresses. */
  readonly names?: readonly string[]
  readonly days: number
  readonly keyType?: KeyType
}

export interface CertificateTemplate {
  readonly subject: x509.JsonNameParams
  readonly publicKey: webcrypto.CryptoKey
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly x509.Extension[]
}

const millisecondsPerDay = 86_400_000
/** Clocks of clients lag: a certificate must not be "not yet valid" on the machine next to it. */
const backdate = 5 * 60_000

/** A certificate that a server presents, for these DNS names and IP addresses. */
export function issueServer(issuer: Issuer, request: LeafRequest & { readonly names: readonly string[] }): Promise<IssuedCertificate> {
  return issueLeaf(issuer, request, x509.ExtendedKeyUsage.serverAuth)
}

/** A certificate that a client presents; it cannot serve. */
export function issueClient(issuer: Issuer, request: LeafRequest): Promise<IssuedCertificate> {
  return issueLeaf(issuer, request, x509.ExtendedKeyUsage.clientAuth)
}

async function issueLeaf(issuer: Issuer, request: LeafRequest, purpose: x509.ExtendedKeyUsage): Promise<IssuedCertificate> {
  const keyType = request.keyType ?? 'ec'
  const keys = await generateKey(keyType)
  // TLS 1.2 clients may still encrypt to an RSA key; EC and Edwards keys only sign.
  const usages = x509.KeyUsageFlags.digitalSignature | (keyType === 'rsa' ? x509.KeyUsageFlags.keyEncipherment : 0)
  const names = request.names ?? []
  const { notBefore, notAfter } = validity(request.days, issuer.certificate)
  const certificate = await sign(issuer, {
    subject: commonName(request.commonName),
    publicKey: keys.publicKey,
    notBefore,
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(usages, true),
      new x509.ExtendedKeyUsageExtension([purpose]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map(generalName))]),
    ],
  })
  return { certificate: pem(certificate) + issuer.chain, key: await privateKeyPem(keys), notAfter }
}

/** Signs a template, adding the serial and both key identifiers; without an issuer the certificate signs itself. */
export async function sign(issuer: Issuer | KeyPairObject, template: CertificateTemplate): Promise<x509.X509Certificate> {
  const above = 'keys' in issuer ? issuer : null
  const signingKeys = 'keys' in issuer ? issuer.keys : issuer
  const subjectKeyId = await x509.SubjectKeyIdentifierExtension.create(template.publicKey)
  const authorityKeyId = await x509.AuthorityKeyIdentifierExtension.create(signingKeys.publicKey)
  const subject = new x509.Name(template.subject)
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: above === null ? subject : above.certificate.subjectName,
    notBefore: template.notBefore,
    notAfter: template.notAfter,
    publicKey: template.publicKey,
    signingKey: signingKeys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [...template.extensions, subjectKeyId, authorityKeyId],
  })
}

/** From a little before now, for so many days, but never beyond the issuer: a chain is as good as its first date. */
export function validity(days: number, issuer: x509.X509Certificate | null): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(Date.now() / 1000) * 1000
  const end = now + days * millisecondsPerDay
  return {
    notBefore: new Date(Math.max(now - backdate, issuer?.notBefore.getTime() ?? 0)),
    notAfter: new Date(Math.min(end, issuer?.notAfter.getTime() ?? end)),
  }
}

export function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

/** 128 random bits; the first byte is kept within 01..7f, so the number is positive and of one length. */
function serialNumber(): string {
  const bytes = randomBytes(17)
  bytes[0] = 1
  return bytes.toString('hex')
}

/** A subject of one CN, taken as it is: the library would read quotes and a leading `#` of a plain string as syntax. */
export function commonName(name: string): x509.JsonNameParams {
  if (name === '' || [...name].length > 64) throw new RangeError(`a common name has 1 to 64 characters, not ${[...name].length}`)
  if (/\p{Cc}/u.test(name)) throw new RangeError('a common name has no control characters')
  return [{ CN: [{ utf8String: name }] }]
}

function generalName(name: string): x509.JsonGeneralName {
  return isIP(name) === 0 ? { type: 'dns', value: name } : { type: 'ip', value: name }
}
