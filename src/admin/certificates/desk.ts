import type { Issuer } from '../../certificates/issuer.ts'
import { type AdminAction, actionProblem, type GrantRefusal, grantProblem, lastAdminProblem, nameProblem } from '../../policy/granting.ts'
import type { RegistryEntry } from '../../store/types.ts'
import type { AdministrationContext } from '../context.ts'
import { AdminProblem, notFound, refusedBy } from '../problem.ts'
import type { Caller } from '../types.ts'
import { Grants, type Named } from './grants.ts'
import { leafOf } from './leaf-facts.ts'
import { LiveNames } from './live-names.ts'

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

const HEX_64 = /^[0-9a-f]{64}$/
const HEX_40 = /^[0-9a-f]{40}$/

/** What every action on certificates has in common: who may, how it is recorded, and when it may be told. */
export class Desk {
  readonly context: AdministrationContext
  #names: { readonly rules: Grants['rules']; readonly live: LiveNames } | null = null

  constructor(context: AdministrationContext) {
    this.context = context
  }

  /** What the configuration of now says. */
  grants(): Grants {
    return new Grants(this.context.inForce(), this.context.authority())
  }

  /** Throws AdminProblem 409 where nothing can be issued. */
  issuer(): Issuer {
    const { issuing, problem } = this.context.authority()
    if (issuing === null) throw new AdminProblem(409, 'no_authority', problem === '' ? 'there is no certificate authority' : problem)
    return issuing
  }

  /** Throws AdminProblem, audited, where the caller may not even ask. */
  permit(action: AdminAction, attempt: Attempt): void {
    this.check(actionProblem(attempt.caller.rights.clearance, action), attempt)
  }

  /** As `permit`, for reading: what is refused there was no administrative action, and is not audited. */
  mayRead({ rights }: Caller): void {
    const refused = actionProblem(rights.clearance, 'read')
    if (refused !== null) throw refusedBy(refused)
  }

  check(refusal: GrantRefusal | null, attempt: Attempt): void {
    if (refusal === null) return
    const problem = refusedBy(refusal)
    this.#auditRefusal(attempt, problem)
    throw problem
  }

  /** Before `change`: names are compared in its transaction, and reading them all takes longer than one may last. */
  async prepareNames({ rights }: Caller): Promise<void> {
    // Never asked for them: see nameProblem.
    if (rights.clearance !== 'Operator') return
    await this.#live().prepare()
  }

  /**
   * One change: decided and recorded in one transaction, and at every worker when this resolves. Only then may anything of it be told.
   * What is refused in it is audited beside.
   */
  async change<T>(attempt: Attempt, make: () => T): Promise<T> {
    let result: T
    try {
      result = this.context.store.write(() => {
        this.#assertUnchanged(attempt.caller)
        return make()
      })
    } catch (error) {
      if (error instanceof AdminProblem && error.refusal !== null) this.#auditRefusal(attempt, error)
      throw error
    }
    await this.context.published()
    this.context.announce({ kind: 'certificate', data: { action: attempt.action, target: attempt.target, by: attempt.caller.actor.name } })
    return result
  }

  /** Throws where the caller may not have these become certificates in force. Inside `change`. */
  checkGrants(caller: Caller, candidates: readonly Candidate[]): void {
    const grants = this.grants()
    for (const candidate of candidates) {
      throwRefusal(grantProblem(caller.rights, grants.grantOf(candidate, candidate.rights)))
      this.checkName(caller, candidate)
    }
  }

  /** Throws where one of its names is in use with another key, and that is not the caller's to add. Inside `change`. */
  checkName(caller: Caller, { name, certificate, pin }: Omit<Candidate, 'rights'>): void {
    if (caller.rights.clearance !== 'Operator') return
    const names = this.grants().namesOf({ name, certificate })
    throwRefusal(nameProblem(caller.rights, { names, pin }, this.#live().sharing(names, this.context.now())))
  }

  /** Throws where a key is the gateway's own or a CA's. */
  checkForeign(pin: string): void {
    const owner = this.grants().ownerOf(pin)
    if (owner === null) return
    const whose = owner === 'server' ? "the gateway's own server certificate" : 'a certificate authority'
    throw new AdminProblem(400, 'own_certificate', `this is the key of ${whose}: it cannot be a client's`, { refusal: 'own_certificate' })
  }

  /** Makes a change and throws, so that nothing of it stays, where it took the last usable administrator away. Inside `change`. */
  keepingAdmin<T>(make: () => T): T {
    const { registry } = this.context.store
    const count = () => registry.countUsable(['ClusterAdmin', 'ClusterNode'], this.context.now())
    const before = count()
    const result = make()
    throwRefusal(lastAdminProblem(before, count()))
    return result
  }

  /**
   * The entry that a reference means: SHA-256 or SHA-1 in hex, colons allowed, else a name that only one has. Throws 404, or 409 where
   * several are meant.
   */
  find(reference: string): RegistryEntry {
    const { registry } = this.context.store
    const hex = reference.replaceAll(':', '').toLowerCase()
    const entry = HEX_64.test(hex) ? registry.get(hex) : null
    if (entry !== null) return entry
    const found = HEX_40.test(hex) ? registry.byThumbprint(hex) : []
    const meant = found.length > 0 ? found : registry.byName(reference)
    const [first] = meant
    if (first === undefined) throw notFound('no such certificate is in the registry')
    if (new Set(meant.map(({ group }) => group)).size > 1) {
      const hint = `name one by its fingerprint: ${meant
        .slice(0, 5)
        .map(({ fingerprint }) => fingerprint)
        .join(', ')}`
      throw new AdminProblem(409, 'ambiguous', `${meant.length} certificates have this name or thumbprint`, { hint })
    }
    return first
  }

  /** All leaves that were imported together with one, each with the rights that it has. */
  members({ group }: RegistryEntry): Candidate[] {
    return this.context.store.registry.byGroup(group).map((entry) => {
      const { name, pin, clearance, permissions } = entry
      return { name, pin, certificate: leafOf(entry.der).certificate, rights: { clearance, permissions } }
    })
  }

  /** Making a key takes a while: whoever lost their rights meanwhile does nothing with them any more. */
  #assertUnchanged({ peer }: Caller): void {
    if (peer === null || peer.certificate === null || peer.clearance === undefined) return
    const { registry } = this.context.store
    const entry = registry.get(peer.certificate.fingerprint) ?? (peer.renews === undefined ? null : registry.get(peer.renews))
    if (entry !== null && entry.revoked === null && !entry.disabled && entry.clearance === peer.clearance) return
    throw new AdminProblem(403, 'clearance_too_low', 'your own rights were changed meanwhile', { refusal: 'clearance_too_low' })
  }

  #live(): LiveNames {
    const grants = this.grants()
    if (this.#names?.rules !== grants.rules) this.#names = { rules: grants.rules, live: new LiveNames(this.context.store, grants) }
    return this.#names.live
  }

  #auditRefusal({ caller, action, target, name }: Attempt, problem: AdminProblem): void {
    const details = {
      code: problem.reason,
      detail: problem.message,
      ...(name === undefined ? {} : { name: name.toWellFormed().slice(0, 256) }),
    }
    this.context.store.audit.append({ action, target, outcome: 'refused', details }, caller.actor)
  }
}

export function throwRefusal(refusal: GrantRefusal | null): void {
  if (refusal !== null) throw refusedBy(refusal)
}
