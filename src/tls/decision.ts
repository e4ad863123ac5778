import type { X509Certificate } from 'node:crypto'
import { type AuthorityNode, parseCertificate } from './authority-node.ts'
import type { Chain, findChain } from './chain.ts'
import { type ChainVerdict, judgeChain, judgeRevocationApart, judgeUnseen } from './chain-verdict.ts'
import { datesRefusal, type Leaf, leafRefusal } from './leaf.ts'
import { explainOpenSsl } from './openssl-verdict.ts'
import type { Registry } from './registry.ts'
import type { Registered } from './registry-types.ts'
import { type Recognition, recognizeRenewal } from './renewal.ts'
import type { TrustDomain } from './trust-domain.ts'
import type { Evidence, Refusal } from './types.ts'

/** What a handshake showed. */
export interface Handshake {
  readonly leaf: Leaf
  readonly x509: X509Certificate
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
  readonly untrusted: Refusal | null
  /** The chain is good, whatever else speaks for or against the certificate. */
  readonly byChain: boolean
  /** Whose rights it has: its own entry, or that of the certificate it renews. */
  readonly entry: Registered | null
  /** It is the gateway's own. */
  readonly own: boolean
  /** Milliseconds until which the verdict holds by itself. */
  readonly until: number
  /** True: nothing can change it, or what it would then rest on was not looked at. */
  readonly final: boolean
}

/** A certificate that asks to be trusted, in a handshake or on a live connection. */
interface Claim {
  readonly leaf: Leaf
  /** Nobody has looked at its chain yet: what is refused before that cannot be judged again later. */
  readonly fresh: boolean
  /** Fingerprint of the entry whose rights it had before. */
  readonly registered: string | null
  chain(): ChainVerdict
  /** A way to the configured CAs that OpenSSL did not accept: good for finding revocations. */
  sought(): ReturnType<typeof findChain>
  x509(): X509Certificate
}

/**
 * The trust decision on a certificate that was presented, in the order of DESIGN section 5: dates; what the registry holds against it or
 * its key; revocation lists; the gateway's own; what the domain's mode lets grant: the chain, of whose errors none is ever forgiven, and
 * the registry, by the SHA-256 of the whole certificate. Fails closed.
 */
export function judgeHandshake(handshake: Handshake, domain: TrustDomain, registry: Registry, now: number): Verdict {
  const claim: Claim = {
    leaf: handshake.leaf,
    fresh: true,
    registered: null,
    chain: () => chainOf(handshake, domain, now),
    sought: () => handshake.chain(),
    x509: () => handshake.x509,
  }
  return decide(claim, domain, registry, now)
}

/** The same for a connection that was accepted, or refused for what may change, under an older state of trust. */
export function judgeEvidence(evidence: Evidence, domain: TrustDomain, registry: Registry, now: number): Verdict {
  const { leaf, chain, anchorKeys, untrusted, registered } = evidence
  const claim: Claim = {
    leaf,
    fresh: false,
    registered,
    chain: () => {
      if (untrusted !== null) return distrusted(untrusted, chain)
      return chain === null ? judgeUnseen(leaf, domain, anchorKeys, now) : judgeChain(leaf, chain, domain, now)
    },
    sought: () => chain,
    x509: () => parseCertificate(Buffer.from(leaf.base64, 'base64')),
  }
  return decide(claim, domain, registry, now)
}

function decide(claim: Claim, domain: TrustDomain, registry: Registry, now: number): Verdict {
  const { leaf } = claim
  const { fingerprint } = leaf.certificate
  const outOfDate = datesRefusal(leaf.facts, now)
  if (outOfDate !== null) return { ...UNDECIDED, refused: outOfDate, final: true }
  const { refused, entry } = registry.standing(fingerprint, leaf.pin)
  if (refused !== null) return { ...UNDECIDED, refused, final: claim.fresh }
  const byChain = claim.chain()
  const seen = { ...UNDECIDED, chain: byChain.chain, untrusted: byChain.untrusted, byChain: byChain.refused === null }
  if (isRevocation(byChain.refused)) return { ...seen, refused: byChain.refused, until: byChain.until }
  const own = domain.ownCertificates.has(fingerprint)
  const unfit = own ? null : leafRefusal(leaf)
  if (unfit !== null) return { ...seen, refused: entry === null ? (byChain.refused ?? unfit) : unfit, final: true }
  const renewal = domain.trust === 'ca' || entry !== null ? NO_RENEWAL : recognizeRenewal(claim, registry.withPin(leaf.pin), now)
  const registered = entry ?? renewal.predecessor
  const grounds: Grounds = { byChain, entry: registered, problem: renewal.problem }
  if (byChain.refused === null) return grant(claim, { ...seen, own, until: byChain.until }, grounds, domain)
  // The chain grants nothing, but something else may: its revocation counts all the same.
  if (!own && registered === null) return grant(claim, seen, grounds, domain, byChain.final)
  const sought = claim.sought()
  if (sought === 'too complex') {
    return { ...seen, refused: { refusal: 'certificate_invalid', detail: 'the client sent too many certificates' } }
  }
  const status = judgeRevocationApart(leaf, sought, domain, now)
  const apart = { ...seen, chain: sought, own, until: Math.min(leaf.facts.notAfter, status.until) }
  return status.refused === null ? grant(claim, apart, grounds, domain) : { ...apart, refused: status.refused }
}

interface Grounds {
  readonly byChain: ChainVerdict
  readonly entry: Registered | null
  /** Why it renews nobody. */
  readonly problem: string
}

const NO_RENEWAL: Recognition = { predecessor: null, problem: '' }

/** Refused until something grants; what is not set is not known. */
const UNDECIDED: Verdict = {
  refused: null,
  chain: null,
  untrusted: null,
  byChain: false,
  entry: null,
  own: false,
  until: Number.POSITIVE_INFINITY,
  final: false,
}

/** The last two steps: nothing stands against the certificate any more. */
function grant(claim: Claim, verdict: Verdict, { byChain, entry, problem }: Grounds, domain: TrustDomain, final = false): Verdict {
  const { leaf, registered } = claim
  // A renewal that nobody records in time ends with what it renews.
  const until =
    entry === null || entry.fingerprint === leaf.certificate.fingerprint ? verdict.until : Math.min(verdict.until, entry.notAfter)
  const accepted: Verdict = { ...verdict, entry, until }
  if (verdict.own) return accepted
  const refuse = (refused: Refusal): Verdict => ({ ...verdict, refused, until: Number.POSITIVE_INFINITY, final })
  const lost = registered !== null && entry === null && (domain.trust !== 'ca' || registered === leaf.certificate.fingerprint)
  if (lost) return { ...refuse(notRegistered('it is no longer registered')), final: false }
  switch (domain.trust) {
    case 'ca':
      return byChain.refused === null ? accepted : refuse(byChain.refused)
    case 'registry':
      return entry === null ? { ...refuse(notRegistered(problem)), final: false } : accepted
    case 'either':
      if (byChain.refused === null || entry !== null) return accepted
      return { ...refuse(neither(byChain.refused, problem)), final: false }
    case 'both':
      if (byChain.refused !== null) return refuse(byChain.refused)
      return entry === null ? { ...refuse(notRegistered(problem)), final: false } : accepted
  }
}

function notRegistered(detail: string): Refusal {
  return { refusal: 'certificate_not_registered', detail: detail === '' ? 'it is not registered' : detail }
}

function neither({ refusal, detail }: Refusal, problem: string): Refusal {
  return { refusal, detail: `${detail}; nor is it registered${problem === '' ? '' : `: ${problem}`}` }
}

/** Refusals that no other ground outweighs: unknown is as bad as revoked where the configuration says so. */
function isRevocation(refused: Refusal | null): boolean {
  return refused?.refusal === 'certificate_revoked' || refused?.refusal === 'certificate_status_unknown'
}

/** Errors under which OpenSSL hides what we can say better. */
const OWN_WORDS: ReadonlySet<string> = new Set(['INVALID_PURPOSE', 'UNSPECIFIED', ''])

/** What the certificate itself says; OpenSSL's verdict on the chain; revocation, of the leaf and of every CA on its way. */
function chainOf(handshake: Handshake, domain: TrustDomain, now: number): ChainVerdict {
  const { leaf, authorized, authorizationError } = handshake
  if (!authorized) {
    const ours = OWN_WORDS.has(authorizationError ?? '') ? leafRefusal(leaf) : null
    return distrusted(ours ?? explainOpenSsl(authorizationError, leaf, [...handshake.above(), ...domain.authorities], now), null)
  }
  const unfit = leafRefusal(leaf)
  if (unfit !== null) return distrusted(unfit, null)
  const chain = handshake.chain()
  if (chain === 'too complex') return distrusted({ refusal: 'certificate_invalid', detail: 'the client sent too many certificates' }, null)
  if (chain !== null) return judgeChain(leaf, chain, domain, now)
  if (handshake.resumed) {
    const anchorKeys = domain.anchors.map(({ key }) => key)
    return judgeUnseen(leaf, domain, anchorKeys, now)
  }
  const detail = `no chain from ${leaf.facts.issuerDn} to a trusted CA can be relied on`
  return distrusted({ refusal: 'certificate_unknown_issuer', detail }, null)
}

function distrusted(untrusted: Refusal, chain: Chain | null): ChainVerdict {
  return { refused: untrusted, chain, until: Number.POSITIVE_INFINITY, final: true, untrusted }
}
