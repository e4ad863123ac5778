import { checkName } from '../../certificates/subject-name.ts'
import { editProblem, managementProblem, removalProblem } from '../../policy/granting.ts'
import type { EntryEdit, RegistryEntry, RevocationReason } from '../../store/types.ts'
import type { Caller } from '../types.ts'
import { type Attempt, type Desk, throwRefusal } from './desk.ts'

/** What is refused from now on. */
export interface Withdrawn {
  readonly entry: RegistryEntry
  /** Others that have its key, and are refused with it. */
  readonly alsoRefused: readonly RegistryEntry[]
}

/**
 * What becomes of certificates that are registered; whatever is done to one leaf of a PFX is done to all. Every method throws AdminProblem
 * for what the caller may not do, audits that, and resolves once what was done is in force everywhere.
 */
export class CertificateChanges {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  async edit(caller: Caller, reference: string, edit: EntryEdit): Promise<RegistryEntry> {
    const [entry, attempt] = this.#begin(caller, 'certificate.edit', reference)
    if (edit.name !== undefined) checkName(edit.name)
    await this.#desk.prepareNames(caller)
    return this.#desk.change(attempt, (held) => {
      const grants = this.#desk.grants()
      for (const member of this.#desk.members(entry)) {
        const after = { ...member, name: edit.name ?? member.name }
        const rights = { clearance: edit.clearance ?? member.rights.clearance, permissions: edit.permissions ?? member.rights.permissions }
        throwRefusal(editProblem(held, grants.grantOf(member, member.rights), grants.grantOf(after, rights)))
        if (after.name !== member.name) this.#desk.checkName(held, after)
      }
      this.#desk.keepingAdmin(() => this.#registry.edit(entry.fingerprint, edit, caller.actor))
      return this.#now(entry)
    })
  }

  async disable(caller: Caller, reference: string): Promise<Withdrawn> {
    return this.#withdraw(caller, 'certificate.disable', reference, (entry) => this.#registry.disable(entry.fingerprint, caller.actor))
  }

  /** Gives back what it had: nobody may do that who might not give it. */
  async enable(caller: Caller, reference: string): Promise<RegistryEntry> {
    const [entry, attempt] = this.#begin(caller, 'certificate.enable', reference)
    await this.#desk.prepareNames(caller)
    return this.#desk.change(attempt, (held) => {
      this.#desk.checkGrants(held, this.#desk.members(entry))
      this.#registry.enable(entry.fingerprint, caller.actor)
      return this.#now(entry)
    })
  }

  async revoke(caller: Caller, reference: string, reason: RevocationReason): Promise<Withdrawn> {
    return this.#withdraw(caller, 'certificate.revoke', reference, (entry) =>
      this.#registry.revoke(entry.fingerprint, reason, caller.actor),
    )
  }

  async remove(caller: Caller, reference: string): Promise<void> {
    const [entry, attempt] = this.#begin(caller, 'certificate.remove', reference)
    const { peer } = caller
    const own = [peer?.certificate?.fingerprint, peer?.renews]
    await this.#desk.change(attempt, (held) => {
      const members = this.#registry.byGroup(entry.group)
      const inUse = members.some(({ fingerprint }) => own.includes(fingerprint))
      throwRefusal(removalProblem(held, this.#now(entry), inUse))
      this.#desk.keepingAdmin(() => this.#registry.remove(entry.fingerprint, caller.actor))
    })
  }

  /** Removes what has expired; resolves to how many those were. */
  async purge(caller: Caller): Promise<number> {
    const attempt = { caller, action: 'certificate.purge', target: null }
    this.#desk.permit('certificates', attempt)
    const removed = await this.#registry.purgeExpired(caller.actor)
    if (removed > 0) await this.#desk.published(attempt)
    return removed
  }

  async #withdraw(caller: Caller, action: string, reference: string, make: (entry: RegistryEntry) => void): Promise<Withdrawn> {
    const [entry, attempt] = this.#begin(caller, action, reference)
    return this.#desk.change(attempt, (held) => {
      throwRefusal(managementProblem(held, this.#now(entry)))
      this.#desk.keepingAdmin(() => make(entry))
      const alsoRefused = this.#registry.sharing(this.#registry.byGroup(entry.group), this.#desk.context.now())
      return { entry: this.#now(entry), alsoRefused }
    })
  }

  /** Whoever may not administer is not told what there is. */
  #begin(caller: Caller, action: string, reference: string): [RegistryEntry, Attempt] {
    this.#desk.permit('certificates', { caller, action, target: reference.toWellFormed().slice(0, 256) })
    const entry = this.#desk.find(reference)
    return [entry, { caller, action, target: entry.group, name: entry.name }]
  }

  /** As it is in this transaction; where it has gone, the registry says so when it is to be changed. */
  #now(entry: RegistryEntry): RegistryEntry {
    return this.#registry.get(entry.fingerprint) ?? entry
  }

  get #registry() {
    return this.#desk.context.store.registry
  }
}
