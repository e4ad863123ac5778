import type { Clearance, DatabaseAccess } from '../identity/types.ts'
import { withoutInvisible } from '../identity/unprintable.ts'
import { accessIncludes, accessTo, clearanceIncludes, type RightsHolder } from './rights.ts'

/** Who administers. `roles` are those of `rolesToGrant`: without what only an address gives. */
export interface Actor extends RightsHolder {
  readonly roles: ReadonlySet<string>
}

/** Whoever reaches the admin socket (mode 0600) owns the gateway's files, and so may all: the way back in after a lock-out. */
export const LOCAL_OPERATOR: Actor = { clearance: 'ClusterAdmin', permissions: new Map(), roles: new Set() }

/** What a certificate gives its holder. */
export interface Grant {
  readonly clearance: Clearance
  readonly permissions: ReadonlyMap<string, DatabaseAccess>
  /** All that its names and backend roles resolve to under the mapping in force: `reachableRoles`. */
  readonly roles: ReadonlySet<string>
}

/** Why an administrative action is refused. */
export interface GrantRefusal {
  readonly code:
    | 'clearance_too_low'
    | 'clearance_not_held'
    | 'permission_not_held'
    | 'role_not_held'
    | 'name_in_use'
    | 'certificate_in_use'
    | 'last_admin'
  /** For the asker: names only what the asker gave or may read. */
  readonly detail: string
}

/** `self`: whoami, authinfo, health. `read`: any other reading. `policy`: writing mapping, config, users or audit. */
export type AdminAction = 'self' | 'read' | 'certificates' | 'policy'

const NEEDED: ReadonlyMap<AdminAction, Clearance> = new Map([
  ['read', 'Operator'],
  ['certificates', 'Operator'],
  // A mapping edit can grant anything.
  ['policy', 'ClusterAdmin'],
])

/** Why somebody with this clearance may not even ask; null: they may. Only clearance counts, whatever their roles are called. */
export function actionProblem(clearance: Clearance | undefined, action: AdminAction): GrantRefusal | null {
  if (action === 'self') return null
  const needed = NEEDED.get(action)
  if (needed !== undefined && clearanceIncludes(clearance, needed)) return null
  return refuse('clearance_too_low', `this needs the clearance ${needed ?? 'ClusterAdmin'}, and yours is ${clearance ?? 'none'}`)
}

/**
 * Why an actor may not give what a new certificate would (or one that is trusted, enabled or renewed under another key); null: they may.
 * Nobody gives more than they hold. ClusterAdmin holds every role: the mapping is theirs to write.
 */
export function grantProblem(actor: Actor, grant: Grant): GrantRefusal | null {
  const refused = actionProblem(actor.clearance, 'certificates')
  if (refused !== null) return refused
  if (!clearanceIncludes(actor.clearance, grant.clearance)) {
    return refuse('clearance_not_held', `the clearance ${grant.clearance} is not yours to give: yours is ${actor.clearance}`)
  }
  for (const [database, access] of grant.permissions) {
    const held = accessTo(actor, database)
    if (accessIncludes(held, access)) continue
    return refuse('permission_not_held', `${access} on database '${database}' is not yours to give: you have ${held ?? 'no access'}`)
  }
  if (clearanceIncludes(actor.clearance, 'ClusterAdmin')) return null
  const missing = [...grant.roles].filter((role) => !actor.roles.has(role)).sort()
  if (missing.length === 0) return null
  return refuse('role_not_held', `its names would have roles that you have not: ${missing.join(', ')}`)
}

/**
 * Why an actor may not change what a certificate gives from `before` to `after`; null: they may. They have to be at least what it was,
 * and to hold whatever is new about it; what it has already is not given again.
 */
export function editProblem(actor: Actor, before: Grant, after: Grant): GrantRefusal | null {
  const had = { clearance: before.clearance, permissions: before.permissions }
  const added = [...after.permissions].filter(([database, access]) => !accessIncludes(accessTo(had, database), access))
  const roles = new Set([...after.roles].filter((role) => !before.roles.has(role)))
  return managementProblem(actor, before) ?? grantProblem(actor, { clearance: after.clearance, permissions: new Map(added), roles })
}

/** Why an actor may not disable, revoke or edit a certificate with this clearance; null: they may. */
export function managementProblem(actor: Actor, { clearance }: Pick<Grant, 'clearance'>): GrantRefusal | null {
  const refused = actionProblem(actor.clearance, 'certificates')
  if (refused !== null) return refused
  if (clearanceIncludes(actor.clearance, clearance)) return null
  return refuse('clearance_not_held', `it has the clearance ${clearance}, which is above yours, ${actor.clearance}`)
}

/** Why an actor may not delete a certificate; null: they may. `inUse`: it is the one that they came with. */
export function removalProblem(actor: Actor, target: Pick<Grant, 'clearance'>, inUse: boolean): GrantRefusal | null {
  if (inUse) return refuse('certificate_in_use', 'you are using this certificate: delete it with another one')
  return managementProblem(actor, target)
}

/** A certificate by what it is known under, and by its key. */
export interface NamedKey {
  readonly names: Iterable<string>
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly pin: string
}

/**
 * Names that anyone could take for one and the same: compatibility forms, case, spacing and what nobody sees aside (Unicode NFKC). Only to refuse by,
 * never to recognise by.
 */
export function foldName(name: string): string {
  return withoutInvisible(name).normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/g, ' ').trim()
}

/** Why a new certificate may not have its names while `live` ones are in force; null: it may. A second key is ClusterAdmin's to add. */
export function nameProblem(actor: Actor, candidate: NamedKey, live: Iterable<NamedKey>): GrantRefusal | null {
  if (clearanceIncludes(actor.clearance, 'ClusterAdmin')) return null
  const wanted = new Map([...candidate.names].map((name) => [foldName(name), name]))
  for (const { names, pin } of live) {
    if (pin === candidate.pin) continue
    for (const name of names) {
      const same = wanted.get(foldName(name))
      if (same === undefined) continue
      return refuse('name_in_use', `'${same}' is in use with another key: only ClusterAdmin may add a second one under a name`)
    }
  }
  return null
}

/**
 * Why a change may not leave `after` usable administrators of `before`; null: it may. Both are to be counted in the transaction that makes
 * the change: two changes at a time would else each see the other's administrator. Where there was none, none is lost.
 */
export function lastAdminProblem(before: number, after: number): GrantRefusal | null {
  if (before === 0 || after >= 1) return null
  return refuse('last_admin', 'it is the last usable administrator: make another one first')
}

function refuse(code: GrantRefusal['code'], detail: string): GrantRefusal {
  return { code, detail }
}
