import { adminDnsFor } from '../../admin/admin-dns.ts'
import { identityBy, identityRules } from '../../admin/certificates/grants.ts'
import type { InForce } from '../../admin/context.ts'
import type { Caller } from '../../admin/types.ts'
import { grantedRights } from '../../gateway/authentication/granted-rights.ts'
import type { Rights } from '../../identity/types.ts'
import { rolesToGrant } from '../../policy/reachable-roles.ts'
import type { Peer } from '../../tls/types.ts'

const NO_PERMISSIONS: Rights['permissions'] = new Map()

/**
 * Who somebody is to the administration, by their certificate alone and the configuration of now. `peer` is judged and not refused, and has
 * a certificate.
 */
export function callerOf(peer: Peer, inForce: InForce, remote: string): Caller {
  const { settings, policy } = inForce
  const rights = grantedRights(peer, adminDnsFor(inForce, peer))
  const identity = peer.certificate === null ? null : identityBy(identityRules(settings.auth), peer.certificate, rights)
  const fingerprint = peer.certificate?.fingerprint ?? null
  const roles = identity === null ? new Set<string>() : rolesToGrant(policy, identity)
  const via = 'network'
  // It makes the first administrator, and the router lets it do nothing else.
  if (peer.isServerCertificate === true) {
    const actor = { name: 'server certificate', fingerprint, remote }
    return { rights: { clearance: 'ClusterAdmin', permissions: NO_PERMISSIONS, roles: new Set() }, actor, via, identity: null, peer }
  }
  const actor = { name: identity?.name ?? peer.certificate?.dn ?? '', fingerprint, remote }
  return { rights: { ...(rights ?? { permissions: NO_PERMISSIONS }), roles }, actor, via, identity, peer }
}
