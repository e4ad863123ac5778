import { X509Certificate } from 'node:crypto'
import { MaterialError } from '../../errors.ts'
import { type AuthorityNode, authorityNode, inForce } from '../../tls/authority-node.ts'
import { findChain } from '../../tls/chain.ts'
import { PeerJudge, type SecuredSocket } from '../../tls/peer.ts'
import type { Registry } from '../../tls/registry.ts'
import type { TrustDomain } from '../../tls/trust-domain.ts'
import type { Peer } from '../../tls/types.ts'

/** What of a chain only OpenSSL judges, in a handshake. */
export const NOT_CHECKED =
  'path lengths, name constraints and policies of the CAs, which OpenSSL checks in the handshake; and who holds the key'

/**
 * Shows a certificate, and those behind it in its file, to the code that judges handshakes. Whether a chain of signatures leads to a
 * configured CA stands in for OpenSSL's own verdict; NOT_CHECKED says what that leaves out. Throws MaterialError for what is unreadable.
 */
export function presentCertificate(
  file: string,
  ders: readonly Uint8Array[],
  domain: TrustDomain,
  serverName: string | null,
  now: number,
  registry: Registry,
): Peer {
  const [leaf, ...above] = ders.map((der) => parse(file, der))
  if (leaf === undefined) throw new MaterialError(file, `${file} holds no certificate`)
  above.forEach((issuer, index) => {
    // As a handshake links what was sent; the property is only set there.
    Object.defineProperty(index === 0 ? leaf : above[index - 1], 'issuerCertificate', { value: issuer })
  })
  const nodes = above.map((x509) => node(file, x509))
  const chain = findChain(leaf, nodes, domain.authorities, now)
  const authorized = chain !== null && chain !== 'too complex'
  const socket: SecuredSocket = {
    authorized,
    authorizationError: authorized ? null : likelyError(leaf, [...nodes, ...domain.authorities], now),
    getPeerX509Certificate: () => leaf,
    isSessionReused: () => false,
  }
  return new PeerJudge(domain, 1, registry).judge(socket, serverName, now)
}

/** What OpenSSL would probably say; chooses words only. */
function likelyError(leaf: X509Certificate, above: readonly AuthorityNode[], now: number): string {
  if (leaf.checkIssued(leaf)) return 'DEPTH_ZERO_SELF_SIGNED_CERT'
  const issuers = above.filter(({ x509 }) => leaf.checkIssued(x509))
  const outOfForce = issuers.find((issuer) => !inForce(issuer, now))
  if (outOfForce !== undefined) return outOfForce.facts.notAfter < now ? 'CERT_HAS_EXPIRED' : 'CERT_NOT_YET_VALID'
  return issuers.some(({ weakness }) => weakness !== null) ? 'UNSPECIFIED' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
}

function parse(file: string, der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new MaterialError(file, `a certificate in ${file} cannot be read`, { cause })
  }
}

function node(file: string, x509: X509Certificate): AuthorityNode {
  try {
    return authorityNode(x509)
  } catch (cause) {
    throw new MaterialError(file, `a CA certificate in ${file} cannot be read: ${(cause as Error).message}`, { cause })
  }
}
