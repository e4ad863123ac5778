import { identityRules } from '../admin/certificates/grants.ts'
import type { InForce } from '../admin/context.ts'
import type { Caller } from '../admin/types.ts'
import { grantedRights } from '../gateway/authentication/granted-rights.ts'
import type { Identity, Rights } from '../identity/types.ts'
import { rolesToGrant } from '../policy/reachable-roles.ts'
import type { Peer } from '../tls/types.ts'

const NO_PERMISSIONS: Rights['permissions'] = new Map()

/**
 * Who somebody is to the administration, by their certificate alone and the configuration of now. `peer` is judged and not refused, and has
 * a certificate.
 */
export function callerOf(peer: Peer, inForce: InForce, remote: string): Caller {
  const { settings, policy } = inForce
  const rights = grantedRights(peer, new Set(settings.admin?.adminDn ?? []))
  const identity = identityOf(peer, inForce, rights)
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

/** By the first clientcert domain that can name them; null: none can, and then they have no role to give. */
function identityOf({ certificate }: Peer, { settings }: InForce, rights: Rights | null): Identity | null {
  if (certificate === null) return null
  for (const rule of identityRules(settings.auth)) {
    const outcome = rule.identify(certificate)
    if (outcome.kind === 'identity') return { ...outcome.identity, ...rights }
  }
  return null
}
