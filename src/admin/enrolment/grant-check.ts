import { X509Certificate } from 'node:crypto'
import type { InternalUser } from '../../config/settings.ts'
import type { Identity, PeerCertificate, Rights } from '../../identity/types.ts'
import { compileIdentityRule, type IdentityRule } from '../../identity/username.ts'
import { type Actor, grantProblem, LOCAL_OPERATOR, nameProblem } from '../../policy/granting.ts'
import { knownNames, reachableRoles, rolesToGrant } from '../../policy/reachable-roles.ts'
import { clearanceIncludes } from '../../policy/rights.ts'
import { isUsable } from '../../store/entry-state.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { readLeaf } from '../../tls/leaf.ts'
import type { AdministrationContext } from '../context.ts'
import { EnrolmentError } from './enrolment-error.ts'
import { asPresented } from './issued-entry.ts'
import type { NameHolders } from './name-holders.ts'

type Context = Pick<AdministrationContext, 'store' | 'inForce' | 'authority' | 'now'>

/** What is about to be issued. */
export interface Proposal extends Rights {
  readonly name: string
  readonly der: Buffer
  readonly pin: string
}

const NOTHING: Rights['permissions'] = new Map()

/** As a token of somebody whom the registry does not know, through `admin_dn`: what an Operator without any role could give. */
const UNKNOWN_MAKER: Actor = { clearance: 'Operator', permissions: NOTHING, roles: new Set() }

/**
 * Who made a token, with what they hold now; null: nobody who may give anything any more. A token outlives the rights of its maker
 * else, and whoever had to go would have left a way back in.
 */
export function makerOf(context: Context, createdBy: string): Actor | null {
  if (createdBy === 'cli') return LOCAL_OPERATOR
  const fingerprint = / ([0-9a-f]{64})$/.exec(createdBy)?.[1]
  if (fingerprint === undefined) return null
  const { registry, issuance } = context.store
  const entry = registry.get(fingerprint)
  if (entry === null) {
    const { admin } = context.inForce().settings
    const removed = issuance.byFingerprint(fingerprint) !== null
    return removed || (admin?.adminDn ?? []).length === 0 ? null : UNKNOWN_MAKER
  }
  const keyRefused = registry.byPin(entry.pin).some(({ revoked, disabled }) => revoked !== null || disabled)
  if (keyRefused || !isUsable(entry, context.now())) return null
  const { clearance, permissions } = entry
  return { clearance, permissions, roles: rolesHeld(context, entry) }
}

/** A user with a password, who gives themselves a certificate: never more than the password gives. */
export function userAsMaker(context: Context, user: InternalUser): Actor {
  const { name, backendRoles } = user
  const rights = { clearance: 'ValidUser', permissions: NOTHING } as const
  const identity: Identity = { name, dn: null, source: 'basic', domain: '', backendRoles, certificate: null, ...rights }
  return { clearance: 'Operator', permissions: NOTHING, roles: rolesToGrant(context.inForce().policy, identity) }
}

/**
 * Refuses what the maker could not give at this moment: rights, roles that the new names reach, and a name that is in use with
 * another key. To be asked in the transaction that records it: two would else not see each other. Throws EnrolmentError.
 */
export function checkGrant(context: Context, maker: Actor, proposal: Proposal, holders: NameHolders): void {
  const { policy, settings } = context.inForce()
  const rules = settings.auth.domains.flatMap((domain) => (domain.type === 'clientcert' ? [compileIdentityRule(domain)] : []))
  const certificate = asPresented(proposal.der, context.authority())
  const { name, pin, clearance, permissions } = proposal
  const candidate = { name, certificate, backendRoles: [], clearance, permissions }
  const roles = clearanceIncludes(maker.clearance, 'ClusterAdmin') ? new Set<string>() : reachableRoles(policy, candidate, rules)
  if (grantProblem(maker, { clearance, permissions, roles }) !== null) {
    throw new EnrolmentError('not_granted', 'this name with these rights cannot be given by who gives it here', {
      hint: 'have the token made on the gateway itself, or by a ClusterAdmin',
    })
  }
  if (clearanceIncludes(maker.clearance, 'ClusterAdmin')) return
  const names = knownNames(candidate, rules)
  if (nameProblem(maker, { names, pin }, holders.sharing(names, context.now())) === null) return
  throw new EnrolmentError('not_granted', `there is a certificate in force with this name and another key`, {
    hint: 'renew that one with its own key, or have it revoked first',
  })
}

function rolesHeld(context: Context, entry: RegistryEntry): Set<string> {
  const { policy, settings } = context.inForce()
  const certificate = presentedBy(context, entry)
  const { clearance, permissions } = entry
  const rules: IdentityRule[] = settings.auth.domains.flatMap((domain) =>
    domain.type === 'clientcert' ? [compileIdentityRule(domain)] : [],
  )
  for (const rule of rules) {
    const outcome = rule.identify(certificate)
    if (outcome.kind === 'identity') return rolesToGrant(policy, { ...outcome.identity, clearance, permissions })
  }
  return new Set()
}

function presentedBy(context: Context, entry: RegistryEntry): PeerCertificate {
  const authority = context.authority()
  const ours = entry.issuerKey !== null && authority.issuers.some(({ publicKeyInfo }) => publicKeyInfo.equals(entry.issuerKey as Buffer))
  return ours ? asPresented(entry.der, authority) : readLeaf(new X509Certificate(entry.der), entry.der).certificate
}
