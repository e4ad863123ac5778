import { COMMON_NAME } from '../identity/oids.ts'
import type { Identity, PeerCertificate } from '../identity/types.ts'
import type { IdentityRule } from '../identity/username.ts'
import type { RightsHolder } from './rights.ts'
import type { Policy } from './types.ts'

/** A certificate that is about to be issued, trusted, enabled or edited, with the rights it is to have. */
export interface Candidate extends RightsHolder {
  /** The registry's name for it. */
  readonly name: string
  /** `caKeys`: those of every CA that would stand above it. */
  readonly certificate: PeerCertificate
  /** Beside those that the domains read out of the certificate. */
  readonly backendRoles: readonly string[]
}

type Resolver = Pick<Policy, 'rolesOf'>

/**
 * What somebody has wherever they speak from. A role that `hosts` gives is held at that address only: it is neither the holder's to
 * pass on, nor given by a certificate.
 */
export function rolesToGrant(policy: Resolver, identity: Identity): Set<string> {
  const { grants } = policy.rolesOf(identity, '')
  return new Set(grants.filter(({ by }) => by !== 'hosts').map(({ role }) => role))
}

/**
 * Every role that any name of a certificate, its backend roles or its rights resolve to under the mapping in force: also by names that
 * no domain takes today, as the domains may change and the certificate stays. `rules`: those of the enabled clientcert domains.
 */
export function reachableRoles(policy: Resolver, candidate: Candidate, rules: readonly IdentityRule[]): Set<string> {
  const roles = new Set<string>()
  for (const identity of identitiesOf(candidate, rules)) for (const role of rolesToGrant(policy, identity)) roles.add(role)
  return roles
}

/** What a certificate is known under: its name in the registry, its common names and DN, and the user names that domains make of it. */
export function knownNames({ name, certificate }: Omit<Candidate, 'backendRoles'>, rules: readonly IdentityRule[]): Set<string> {
  const commonNames = certificate.subject.flat().flatMap(({ oid, value, encoded }) => (oid === COMMON_NAME && !encoded ? [value] : []))
  const users = identified(certificate, rules).map((identity) => identity.name)
  return new Set([name, ...commonNames, certificate.dn, ...users].filter((one) => one.trim() !== ''))
}

function identitiesOf(candidate: Candidate, rules: readonly IdentityRule[]): Identity[] {
  const { certificate, clearance, permissions } = candidate
  const backendRoles = [...new Set([...candidate.backendRoles, ...identified(certificate, rules).flatMap((one) => one.backendRoles)])]
  const names = new Set([...knownNames(candidate, rules), ...certificate.sans.map(({ value }) => value)])
  const rights = clearance === undefined ? {} : { clearance, permissions: permissions ?? new Map() }
  return [...names].map((name) => {
    return { name, dn: certificate.dn, source: 'clientcert', domain: '', backendRoles, certificate, ...rights }
  })
}

function identified(certificate: PeerCertificate, rules: readonly IdentityRule[]): Identity[] {
  return rules.flatMap((rule) => {
    const outcome = rule.identify(certificate)
    return outcome.kind === 'identity' ? [outcome.identity] : []
  })
}
