import type { X509Certificate } from 'node:crypto'
import { type AuthorityNode, bearsSignatureOf, inForce, signsCertificates } from './authority-node.ts'

/** More certificates than any honest client sends; the rest would only cost signature checks. */
export const MAX_SENT = 48
const MAX_PATHS = 16
const MAX_VERIFICATIONS = 96
/** Cross-signed certificates can be woven into far more ways than there are certificates. */
const MAX_STEPS = 512

/** How a leaf hangs from the trusted CAs. OpenSSL has judged the chain; this says which one it may have been. */
export interface Chain {
  /** Each from the leaf's issuer up to a trusted self-signed CA. Where there are several, what is refused on one is refused. */
  readonly paths: readonly (readonly AuthorityNode[])[]
  /** Fingerprints of those that the client sent; the others came from the configuration and must stay in it. */
  readonly sent: ReadonlySet<string>
  /** Who may sign the revocation list of an issuer on a path, by the issuer's fingerprint: itself, or its own list-signing certificate. */
  readonly listSigners: ReadonlyMap<string, readonly AuthorityNode[]>
}

/** Thrown inside this file only: the search has cost as much as it may. */
class TooComplexError extends Error {}

/**
 * All ways from a leaf to a trusted self-signed CA over what was sent and what is configured; null: there is none;
 * `too complex`: more than the bounds allow. Certificates that OpenSSL would not build on (expired, weak, no CA) are passed over.
 */
export function findChain(
  leaf: X509Certificate,
  sent: readonly AuthorityNode[],
  configured: readonly AuthorityNode[],
  now: number,
): Chain | null | 'too complex' {
  if (sent.length > MAX_SENT) return 'too complex'
  try {
    const search = new Search(sent, configured, now)
    const paths = search.paths(leaf)
    if (paths.length === 0) return null
    return { paths, sent: new Set(sent.map(({ fingerprint }) => fingerprint)), listSigners: search.listSigners(paths) }
  } catch (error) {
    if (error instanceof TooComplexError) return 'too complex'
    throw error
  }
}

class Search {
  readonly #pool: readonly AuthorityNode[]
  readonly #configured: ReadonlySet<string>
  readonly #issuers = new Map<string, readonly AuthorityNode[]>()
  #verifications = 0
  #steps = 0

  constructor(sent: readonly AuthorityNode[], configured: readonly AuthorityNode[], now: number) {
    const pool = new Map([...sent, ...configured].map((node) => [node.fingerprint, node]))
    this.#pool = [...pool.values()].filter((node) => node.weakness === null && inForce(node, now))
    this.#configured = new Set(configured.map(({ fingerprint }) => fingerprint))
  }

  paths(leaf: X509Certificate): AuthorityNode[][] {
    const found: AuthorityNode[][] = []
    const climb = (path: readonly AuthorityNode[], issuers: readonly AuthorityNode[]) => {
      for (const issuer of issuers) {
        if (path.includes(issuer)) continue
        if (++this.#steps > MAX_STEPS || found.length === MAX_PATHS) throw new TooComplexError()
        const longer = [...path, issuer]
        if (issuer.selfSigned) {
          if (this.#configured.has(issuer.fingerprint)) found.push(longer)
        } else climb(longer, this.#issuersOf(issuer))
      }
    }
    climb([], this.#issuing(leaf))
    return found
  }

  /**
   * RFC 5280 section 6.3.3 (f): a list may be signed by another key of the same name, if it hangs from the same CA. Such a
   * certificate must say that it signs lists; the issuer itself may stay silent about its usages.
   */
  listSigners(paths: readonly (readonly AuthorityNode[])[]): Map<string, AuthorityNode[]> {
    const signers = new Map<string, AuthorityNode[]>()
    for (const issuer of new Set(paths.flat())) {
      const named = this.#pool.filter((node) => node.subjectName === issuer.subjectName && mayListFor(node, issuer))
      signers.set(
        issuer.fingerprint,
        named.filter((node) => this.#related(node, issuer)),
      )
    }
    return signers
  }

  #related(signer: AuthorityNode, issuer: AuthorityNode): boolean {
    if (signer.key === issuer.key) return true
    const above = new Set(this.#issuersOf(issuer).map(({ key }) => key))
    return above.has(signer.key) || this.#issuersOf(signer).some(({ key }) => key === issuer.key || above.has(key))
  }

  #issuersOf(node: AuthorityNode): readonly AuthorityNode[] {
    const known = this.#issuers.get(node.fingerprint)
    if (known !== undefined) return known
    const issuers = this.#issuing(node.x509)
    this.#issuers.set(node.fingerprint, issuers)
    return issuers
  }

  #issuing(certificate: X509Certificate): AuthorityNode[] {
    return this.#pool.filter((node) => {
      if (!signsCertificates(node) || !certificate.checkIssued(node.x509)) return false
      if (++this.#verifications > MAX_VERIFICATIONS) throw new TooComplexError()
      return bearsSignatureOf(certificate, node)
    })
  }
}

function mayListFor(signer: AuthorityNode, issuer: AuthorityNode): boolean {
  const usages = signer.facts.keyUsages
  return usages === null ? signer.key === issuer.key : usages.includes('cRLSign')
}

/** The paths that still hold under another set of trusted CAs: up to one of them, over what is sent or still configured. */
export function survivingPaths(chain: Chain, configured: ReadonlySet<string>, now: number): readonly (readonly AuthorityNode[])[] {
  return chain.paths.filter((path) =>
    path.every((node, index) => {
      const stays = configured.has(node.fingerprint) || (index < path.length - 1 && chain.sent.has(node.fingerprint))
      return stays && inForce(node, now)
    }),
  )
}

/** Keys of the configured CAs that stand on every path: whichever one OpenSSL took, the leaf is under these. */
export function commonAuthorityKeys(chain: Chain, configured: ReadonlySet<string>): string[] {
  const sets = chain.paths.map((path) => new Set(path.filter((node) => configured.has(node.fingerprint)).map(({ key }) => key)))
  const [first = new Set<string>(), ...others] = sets
  return [...first].filter((key) => others.every((set) => set.has(key)))
}
