import { type AdminAction, actionProblem, type Actor as Granter } from '../policy/granting.ts'
import { rolesToGrant } from '../policy/reachable-roles.ts'
import { clearanceIncludes } from '../policy/rights.ts'
import type { RegistryEntry } from '../store/types.ts'
import type { Peer } from '../tls/types.ts'
import { adminDnsFor } from './admin-dns.ts'
import type { AdministrationContext } from './context.ts'
import { AdminProblem, refusedBy } from './problem.ts'
import { recordRefusal } from './refusal-records.ts'
import type { Caller } from './types.ts'

/** By what it is judged who may do what. */
export type Judging = Pick<AdministrationContext, 'store' | 'inForce' | 'now'>

/** What somebody is about to do, as the audit log calls it where it is done. */
export interface Deed {
  readonly action: string
  readonly target: string | null
}

/** Throws AdminProblem 403 for who may not read. What is refused there was no administrative action, and is not audited. */
export function mayRead({ rights }: Caller): void {
  const refused = actionProblem(rights.clearance, 'read')
  if (refused !== null) throw refusedBy(refused)
}

/** The same between two parts of a long answer: throws AdminProblem 403 also for who came with the right and has it no more. */
export function mayReadOn(context: Judging, caller: Caller): void {
  mayRead(caller)
  if (!stillHolds(context, caller)) throw rightsGone()
}

/** Throws AdminProblem 403, audited, for who may not do this, or not any more. */
export function mayDo(context: Judging, caller: Caller, action: AdminAction, deed: Deed): void {
  const refused = actionProblem(caller.rights.clearance, action)
  if (refused !== null) refuse(context, caller, deed, refusedBy(refused))
  if (!stillHolds(context, caller)) refuse(context, caller, deed, rightsGone())
}

/** Records a refusal and throws it. */
export function refuse(context: Pick<Judging, 'store' | 'now'>, { actor }: Caller, { action, target }: Deed, problem: AdminProblem): never {
  const details = { code: problem.reason, detail: problem.message.toWellFormed().slice(0, 1_000) }
  recordRefusal(context.store.audit, () => context.now(), { action, target, details }, actor)
  throw problem
}

/**
 * What a caller holds at this moment of what they came with: to be asked in the transaction that it decides, as making a key or waiting for
 * another change takes a while. Throws AdminProblem 403 where their rights were taken away.
 */
export function heldNow(context: Judging, caller: Caller): Granter {
  if (!stillHolds(context, caller)) throw rightsGone()
  const { rights, identity } = caller
  return identity === null ? rights : { ...rights, roles: rolesToGrant(context.inForce().policy, identity) }
}

/**
 * Whether the rights that a caller came with are still theirs. Revocation lists are the listener's to judge; here only what this gateway
 * itself gives.
 */
export function stillHolds(context: Judging, { via, peer, rights }: Caller): boolean {
  if (via === 'socket') return true
  const certificate = peer?.certificate ?? null
  if (peer === null || certificate === null || certificate.notAfter < context.now()) return false
  if (peer.isServerCertificate === true) return context.inForce().settings.admin?.serverCertificate === 'allow'
  const { registry } = context.store
  const entry = entryOf(registry, peer)
  // What is disabled or revoked is its key, by whichever certificate.
  const pin = entry?.pin ?? peer.evidence?.leaf.pin
  if (pin !== undefined && registry.byPin(pin).some(({ disabled, revoked }) => disabled || revoked !== null)) return false
  if (peer.evidence?.byChain === true && adminDnsFor(context.inForce(), peer).has(certificate.dn)) return true
  return rights.clearance === undefined || (entry !== null && clearanceIncludes(entry.clearance, rights.clearance))
}

/** The entry that a certificate is known by: its own, or until that is recorded the one of what it renews. */
export function entryOf(registry: Judging['store']['registry'], { certificate, renews }: Peer): RegistryEntry | null {
  const own = certificate === null ? null : registry.get(certificate.fingerprint)
  return own ?? (renews === undefined ? null : registry.get(renews))
}

function rightsGone(): AdminProblem {
  return new AdminProblem(403, 'clearance_too_low', 'your own rights were changed meanwhile', { refusal: 'clearance_too_low' })
}
