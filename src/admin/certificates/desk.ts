import { leafOf } from '../../certificates/entry-facts.ts'
import type { Issuer } from '../../certificates/issuer.ts'
import {
  type AdminAction,
  actionProblem,
  type Actor as Granter,
  type GrantRefusal,
  grantProblem,
  lastAdminProblem,
  managementProblem,
  nameProblem,
} from '../../policy/granting.ts'
import { clearanceIncludes } from '../../policy/rights.ts'
import { isUsable } from '../../store/entry-state.ts'
import type { KeyBearer } from '../../store/registry-view.ts'
import type { Clearance, RegistryEntry } from '../../store/types.ts'
import { pageMark } from '../asking-page.ts'
import type { AdministrationContext } from '../context.ts'
import { heldNow } from '../permission.ts'
import { AdminProblem, malformed, notFound, refusedBy } from '../problem.ts'
import { recordRefusal } from '../refusal-records.ts'
import type { Caller } from '../types.ts'
import { Grants, type Named } from './grants.ts'
import { everyNamed, type Lineage, lineagesOf } from './lineage.ts'
import type { LiveNames } from './live-names.ts'

/** What is about to be done, for the audit log where it is refused. */
export interface Attempt {
  readonly caller: Caller
  /** As the log calls it where it is done, e.g. `certificate.add`. */
  readonly action: string
  readonly target: string | null
  readonly name?: string
}

/** A certificate with the rights that it is to have. */
export interface Candidate extends Named {
  readonly pin: string
  readonly rights: Pick<RegistryEntry, 'clearance' | 'permissions'>
}

/** Whoever has more of one name knows that they do. */
const MOST_NAMESAKES = 100

const ADMINISTRATORS: readonly Clearance[] = ['ClusterAdmin', 'ClusterNode']
const HEX_64 = /^[0-9a-f]{64}$/
const HEX_40 = /^[0-9a-f]{40}$/

/** What every action on certificates has in common: who may, how it is recorded, and when it may be told. */
export class Desk {
  readonly context: AdministrationContext
  readonly #names: LiveNames

  constructor(context: AdministrationContext, names: LiveNames) {
    this.context = context
    this.#names = names
  }

  /** What the configuration of now says. */
  grants(): Grants {
    return new Grants(this.context.inForce(), this.context.authority())
  }

  /** Throws AdminProblem 409 where nothing can be issued. */
  issuer(): Issuer {
    const { issuing, problem, isBroken = false } = this.context.authority()
    if (issuing === null) {
      const why = problem === '' ? 'there is no certificate authority' : problem
      if (isBroken) throw new AdminProblem(409, 'no_authority', why)
      throw new AdminProblem(409, 'no_authority', why, {
        hint: 'say where it is: `pki: { authority: { folder: DIR } }`, or { cert, key } of a CA of your own; `certgate init` makes one',
      })
    }
    return issuing
  }

  /** Throws AdminProblem, audited, where the caller may not even ask. */
  permit(action: AdminAction, attempt: Attempt): void {
    this.check(actionProblem(attempt.caller.rights.clearance, action), attempt)
  }

  check(refusal: GrantRefusal | null, attempt: Attempt): void {
    if (refusal === null) return
    const problem = refusedBy(refusal)
    this.#auditRefusal(attempt, problem)
    throw problem
  }

  /** Right before `change`: names are compared in its transaction, and reading them all takes longer than one may last. */
  async prepareNames({ rights }: Caller): Promise<void> {
    if (asksForNames(rights)) await this.#names.prepare()
  }

  /**
   * One change: decided and recorded in one transaction, and at every worker when this resolves. Only then may anything of it be told.
   * `make` gets what the caller holds in that transaction. What is refused in it is audited beside.
   */
  async change<T>(attempt: Attempt, make: (held: Granter) => T): Promise<T> {
    const result = this.decide(attempt, make)
    await this.published(attempt)
    return result
  }

  /**
   * The transaction of `change`: nothing of it may be told before `published`. `held`: what the caller held when it began, where they have
   * taken that away from themselves since.
   */
  decide<T>(attempt: Attempt, make: (held: Granter) => T, held?: Granter): T {
    try {
      return this.context.store.write(() => make(held ?? heldNow(this.context, attempt.caller)))
    } catch (error) {
      if (error instanceof AdminProblem && error.refusal !== null) this.#auditRefusal(attempt, error)
      throw error
    }
  }

  /** Resolves once every worker knows of what was changed; live views are told. */
  async published({ action, target, caller }: Attempt): Promise<void> {
    await this.context.published()
    this.context.announce({ kind: 'certificate', data: { action, target, by: caller.actor.name, page: pageMark() } })
  }

  /** Throws where somebody may not have these become certificates in force. Inside `change`. */
  checkGrants(held: Granter, candidates: readonly Candidate[]): void {
    const grants = this.grants()
    for (const candidate of candidates) {
      throwRefusal(grantProblem(held, grants.grantOf(candidate, candidate.rights)))
      this.checkName(held, candidate)
    }
  }

  /** Throws where one of its names is in use with another key, and that is not theirs to add. Inside `change`. */
  checkName(held: Granter, { name, certificate, pin }: Omit<Candidate, 'rights'>): void {
    if (!asksForNames(held)) return
    const names = this.grants().namesOf({ name, certificate })
    throwRefusal(nameProblem(held, { names, pin }, this.#names.sharing(names)))
  }

  /**
   * Throws where somebody may not take certificates out of force, or give them back. What is refused is their keys: so they have to be above
   * every other certificate that bears one of those and has not ended. Inside `change`.
   */
  checkManaged(held: Granter, entries: readonly RegistryEntry[]): void {
    // Nobody is above them, and of thousands none needs to be read.
    if (clearanceIncludes(held.clearance, 'ClusterAdmin')) return
    const { registry } = this.context.store
    const grants = this.grants()
    const problemOf = (one: KeyBearer) => managementProblem(held, { clearance: grants.clearanceOf(one) })
    const members = entries.flatMap(({ group }) => registry.byGroup(group))
    for (const member of members) throwRefusal(problemOf(member))
    const keys = members.map(({ pin }) => pin)
    for (const bearer of registry.bearers(keys, this.context.now())) {
      const refused = problemOf(bearer)
      if (refused !== null) throwRefusal({ ...refused, detail: `another certificate has its key, and ${refused.detail}` })
    }
  }

  /** Throws where a key is the gateway's own or a CA's. */
  checkForeign(pin: string): void {
    const owner = this.grants().ownerOf(pin)
    if (owner === null) return
    const whose = owner === 'server' ? "the gateway's own server certificate" : 'a certificate authority'
    throw new AdminProblem(400, 'own_certificate', `this is the key of ${whose}: it cannot be a client's`, { refusal: 'own_certificate' })
  }

  /** Others in force that the registry has under a name of these. What they are called there is looked at, not what stands in them. */
  namesakes(entries: readonly RegistryEntry[]): RegistryEntry[] {
    const { registry } = this.context.store
    const now = this.context.now()
    const grants = this.grants()
    const own = new Set(entries.map(({ group }) => group))
    const names = new Set(entries.flatMap(({ name, der }) => [...grants.namesOf({ name, certificate: leafOf(der).certificate })]))
    const found = [...names].flatMap((name) => registry.byName(name))
    const others = found.filter((other) => !own.has(other.group) && isUsable(other, now))
    return [...new Map(others.map((other) => [other.fingerprint, other])).values()].slice(0, MOST_NAMESAKES)
  }

  /** Makes a change and throws, so that nothing of it stays, where it took the last usable administrator away. Inside `change`. */
  keepingAdmin<T>(make: () => T): T {
    const { registry } = this.context.store
    const count = () => registry.countUsable(ADMINISTRATORS, this.context.now())
    const before = count()
    const result = make()
    throwRefusal(lastAdminProblem(before, count()))
    return result
  }

  /** Throws where taking all of these out of force would take the last usable administrator away: before only a part of it is done. Inside `change`. */
  checkAdminStays(entries: readonly RegistryEntry[]): void {
    const now = this.context.now()
    const before = this.context.store.registry.countUsable(ADMINISTRATORS, now)
    const going = entries.filter((one) => ADMINISTRATORS.includes(one.clearance) && isUsable(one, now))
    throwRefusal(lastAdminProblem(before, before - going.length))
  }

  /**
   * What a reference means: the certificate of a SHA-256 or SHA-1 in hex (colons allowed) and no other, else the lineage of a name.
   * Throws 404, or 409 where several are meant.
   */
  find(reference: string): Lineage {
    const { registry } = this.context.store
    const hex = reference.replaceAll(':', '').toLowerCase()
    const entry = HEX_64.test(hex) ? registry.get(hex) : null
    if (entry !== null) return { entry, others: [] }
    const found = (HEX_40.test(hex) ? registry.byThumbprint(hex) : []).map((one) => ({ entry: one, others: [] }))
    const meant = found.length > 0 ? found : lineagesOf(registry, reference, this.context.now())
    const [first] = meant
    if (first === undefined) throw notFound('no such certificate is in the registry')
    if (meant.length > 1) {
      const hint = `name one by its fingerprint: ${meant
        .slice(0, 5)
        .map(({ entry: { fingerprint } }) => fingerprint)
        .join(', ')}`
      throw new AdminProblem(409, 'ambiguous', `${meant.length} certificates have this name or thumbprint`, { hint })
    }
    return first
  }

  /** All of exactly this name, whatever they have to do with each other. Throws 404, and 400 for what means one certificate. */
  findAll(name: string): Lineage {
    const hex = name.replaceAll(':', '').toLowerCase()
    if (HEX_64.test(hex) || HEX_40.test(hex)) throw malformed('all goes with a name, and this is of one certificate')
    const found = everyNamed(this.context.store.registry, name, this.context.now())
    if (found === null) throw notFound('no certificate of this name is in the registry')
    return found
  }

  /** All leaves that were imported together with one, each with the rights that it has. */
  members({ group }: RegistryEntry): Candidate[] {
    return this.context.store.registry.byGroup(group).map((entry) => {
      const { name, pin, clearance, permissions } = entry
      return { name, pin, certificate: leafOf(entry.der).certificate, rights: { clearance, permissions } }
    })
  }

  #auditRefusal({ caller, action, target, name }: Attempt, problem: AdminProblem): void {
    const details = {
      code: problem.reason,
      detail: problem.message,
      ...(name === undefined ? {} : { name: name.toWellFormed().slice(0, 256) }),
    }
    const { context } = this
    recordRefusal(context.store.audit, () => context.now(), { action, target, details }, caller.actor)
  }
}

/** A second key under a name is ClusterAdmin's to add: they are never asked (see `nameProblem`). */
export function asksForNames({ clearance }: Granter): boolean {
  return !clearanceIncludes(clearance, 'ClusterAdmin')
}

export function throwRefusal(refusal: GrantRefusal | null): void {
  if (refusal !== null) throw refusedBy(refusal)
}
