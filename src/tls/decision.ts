import { type AuthorityNode, bearsSignatureOf } from './authority-node.ts'
import { type Chain, type findChain, survivingPaths } from './chain.ts'
import { datesRefusal, type Leaf, leafRefusal } from './leaf.ts'
import { explainOpenSsl } from './openssl-verdict.ts'
import type { Status } from './revocation.ts'
import type { TrustDomain } from './trust-domain.ts'
import type { Evidence, Refusal } from './types.ts'

/** What a handshake showed. */
export interface Handshake {
  readonly leaf: Leaf
  /** OpenSSL's verdict on the chain: of this handshake, or of the one that made the resumed session. */
  readonly authorized: boolean
  readonly authorizationError: string | null
  readonly resumed: boolean
  /** Certificates above the leaf as sent; after a resumption, those that were seen before. */
  above(): readonly AuthorityNode[]
  /** The chain over these and the configured CAs, wherever it has to be looked for. */
  chain(): ReturnType<typeof findChain>
}

export interface Verdict {
  readonly refused: Refusal | null
  readonly chain: Chain | null
  /** Milliseconds until which the verdict holds by itself. */
  readonly until: number
  /** True: nothing that is configured can change it. */
  readonly final: boolean
}

/**
 * The trust decision on a certificate that was presented (DESIGN section 5): dates; what the certificate itself says; OpenSSL's
 * verdict on the chain, of which no error is ever forgiven; revocation, of the leaf and of every CA on its way. Fails closed.
 */
export function judgeHandshake(handshake: Handshake, domain: TrustDomain, now: number): Verdict {
  const { leaf, authorized, authorizationError } = handshake
  const outOfDate = datesRefusal(leaf.facts, now)
  if (outOfDate !== null) return final(outOfDate)
  if (!authorized) {
    const ours = OWN_WORDS.has(authorizationError ?? '') ? leafRefusal(leaf) : null
    return final(ours ?? explainOpenSsl(authorizationError, leaf, [...handshake.above(), ...domain.authorities], now))
  }
  const unfit = leafRefusal(leaf)
  if (unfit !== null) return final(unfit)
  const chain = handshake.chain()
  if (chain === 'too complex') return final({ refusal: 'certificate_invalid', detail: 'the client sent too many certificates' })
  if (chain !== null) return judgeChain(leaf, chain, domain, now)
  if (handshake.resumed)
    return judgeUnseen(
      leaf,
      domain,
      domain.anchors.map(({ key }) => key),
      now,
    )
  return final({ refusal: 'certificate_unknown_issuer', detail: `no chain from ${leaf.facts.issuerDn} to a trusted CA can be relied on` })
}

/** Errors under which OpenSSL hides what we can say better. */
const OWN_WORDS: ReadonlySet<string> = new Set(['INVALID_PURPOSE', 'UNSPECIFIED', ''])

/** The same for a connection that was accepted, or refused for what may change, under an older state of trust. */
export function judgeEvidence({ leaf, chain, anchorKeys }: Evidence, domain: TrustDomain, now: number): Verdict {
  const outOfDate = datesRefusal(leaf.facts, now)
  if (outOfDate !== null) return final(outOfDate)
  return chain === null ? judgeUnseen(leaf, domain, anchorKeys, now) : judgeChain(leaf, chain, domain, now)
}

/** Every path that holds is looked at: which of them OpenSSL took is not known, so what is refused on one is refused. */
function judgeChain(leaf: Leaf, chain: Chain, domain: TrustDomain, now: number): Verdict {
  const paths = survivingPaths(chain, domain.configured, now)
  const refused = (refusal: Refusal): Verdict => ({ refused: refusal, chain, until: Number.POSITIVE_INFINITY, final: false })
  if (paths.length === 0) {
    return refused({ refusal: 'certificate_unknown_issuer', detail: 'a CA in its chain is no longer trusted, or has expired' })
  }
  let until = Math.min(leaf.facts.notAfter, ...paths.flat().map(({ facts }) => facts.notAfter))
  if (domain.checksRevocation) {
    for (const path of paths) {
      for (const [index, issuer] of path.entries()) {
        const status = statusUnder(index === 0 ? leaf : path[index - 1], issuer, chain, domain, now)
        if (status.kind === 'revoked') return refused({ refusal: 'certificate_revoked', detail: status.detail })
        if (status.kind === 'good') until = Math.min(until, status.until)
        else if (!domain.allowsUnknownStatus) return refused({ refusal: 'certificate_status_unknown', detail: status.detail })
      }
    }
  }
  return { refused: null, chain, until, final: false }
}

function statusUnder(
  subject: Leaf | AuthorityNode | undefined,
  issuer: AuthorityNode,
  chain: Chain,
  domain: TrustDomain,
  now: number,
): Status {
  const signers = chain.listSigners.get(issuer.fingerprint)
  if (subject === undefined || signers === undefined) return { kind: 'unknown', detail: 'its chain is not known' }
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

/**
 * A resumed session whose chain was never seen here: the ticket says that OpenSSL accepted it, under the CAs of that time. It
 * cannot be told which intermediates it has, so where revocation matters it is refused.
 */
function judgeUnseen(leaf: Leaf, domain: TrustDomain, anchorKeys: readonly string[], now: number): Verdict {
  const refused = (refusal: Refusal): Verdict => ({ refused: refusal, chain: null, until: Number.POSITIVE_INFINITY, final: false })
  const anchors = domain.anchors.filter(({ facts }) => facts.notBefore <= now && now <= facts.notAfter)
  const trusted = anchorKeys.length > 0 && anchorKeys.every((key) => anchors.some((anchor) => anchor.key === key))
  if (!trusted) return refused({ refusal: 'certificate_unknown_issuer', detail: 'the trusted CAs have changed since its session began' })
  if (domain.checksRevocation) {
    return refused({ refusal: 'certificate_status_unknown', detail: 'its session began before revocation was checked here' })
  }
  const until = Math.min(leaf.facts.notAfter, ...anchors.map(({ facts }) => facts.notAfter))
  return { refused: null, chain: null, until, final: false }
}

function final(refused: Refusal): Verdict {
  return { refused, chain: null, until: Number.POSITIVE_INFINITY, final: true }
}
