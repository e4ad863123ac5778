import type { InternalUser } from '../../config/settings.ts'
import type { Identity, Rights } from '../../identity/types.ts'
import { type Actor, grantProblem, LOCAL_OPERATOR, nameProblem } from '../../policy/granting.ts'
import { rolesToGrant } from '../../policy/reachable-roles.ts'
import { isUsable } from '../../store/entry-state.ts'
import type { Leaf } from '../../tls/leaf.ts'
import { asksForNames } from '../certificates/desk.ts'
import { Grants } from '../certificates/grants.ts'
import type { LiveNames } from '../certificates/live-names.ts'
import type { AdministrationContext } from '../context.ts'
import { EnrolmentError } from './enrolment-error.ts'

type Context = Pick<AdministrationContext, 'store' | 'inForce' | 'authority' | 'now'>

/** What is about to be issued. */
export interface Proposal extends Rights {
  readonly name: string
  readonly leaf: Leaf
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
  if (!isUsable(entry, context.now())) return null
  const { clearance, permissions } = entry
  return { clearance, permissions, roles: grantsOf(context).rolesHeldBy(entry) }
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
export function checkGrant(context: Context, maker: Actor, { name, leaf, ...rights }: Proposal, live: Pick<LiveNames, 'sharing'>): void {
  const grants = grantsOf(context)
  const named = { name, certificate: leaf.certificate }
  if (grantProblem(maker, grants.grantOf(named, rights)) !== null) {
    throw new EnrolmentError('not_granted', 'this name with these rights cannot be given by who gives it here', {
      hint: 'have the token made on the gateway itself, or by a ClusterAdmin',
    })
  }
  if (!asksForNames(maker)) return
  const names = grants.namesOf(named)
  if (nameProblem(maker, { names, pin: leaf.pin }, live.sharing(names)) === null) return
  throw new EnrolmentError('not_granted', 'there is a certificate in force with this name and another key', {
    hint: 'renew that one with its own key, or have it revoked first',
  })
}

const grantsOf = (context: Context): Grants => new Grants(context.inForce(), context.authority())
