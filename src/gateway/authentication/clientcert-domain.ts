import type { ClientCertDomain } from '../../config/settings.ts'
import type { PeerCertificate } from '../../identity/types.ts'
import { compileIdentityRule, type IdentityRule } from '../../identity/username.ts'
import { ABSENT, type Domain, type DomainOutcome } from './domain.ts'

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

/** A domain that names the holder of a trusted certificate; the same certificate is read once. Never challenges. */
export function clientCertDomain(settings: ClientCertDomain, onDropped: DroppedRoles): Domain {
  const rule = compileIdentityRule(settings)
  const known = new WeakMap<PeerCertificate, DomainOutcome>()
  return {
    type: 'clientcert',
    challenge: null,
    judge({ certificate }) {
      if (certificate === null) return ABSENT
      let outcome = known.get(certificate)
      if (outcome === undefined) {
        outcome = outcomeOf(rule, certificate, onDropped)
        known.set(certificate, outcome)
      }
      return outcome
    },
  }
}
