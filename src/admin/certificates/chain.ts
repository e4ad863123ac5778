import { X509Certificate } from 'node:crypto'
import { clientCasOf } from '../../policy/mapping-issuer.ts'
import { type AuthorityNode, authorityNode, bearsSignatureOf } from '../../tls/authority-node.ts'
import type { AdministrationContext } from '../context.ts'
import { pemsOf } from './grants.ts'

/** More is no chain that OpenSSL would follow. */
const LONGEST = 10

/**
 * The CAs above a certificate, the nearest first, as far as this gateway has their certificates: its own authority's and the client CAs of
 * its listeners. To be shown; who is let in is decided in the handshake. Empty: whoever signed it is not known here.
 */
export function chainOf(der: Uint8Array, { authority, inForce }: Pick<AdministrationContext, 'authority' | 'inForce'>): AuthorityNode[] {
  const { issuing, issuers, roots } = authority()
  const own = [...(issuing === null ? [] : [issuing]), ...issuers].flatMap(({ certificate, chain }) => [
    certificate.toString(),
    ...pemsOf(chain),
  ])
  const pems = new Set([...own, ...roots.flatMap(pemsOf), ...clientCasOf(inForce().listeners.values())].map((pem) => pem.trim()))
  const known = [...pems].map((pem) => authorityNode(new X509Certificate(pem)))
  const chain: AuthorityNode[] = []
  for (let below = new X509Certificate(der); chain.length < LONGEST; ) {
    const next = known.find((node) => !chain.includes(node) && below.checkIssued(node.x509) && bearsSignatureOf(below, node))
    if (next === undefined) return chain
    chain.push(next)
    if (next.selfSigned) return chain
    below = next.x509
  }
  return chain
}
