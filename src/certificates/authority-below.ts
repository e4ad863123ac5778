import { createPublicKey, X509Certificate } from 'node:crypto'
import { CertgateError, MaterialError } from '../errors.ts'
import { certificatePem } from './certificate-write.ts'
import { certify } from './issue.ts'
import { type Issuer, issuerOf } from './issuer.ts'
import { generateKey, privateKeyPem, successorType } from './key.ts'
import { type AuthoritySource, type AuthorityUse, loadAuthority, type OwnAuthority } from './own-authority.ts'
import { titled } from './titled.ts'

/** What an authority folder begins with. */
export interface FolderAuthority {
  /** PEM of the root alone: what clients and servers are told to trust. */
  readonly rootCertificate: string
  /** null: it is kept elsewhere. */
  readonly rootKey: string | null
  readonly issuingCertificate: string
  readonly issuingKey: string
  readonly issuer: Issuer
  /** What signed the issuing certificate; null: somebody else did, long ago. */
  readonly root: Issuer | null
  /** Of the root. */
  readonly notAfter: Date
}

/** A CA of the user's own that certificates can be issued under, up to its root. */
export interface OwnRoot {
  readonly own: OwnAuthority
  readonly rootCertificate: string
  /** It may have no CA below it, so that its own key has to sign the leaves. */
  readonly signsItself: boolean
}

/** Throws MaterialError for what `loadAuthority` refuses, and where the certificates do not lead up to a root. */
export function loadOwnRoot(source: AuthoritySource, use: Omit<AuthorityUse, 'levels'> = {}): OwnRoot {
  const own = loadAuthority(source, use)
  const { rootCertificate } = own
  if (rootCertificate === null) {
    const file = source.pfx ?? source.cert ?? ''
    throw new MaterialError(file, `the root above ${own.issuer.facts.dn} is not in ${file}`, {
      hint: 'add the certificates above it to the file: clients are told to trust the root',
    })
  }
  return { own, rootCertificate, signsItself: !hasRoomBelow(source, use) }
}

function hasRoomBelow(source: AuthoritySource, use: AuthorityUse): boolean {
  try {
    loadAuthority(source, { ...use, levels: 1 })
    return true
  } catch (error) {
    if (error instanceof CertgateError) return false
    throw error
  }
}

/**
 * An issuing CA under the user's own, whose key is needed now and never again. Where that may have none below it, it signs itself, and
 * its key becomes that of the folder. Throws IssuanceError.
 */
export async function authorityBelow(
  { own, rootCertificate, signsItself }: OwnRoot,
  request: { readonly days: number; readonly now?: number },
): Promise<FolderAuthority> {
  const notAfter = new X509Certificate(rootCertificate).validToDate
  const { issuer } = own
  if (signsItself) {
    const issuingCertificate = issuer.chain === '' ? rootCertificate : issuer.chain
    return { rootCertificate, rootKey: null, issuingCertificate, issuingKey: privateKeyPem(issuer.key), issuer, root: null, notAfter }
  }
  const key = await generateKey(successorType(issuer.key))
  const commonName = titled('certgate issuing CA', key)
  const { der, certificate } = certify(issuer, 'issuing', { commonName, ...request }, createPublicKey(key))
  return {
    rootCertificate,
    rootKey: null,
    issuingCertificate: certificate,
    issuingKey: privateKeyPem(key),
    issuer: issuerOf(new X509Certificate(der), key, certificatePem(der) + issuer.chain),
    root: issuer,
    notAfter,
  }
}
