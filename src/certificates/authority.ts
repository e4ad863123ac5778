import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { certificatePem, writeCertificate } from './certificate-write.ts'
import * as extensions from './extension-write.ts'
import { certify } from './issue.ts'
import { type Issuer, issuerOf, rootPublication } from './issuer.ts'
import { generateKey, type KeyType, keyIdentifier, privateKeyPem, publicKeyInfo } from './key.ts'
import { lifetimeOf } from './lifetime.ts'
import { PROFILES } from './profile.ts'
import { signerOf } from './signing.ts'
import { subjectOf } from './subject-name.ts'
import { ROOT_TITLE, titled } from './titled.ts'

/** A root that signs one issuing certificate, and that issuing certificate, which signs the leaves. */
export interface Authority {
  /** PEM of the root alone: what clients and servers are told to trust. */
  readonly rootCertificate: string
  readonly rootKey: string
  readonly issuingCertificate: string
  readonly issuingKey: string
  readonly issuer: Issuer
  readonly root: Issuer
  readonly notAfter: Date
}

export interface AuthorityRequest {
  readonly days: number
  readonly keyType?: KeyType
  /** Public base address, where the root's list is served; default: none is written into the issuing certificate. */
  readonly url?: string | null
  /** Milliseconds; default: the clock. */
  readonly now?: number
}

/**
 * Makes a new two-level authority. The root may have exactly one level of CA below it, the issuing CA none (RFC 5280 section 4.2.1.9).
 * Both names carry the start of their key's SHA-256, so that two authorities made on one machine are never mistaken for each other.
 */
export async function createAuthority(request: AuthorityRequest): Promise<Authority> {
  const keyType = request.keyType ?? 'ec'
  const now = request.now ?? Date.now()
  const rootKey = await generateKey(keyType)
  const root = selfSigned(rootKey, request.days, now)

  const issuingKey = await generateKey(keyType)
  const commonName = titled('certgate issuing CA', issuingKey)
  const { der } = certify(
    { ...root, publication: rootPublication(request.url, root) },
    'issuing',
    { commonName, days: request.days, now },
    createPublicKey(issuingKey),
  )
  const issuingCertificate = certificatePem(der)
  return {
    rootCertificate: certificatePem(root.certificate.raw),
    rootKey: privateKeyPem(rootKey),
    issuingCertificate,
    issuingKey: privateKeyPem(issuingKey),
    issuer: issuerOf(new X509Certificate(der), issuingKey, issuingCertificate),
    root,
    notAfter: new Date(root.facts.notAfter),
  }
}

/** A root that may have one level of CA below it. */
function selfSigned(key: KeyObject, days: number, now: number): Issuer {
  const profile = PROFILES.get('issuing')
  if (profile === undefined) throw new TypeError('there is no profile for authorities')
  const keyInfo = publicKeyInfo(key)
  const subject = subjectOf(titled(ROOT_TITLE, key))
  const template = {
    subject,
    issuer: subject,
    publicKeyInfo: keyInfo,
    lifetime: lifetimeOf({ days }, profile, null, now),
    issuerKeyId: keyIdentifier(keyInfo),
    extensions: [extensions.basicConstraints(true, 1), extensions.keyUsage(profile.usages)],
  }
  return issuerOf(new X509Certificate(writeCertificate(template, signerOf(key))), key, '')
}
