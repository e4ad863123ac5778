import { createPublicKey, type KeyObject } from 'node:crypto'
import type { San } from '../identity/types.ts'
import { certificatePem, writeCertificate } from './certificate-write.ts'
import type { Der } from './der-write.ts'
import * as extensions from './extension-write.ts'
import { IssuanceError } from './issuance-error.ts'
import type { Issuer, Publication } from './issuer.ts'
import { checkPublicKey, generateKey, type KeyType, privateKeyPem, publicKeyInfo } from './key.ts'
import { type LifetimeRequest, lifetimeOf } from './lifetime.ts'
import { type Profile, type ProfileName, permittedSans, profileOf } from './profile.ts'
import { subjectOf } from './subject-name.ts'

export type { Issuer } from './issuer.ts'

/** What a certificate is to say; the rest is the profile's. */
export interface CertificateRequest extends LifetimeRequest {
  /** Becomes the CN as it is: `a,OU=x` is one name, never structure. 1 to 64 characters. */
  readonly commonName: string
  /** As `parseSan` reads them: DNS names, IP addresses, and with their word in front URIs and e-mail addresses. */
  readonly names?: readonly (string | San)[]
  /** Milliseconds; default: the clock. */
  readonly now?: number
}

export interface LeafRequest extends CertificateRequest {
  readonly keyType?: KeyType
}

export interface SignedCertificate {
  /** PEM: the leaf, then the issuing certificates above it, without the root. */
  readonly certificate: string
  /** The leaf alone. */
  readonly der: Buffer
  readonly notAfter: Date
  /** It ends with its issuer, before the days that were asked for. */
  readonly isCut: boolean
}

export interface IssuedCertificate extends SignedCertificate {
  /** PKCS#8 PEM, not encrypted. */
  readonly key: string
}

/** A certificate that a server presents, for these DNS names and IP addresses. */
export function issueServer(issuer: Issuer, request: LeafRequest): Promise<IssuedCertificate> {
  return issue(issuer, 'server', request)
}

/** A certificate that a client presents; it cannot serve. */
export function issueClient(issuer: Issuer, request: LeafRequest): Promise<IssuedCertificate> {
  return issue(issuer, 'client', request)
}

/** A new key and its certificate. Throws IssuanceError before any key is made where the request is refused. */
export async function issue(issuer: Issuer, profileName: ProfileName, request: LeafRequest): Promise<IssuedCertificate> {
  const profile = profileOf(profileName)
  plan(issuer, profile, request)
  const key = await generateKey(request.keyType ?? 'ec')
  return { ...certify(issuer, profileName, request, createPublicKey(key)), key: privateKeyPem(key) }
}

/**
 * Signs a certificate for somebody's public key. Name, lifetime and SANs are the request's within the profile's rules, all else is the
 * profile's. Throws IssuanceError, and signs nothing, for what the rules refuse.
 */
export function certify(issuer: Issuer, profileName: ProfileName, request: CertificateRequest, publicKey: KeyObject): SignedCertificate {
  const profile = profileOf(profileName)
  const keyInfo = publicKeyInfo(publicKey)
  checkPublicKey(publicKey, keyInfo)
  const { subject, lifetime, sans } = plan(issuer, profile, request)
  const rsa = publicKey.asymmetricKeyType === 'rsa'
  const der = writeCertificate(
    {
      subject,
      issuer: issuer.name,
      publicKeyInfo: keyInfo,
      lifetime,
      issuerKeyId: issuer.keyId,
      extensions: [
        extensions.basicConstraints(profile.isCa, profile.isCa ? 0 : null),
        extensions.keyUsage(rsa ? [...profile.usages, ...profile.rsaUsages] : profile.usages),
        ...(profile.purposes.length === 0 ? [] : [extensions.extendedKeyUsage(profile.purposes)]),
        ...(profile.name === 'ocsp' ? [extensions.ocspNoCheck()] : published(issuer.publication)),
        ...(sans.length === 0 ? [] : [extensions.subjectAltName(sans)]),
      ],
    },
    issuer.signer,
  )
  return { certificate: certificatePem(der) + issuer.chain, der, notAfter: new Date(lifetime.notAfter), isCut: lifetime.isCut }
}

/** Everything that can be refused without a key. */
function plan(issuer: Issuer, profile: Profile, request: CertificateRequest) {
  if (profile.isCa && issuer.pathLength === 0) {
    throw new IssuanceError('authority', 'the authority may not have another CA below it (its path length is 0)', 'sign it with the root')
  }
  return {
    subject: subjectOf(request.commonName),
    sans: permittedSans(profile, request.names ?? []),
    lifetime: lifetimeOf(request, profile, issuer.facts, request.now ?? Date.now()),
  }
}

/** Where to ask about it, for clients and servers other than certgate. */
function published({ crl, ocsp, certificate }: Publication): Der[] {
  return [
    ...(crl === undefined ? [] : [extensions.distributionPoint([crl])]),
    ...(ocsp === undefined && certificate === undefined
      ? []
      : [extensions.authorityInfoAccess({ ocsp: ocsp ?? null, issuer: certificate ?? null })]),
  ]
}
