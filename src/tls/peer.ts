import { createHash, type X509Certificate } from 'node:crypto'
import { UnreadableCertificateError } from '../errors.ts'
import type { PeerCertificate } from '../identity/types.ts'
import { type AuthorityNode, authorityNode, parseCertificate } from './authority-node.ts'
import { type Chain, commonAuthorityKeys, findChain, MAX_SENT } from './chain.ts'
import { judgeEvidence, judgeHandshake, type Verdict } from './decision.ts'
import { type Leaf, readLeaf } from './leaf.ts'
import { LruMap } from './lru.ts'
import { Registry } from './registry.ts'
import { emptyBase } from './registry-base.ts'
import type { StatusBook } from './status-book.ts'
import type { TrustDomain } from './trust-domain.ts'
import type { Evidence, Peer } from './types.ts'

/** Bounds of what is remembered: about 6 KB per leaf, and a few shared intermediates. */
const MAX_LEAVES = 2_048
const MAX_INTERMEDIATES = 128

/** The part of a TLSSocket whose handshake is done that tells who the peer is. */
export interface SecuredSocket {
  readonly authorized: boolean
  readonly authorizationError: unknown
  getPeerX509Certificate(): X509Certificate | undefined
  isSessionReused(): boolean
}

interface Remembered {
  readonly leaf: Leaf
  /**
   * The verdict of a full chain, once there was a good one: nothing it rests on changes before `until` but the registry, and a leaf that has a good
   * chain is good whatever else is sent with it. OpenSSL must accept each handshake all the same.
   */
  accepted: (Peer & { readonly evidence: Evidence }) | null
}

/**
 * Reads and judges the certificates of one trust domain under one state of trust. What it remembers of them goes with it when trust
 * changes; the key is the exact DER, so nothing is ever taken for something else. The registry changes below it, and is always asked.
 */
export class PeerJudge {
  readonly #domain: TrustDomain
  readonly #generation: number
  readonly #registry: Registry
  readonly #leaves = new LruMap<string, Remembered>(MAX_LEAVES)
  readonly #intermediates = new LruMap<string, AuthorityNode>(MAX_INTERMEDIATES)

  constructor(domain: TrustDomain, generation: number, registry = new Registry(emptyBase())) {
    this.#domain = domain
    this.#generation = generation
    this.#registry = registry
  }

  /** The verdict on a handshake. A certificate that cannot be read is refused like any other; no certificate is no refusal. */
  judge(socket: SecuredSocket, serverName: string | null, now: number): Peer {
    const resumed = socket.isSessionReused()
    const nobody: Peer = { certificate: null, refusal: null, detail: '', serverName, resumed }
    // A TLS 1.3 session that was resumed without a certificate reports `authorized`: only the certificate itself counts.
    const x509 = socket.getPeerX509Certificate()
    if (x509 === undefined) return nobody
    try {
      const remembered = this.#remember(x509)
      const { leaf, accepted } = remembered
      if (
        accepted !== null &&
        socket.authorized &&
        holds(accepted.evidence, this.#generation, this.#registry, this.#domain.statuses, now)
      ) {
        return { ...accepted, serverName, resumed }
      }
      // Before it is judged: what changes meanwhile is seen by the next look.
      const { mark } = this.#registry
      const { mark: statusMark } = this.#domain.statuses
      const peer = this.#peer(nobody, leaf, this.#judge(socket, x509, leaf, resumed, now), { mark, statusMark, since: now })
      const keep = peer.refusal === null && peer.evidence.byChain && peer.evidence.chain !== null
      remembered.accepted = keep ? peer : null
      return peer
    } catch (error) {
      // Whatever a certificate makes a parser do, it must not end the process.
      if (!(error instanceof Error)) throw error
      return { ...nobody, refusal: 'certificate_invalid', detail: `it cannot be read: ${error.message}` }
    }
  }

  /** The verdict of now on a live connection whose verdict no longer holds. */
  judgeAgain(peer: Peer, evidence: Evidence, now: number): Peer {
    const { mark } = this.#registry
    const seen = { ...evidence, generation: this.#generation, mark, statusMark: this.#domain.statuses.mark, since: now }
    if (evidence.final) return { ...peer, evidence: { ...seen, until: Number.POSITIVE_INFINITY } }
    const verdict = judgeEvidence(evidence, this.#domain, this.#registry, now)
    const { refused, until, final, entry, byChain } = verdict
    return {
      certificate: byChain === evidence.byChain ? peer.certificate : this.#certificate(evidence.leaf, evidence.chain, byChain),
      refusal: refused?.refusal ?? null,
      detail: refused?.detail ?? '',
      serverName: peer.serverName,
      resumed: peer.resumed,
      ...grantedBy(verdict, evidence.leaf),
      evidence: { ...seen, until, final, byChain, registered: entry?.fingerprint ?? evidence.registered },
    }
  }

  #judge(socket: SecuredSocket, x509: X509Certificate, leaf: Leaf, resumed: boolean, now: number): Verdict {
    let above: AuthorityNode[] | null = null
    const seen = () => {
      above ??= resumed ? this.#intermediates.values() : this.#sent(x509)
      return above
    }
    return judgeHandshake(
      {
        leaf,
        x509,
        authorized: socket.authorized,
        authorizationError: socket.authorizationError === null ? null : String(socket.authorizationError),
        resumed,
        above: seen,
        chain: () => findChain(x509, seen(), this.#domain.authorities, now),
      },
      this.#domain,
      this.#registry,
      now,
    )
  }

  #peer(
    nobody: Peer,
    leaf: Leaf,
    verdict: Verdict,
    marks: Pick<Evidence, 'mark' | 'statusMark' | 'since'>,
  ): Peer & { readonly evidence: Evidence } {
    const { refused, chain, untrusted, byChain, entry, until, final } = verdict
    // Only where OpenSSL's word stands in for the chain: nobody else's certificate may ever be judged by these alone.
    const anchorKeys = chain === null && byChain ? this.#anchorKeys() : []
    const registered = entry?.fingerprint ?? null
    return {
      ...nobody,
      certificate: this.#certificate(leaf, chain, byChain),
      refusal: refused?.refusal ?? null,
      detail: refused?.detail ?? '',
      ...grantedBy(verdict, leaf),
      evidence: { leaf, generation: this.#generation, until, final, chain, untrusted, byChain, anchorKeys, registered, ...marks },
    }
  }

  /** Only a chain that is good tells the CAs above; whoever is trusted for another reason stands under none. */
  #certificate(leaf: Leaf, chain: Chain | null, byChain: boolean): PeerCertificate {
    if (!byChain) return leaf.certificate
    // Resumption is only on where all chains end in one key, so that the key is known without the chain.
    if (chain === null) return { ...leaf.certificate, caKeys: this.#anchorKeys() }
    const [path = []] = chain.paths
    return {
      ...leaf.certificate,
      chainBase64: path.filter(({ fingerprint }) => chain.sent.has(fingerprint)).map(({ base64 }) => base64),
      caKeys: commonAuthorityKeys(chain, this.#domain.configured),
    }
  }

  #anchorKeys(): string[] {
    return [...new Set(this.#domain.anchors.map(({ key }) => key))]
  }

  #remember(x509: X509Certificate): Remembered {
    const { raw } = x509
    const key = raw.toString('latin1')
    const known = this.#leaves.get(key)
    if (known !== undefined) return known
    const remembered: Remembered = { leaf: readLeaf(x509, raw), accepted: null }
    this.#leaves.set(key, remembered)
    return remembered
  }

  /** What the client sent above its leaf, one more than allowed at most. What cannot be read is passed over: nothing is built on it. */
  #sent(x509: X509Certificate): AuthorityNode[] {
    const nodes: AuthorityNode[] = []
    let next = x509.issuerCertificate
    for (let count = 0; next !== undefined && count <= MAX_SENT; count++) {
      const node = this.#intermediate(next)
      if (node !== null) nodes.push(node)
      next = next.issuerCertificate
    }
    return nodes
  }

  #intermediate(x509: X509Certificate): AuthorityNode | null {
    const { raw } = x509
    const fingerprint = createHash('sha256').update(raw).digest('hex')
    const known = this.#intermediates.get(fingerprint)
    if (known !== undefined) return known
    try {
      // Parsed once more, because this object would keep all that was sent above it.
      const node = authorityNode(parseCertificate(raw))
      this.#intermediates.set(fingerprint, node)
      return node
    } catch (error) {
      if (error instanceof UnreadableCertificateError) return null
      throw error
    }
  }
}

/** Whether nothing that a verdict rests on has changed since it was made. */
export function holds(evidence: Evidence, current: number, registry: Registry, statuses: StatusBook, now: number): boolean {
  const { generation, since, until, mark, statusMark, leaf } = evidence
  return generation === current && since <= now && now < until && statusMark === statuses.mark && !registry.hasChanged(mark, leaf.pin)
}

/** What a peer holds beside its certificate. Nothing for who is refused. */
function grantedBy(
  { refused, entry, own }: Verdict,
  { certificate }: Leaf,
): Pick<Peer, 'clearance' | 'permissions' | 'renews' | 'isServerCertificate'> {
  if (refused !== null) return {}
  return {
    ...entry?.rights,
    ...(entry === null || entry.fingerprint === certificate.fingerprint ? {} : { renews: entry.fingerprint }),
    ...(own ? { isServerCertificate: true } : {}),
  }
}
