import { type AuthorityNode, bearsSignatureOf } from './authority-node.ts'
import { type Chain, survivingPaths } from './chain.ts'
import type { Leaf } from './leaf.ts'
import type { Status } from './revocation.ts'
import { certificateStanding, type RevocationVerdict, standingByName, UNREVOKED } from './status-verdict.ts'
import type { TrustDomain } from './trust-domain.ts'
import type { Refusal } from './types.ts'

/** What the chain of a certificate alone says about it. */
export interface ChainVerdict {
  readonly refused: Refusal | null
  readonly chain: Chain | null
  /** Milliseconds until which the verdict holds by itself. */
  readonly until: number
  /** True: nothing that is configured can change it. */
  readonly final: boolean
  /** OpenSSL's verdict where that was no. */
  readonly untrusted: Refusal | null
}

/** Every path that holds is looked at: which of them OpenSSL took is not known, so what is refused on one is refused. */
export function judgeChain(leaf: Leaf, chain: Chain, domain: TrustDomain, now: number): ChainVerdict {
  const paths = survivingPaths(chain, domain.configured, now)
  if (paths.length === 0) {
    const detail = 'a CA in its chain is no longer trusted, or has expired'
    return refusedChain({ refusal: 'certificate_unknown_issuer', detail }, chain)
  }
  const { refused, until } = judgeRevocation(leaf, chain, paths, domain, now)
  if (refused !== null) return { ...refusedChain(refused, chain), until }
  const expiry = Math.min(leaf.facts.notAfter, ...paths.flat().map(({ facts }) => facts.notAfter))
  return { refused: null, chain, until: Math.min(until, expiry), final: false, untrusted: null }
}

/**
 * A resumed session whose chain was never seen here: the ticket says that OpenSSL accepted it, under the CAs of that time. It
 * cannot be told which intermediates it has, so where revocation matters it is refused.
 */
export function judgeUnseen(leaf: Leaf, domain: TrustDomain, anchorKeys: readonly string[], now: number): ChainVerdict {
  const anchors = domain.anchors.filter(({ facts }) => facts.notBefore <= now && now <= facts.notAfter)
  const trusted = anchorKeys.length > 0 && anchorKeys.every((key) => anchors.some((anchor) => anchor.key === key))
  if (!trusted) {
    return refusedChain({ refusal: 'certificate_unknown_issuer', detail: 'the trusted CAs have changed since its session began' }, null)
  }
  if (domain.checksRevocation) {
    return refusedChain({ refusal: 'certificate_status_unknown', detail: 'its session began before revocation was checked here' }, null)
  }
  const until = Math.min(leaf.facts.notAfter, ...anchors.map(({ facts }) => facts.notAfter))
  return { refused: null, chain: null, until, final: false, untrusted: null }
}

/**
 * Revocation of a certificate that something else than its chain speaks for: where a way to a configured CA can be found, along it, whatever
 * OpenSSL found wrong with that way; elsewhere by the names of the lists (no responder speaks for an unknown CA). What is unknown is refused as with any other certificate.
 */
export function judgeRevocationApart(leaf: Leaf, sought: Chain | null, domain: TrustDomain, now: number): RevocationVerdict {
  if (!domain.checksRevocation) return UNREVOKED
  const paths = sought === null ? [] : survivingPaths(sought, domain.configured, now)
  if (sought !== null && paths.length > 0) return judgeRevocation(leaf, sought, paths, domain, now)
  return standingByName(leaf, domain, now)
}

function judgeRevocation(
  leaf: Leaf,
  chain: Chain,
  paths: readonly (readonly AuthorityNode[])[],
  domain: TrustDomain,
  now: number,
): RevocationVerdict {
  if (!domain.checksRevocation) return UNREVOKED
  let until = Number.POSITIVE_INFINITY
  let refused: Refusal | null = null
  for (const path of paths) {
    for (const [index, issuer] of path.entries()) {
      const subject = index === 0 ? leaf : path[index - 1]
      if (subject === undefined) continue
      const standing = certificateStanding(subject, issuer, () => statusUnder(subject, issuer, chain, domain, now), domain, now)
      if (standing.refused?.refusal === 'certificate_revoked') return standing
      // Not the end: what else is missing is then asked for at the same time, and a revocation above is the better reason.
      refused ??= standing.refused
      until = Math.min(until, standing.until)
    }
  }
  return { refused, until }
}

function statusUnder(subject: Leaf | AuthorityNode, issuer: AuthorityNode, chain: Chain, domain: TrustDomain, now: number): Status {
  const signers = chain.listSigners.get(issuer.fingerprint)
  if (signers === undefined) return { kind: 'unknown', detail: 'its chain is not known' }
  const trusted = signers.filter((signer) => signer.key === issuer.key || mayStillList(signer, chain, domain, now))
  return domain.revocations.status(subject, trusted, now)
}

/** A certificate that only signs lists can be revoked as well. Those on a path are judged there. */
function mayStillList(signer: AuthorityNode, chain: Chain, domain: TrustDomain, now: number): boolean {
  const nodes = chain.paths.flat()
  if (nodes.includes(signer)) return true
  const issuer = nodes.find((node) => node.subjectName === signer.issuerName && bearsSignatureOf(signer.x509, node))
  if (issuer === undefined) return false
  const { kind } = domain.revocations.status(signer, [issuer], now)
  return kind === 'good' || (kind === 'unknown' && domain.allowsUnknownStatus)
}

function refusedChain(refused: Refusal, chain: Chain | null): ChainVerdict {
  return { refused, chain, until: Number.POSITIVE_INFINITY, final: false, untrusted: null }
}
