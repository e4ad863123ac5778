import type { ClientCertDomain } from '../../config/settings.ts'
import type { PeerCertificate } from '../../identity/types.ts'
import { compileIdentityRule, type IdentityRule } from '../../identity/username.ts'
import type { Peer } from '../../tls/types.ts'
import { ABSENT, type Domain, type DomainOutcome } from './domain.ts'
import { grantedRights } from './granted-rights.ts'

/** Told of reserved backend roles that a certificate claimed and did not get. */
export type DroppedRoles = (user: string, roles: readonly string[]) => void

function outcomeOf(rule: IdentityRule, certificate: PeerCertificate, onDropped: DroppedRoles): DomainOutcome {
  try {
    const outcome = rule.identify(certificate)
    if (outcome.kind === 'skipped') return ABSENT
    if (outcome.kind === 'unusable') return { kind: 'unusable', detail: outcome.reason }
    if (outcome.droppedRoles.length > 0) onDropped(outcome.identity.name, outcome.droppedRoles)
    return { kind: 'accepted', identity: outcome.identity }
  } catch {
    return { kind: 'unusable', detail: 'the certificate could not be read for a name' }
  }
}

/**
 * A domain that names the holder of a trusted certificate; the same certificate is read once. Never challenges. Rights belong to the peer: a
 * verdict under one state of the registry, on one listener. What another verdict gave the same certificate is never taken for them.
 */
export function clientCertDomain(settings: ClientCertDomain, onDropped: DroppedRoles): Domain {
  const rule = compileIdentityRule(settings)
  const known = new WeakMap<PeerCertificate, DomainOutcome>()
  const granted = new WeakMap<Peer, DomainOutcome>()
  return {
    type: 'clientcert',
    challenge: null,
    judge({ peer, adminDns }) {
      const certificate = peer?.certificate ?? null
      if (peer === null || certificate === null) return ABSENT
      let outcome = known.get(certificate)
      if (outcome === undefined) {
        outcome = outcomeOf(rule, certificate, onDropped)
        known.set(certificate, outcome)
      }
      if (outcome.kind !== 'accepted' || (peer.clearance === undefined && adminDns.size === 0)) return outcome
      let own = granted.get(peer)
      if (own === undefined) {
        const rights = grantedRights(peer, adminDns)
        own = rights === null ? outcome : { kind: 'accepted', identity: { ...outcome.identity, ...rights } }
        granted.set(peer, own)
      }
      return own
    },
  }
}
