import 'reflect-metadata/lite'
import { createHash, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { type CertificateTemplate, commonName, type Issuer, pem, sign, validity } from './issue.ts'
import { generateKey, type KeyPairObject, type KeyType, privateKeyPem } from './key.ts'

/** A root that signs one issuing certificate, and that issuing certificate, which signs the leaves. */
export interface Authority {
  /** PEM of the root alone: what clients and servers are told to trust. */
  readonly rootCertificate: string
  readonly rootKey: string
  readonly issuingCertificate: string
  readonly issuingKey: string
  readonly issuer: Issuer
  readonly notAfter: Date
}

export interface AuthorityRequest {
  readonly days: number
  readonly keyType?: KeyType
}

const caUsages = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign

/**
 * Makes a new two-level authority. The root may have exactly one level of CA below it, the issuing CA none (RFC 5280 section 4.2.1.9).
 * Both names carry the start of their key's SHA-256, so that two authorities made on one machine are never mistaken for each other.
 */
export async function createAuthority(request: AuthorityRequest): Promise<Authority> {
  const keyType = request.keyType ?? 'ec'
  const rootKeys = await generateKey(keyType)
  const root = await sign(rootKeys, await caTemplate('certgate root CA', rootKeys, 1, validity(request.days, null)))

  const issuingKeys = await generateKey(keyType)
  const dates = validity(request.days, root)
  const issuing = await sign(
    { certificate: root, keys: rootKeys, chain: '' },
    await caTemplate('certgate issuing CA', issuingKeys, 0, dates),
  )
  const issuingCertificate = pem(issuing)
  return {
    rootCertificate: pem(root),
    rootKey: await privateKeyPem(rootKeys),
    issuingCertificate,
    issuingKey: await privateKeyPem(issuingKeys),
    issuer: { certificate: issuing, keys: issuingKeys, chain: issuingCertificate },
    notAfter: root.notAfter,
  }
}

async function caTemplate(
  title: string,
  keys: KeyPairObject,
  pathLength: number,
  dates: { notBefore: Date; notAfter: Date },
): Promise<CertificateTemplate> {
  const spki = await webcrypto.subtle.exportKey('spki', keys.publicKey)
  const suffix = createHash('sha256').update(Buffer.from(spki)).digest('hex').slice(0, 8)
  return {
    subject: commonName(`${title} ${suffix}`),
    publicKey: keys.publicKey,
    ...dates,
    extensions: [new x509.BasicConstraintsExtension(true, pathLength, true), new x509.KeyUsagesExtension(caUsages, true)],
  }
}
