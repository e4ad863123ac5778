import type { Rights } from '../../identity/types.ts'
import type { Peer } from '../../tls/types.ts'

const NO_PERMISSIONS: Rights['permissions'] = new Map()

/**
 * The rights of a judged certificate: those of its registry entry, and ClusterAdmin where a good chain stands above it and `adminDns`
 * has its whole DN as printed. null: none. Nothing else ever gives any, and nothing is given to who is refused.
 */
export function grantedRights(peer: Peer, adminDns: ReadonlySet<string>): Rights | null {
  const { certificate, refusal, clearance, evidence, permissions = NO_PERMISSIONS } = peer
  if (certificate === null || refusal !== null) return null
  if (evidence?.byChain === true && adminDns.has(certificate.dn)) return { clearance: 'ClusterAdmin', permissions }
  return clearance === undefined ? null : { clearance, permissions }
}
