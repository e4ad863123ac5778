import { type AuthorityNode, authorityNode, parseCertificate } from '../tls/authority-node.ts'
import { rootOver } from './authority-folder.ts'
import type { OperatingAuthority } from './operating-authority.ts'
import { ROOT_TITLE, titled } from './titled.ts'

/** The trusted roots above issuers of ours: trust in them ends with a rotation. Others that stand beside them stay. */
export function endingRoots({ issuers, roots }: Pick<OperatingAuthority, 'issuers' | 'roots'>): AuthorityNode[] {
  const nodes = roots.map((pem) => authorityNode(parseCertificate(pem)))
  const ending = new Set(issuers.map((issuer) => rootOver(issuer, nodes)))
  return nodes.filter((node) => ending.has(node))
}

/** By its name, which holds its key: a root of somebody's own has another. */
export function isMadeByCertgate({ facts, publicKey }: AuthorityNode): boolean {
  return publicKey !== null && facts.dn === `CN=${titled(ROOT_TITLE, publicKey)}`
}
