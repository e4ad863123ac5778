import { X509Certificate } from 'node:crypto'
import { authorityNode } from '../tls/authority-node.ts'
import { findChain } from '../tls/chain.ts'
import { type Authority, createAuthority } from './authority.ts'
import { certificatePem, writeCertificate } from './certificate-write.ts'
import * as extensions from './extension-write.ts'
import { IssuanceError } from './issuance-error.ts'
import { type Issuer, rootPublication } from './issuer.ts'
import type { KeyType } from './key.ts'
import { profileOf } from './profile.ts'

/** The authority that is to be replaced. */
export interface RotatedAuthority {
  /** PEM. */
  readonly rootCertificate: string
  /** What signs leaves now. */
  readonly issuer: Issuer
  /** The root's key, where it is at hand: it then certifies the new issuing CA for who knows only the old root. */
  readonly root: Issuer | null
}

export interface RotationRequest {
  /** Of the new authority. */
  readonly days: number
  /** How long both are trusted; 0: the old one is not any more, as its key is in wrong hands. */
  readonly overlapDays: number
  readonly keyType?: KeyType
  /** Public base address of revocation lists; default: none. */
  readonly url?: string | null
  /** Milliseconds; default: the clock. */
  readonly now?: number
}

/** A new authority beside the old one. The new signs from now on; leaves of the old stay good until the overlap ends. */
export interface Rotation {
  readonly next: Authority
  /** PEM of the roots to trust until the date, the new one first. */
  readonly trusted: readonly [next: string, previous: string]
  /** Milliseconds: from then on only the new root is to be trusted. */
  readonly overlapUntil: number
  /**
   * PEM: the new issuing CA certified by the old root, until the overlap ends. Sent after a leaf of the new authority, it lets peers
   * verify it that know only the old root. null where the old root's key is not at hand or leaves no room, or nobody is to trust it.
   */
  readonly crossCertificate: string | null
}

const millisecondsPerDay = 86_400_000

/**
 * Makes the new root and issuing CA, and proves that the chain of each verifies under its own root and under no other. Throws IssuanceError for an overlap that is empty or ends after one of the two.
 */
export async function rotateAuthority(previous: RotatedAuthority, request: RotationRequest): Promise<Rotation> {
  const now = request.now ?? Date.now()
  const overlapUntil = Math.floor(now / 1000) * 1000 + Math.round(request.overlapDays * 86_400) * 1000
  if (request.overlapDays !== 0) checkOverlap(previous, overlapUntil, request, now)
  const { days, keyType, url = null } = request
  const next = await createAuthority({ days, now, url, ...(keyType === undefined ? {} : { keyType }) })
  const { root } = previous
  const isCertified = root !== null && root.pathLength !== 0 && request.overlapDays !== 0
  const crossCertificate = isCertified ? crossCertify(root, next.issuer, { url, notAfter: overlapUntil, now }) : null
  const rotation: Rotation = { next, trusted: [next.rootCertificate, previous.rootCertificate], overlapUntil, crossCertificate }
  proveChains(previous, rotation, now)
  return rotation
}

/** Whether a chain (PEM, leaf first) leads to one of these roots (PEM) at a time (milliseconds), by the gateway's own path search. */
export function verifiesUnder(chain: string, roots: readonly string[], now: number): boolean {
  const [leaf, ...sent] = certificatesOf(chain)
  if (leaf === undefined) return false
  const found = findChain(leaf, sent.map(authorityNode), roots.flatMap(certificatesOf).map(authorityNode), now)
  return found !== null && found !== 'too complex'
}

function checkOverlap(previous: RotatedAuthority, until: number, request: RotationRequest, now: number): void {
  if (!(until > now))
    throw new IssuanceError(
      'lifetime',
      'the overlap is empty',
      'old and new must both be trusted for a while, or every client is locked out',
    )
  const ends = Math.min(previous.issuer.facts.notAfter, new X509Certificate(previous.rootCertificate).validToDate.getTime())
  // Its own end may be later than any date that there is.
  if (until > ends)
    throw new IssuanceError('lifetime', `the overlap would end after the old authority, which ends ${new Date(ends).toISOString()}`)
  if (request.overlapDays >= request.days) throw new IssuanceError('lifetime', 'the new authority would end before the overlap does')
}

function crossCertify(
  root: Issuer,
  issuing: Issuer,
  { url, notAfter, now }: { readonly url: string | null; readonly notAfter: number; readonly now: number },
): string {
  const { crl } = rootPublication(url, root)
  const template = {
    subject: issuing.name,
    issuer: root.name,
    publicKeyInfo: issuing.publicKeyInfo,
    lifetime: { notBefore: Math.max(issuing.facts.notBefore, root.facts.notBefore, now - millisecondsPerDay), notAfter },
    issuerKeyId: root.keyId,
    extensions: [
      extensions.basicConstraints(true, 0),
      extensions.keyUsage(profileOf('issuing').usages),
      ...(crl === undefined ? [] : [extensions.distributionPoint([crl])]),
    ],
  }
  return certificatePem(writeCertificate(template, root.signer))
}

/** A rotation that would lock people out is not handed over. */
function proveChains(previous: RotatedAuthority, rotation: Rotation, now: number): void {
  const { next, trusted, crossCertificate } = rotation
  const [newRoot, oldRoot] = trusted
  const issuing = next.issuingCertificate
  const old = previous.issuer.certificate.toString() + previous.issuer.chain
  const proofs: readonly (readonly [what: string, held: boolean])[] = [
    ['the new chain verifies under the new root', verifiesUnder(issuing, [newRoot], now)],
    ['the old chain verifies under the old root', verifiesUnder(old, [oldRoot], now)],
    ['the new chain stands on its own', !verifiesUnder(issuing, [oldRoot], now)],
    ['the old chain ends with the old root', !verifiesUnder(old, [newRoot], now)],
    ['both verify during the overlap', verifiesUnder(issuing, trusted, now) && verifiesUnder(old, trusted, now)],
    ['the cross certificate verifies under the old root', crossCertificate === null || verifiesUnder(crossCertificate, [oldRoot], now)],
  ]
  const failed = proofs.find(([, held]) => !held)
  if (failed !== undefined) throw new IssuanceError('authority', `the rotation is not safe: it does not hold that ${failed[0]}`)
}

function certificatesOf(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((pem) => new X509Certificate(pem))
}
