import { checkName } from '../../certificates/subject-name.ts'
import { editProblem, type Actor as Granter, removalProblem } from '../../policy/granting.ts'
import { clearanceIncludes } from '../../policy/rights.ts'
import type { EntryEdit, RegistryEntry, RevocationReason } from '../../store/types.ts'
import type { Caller } from '../types.ts'
import { type Attempt, type Desk, throwRefusal } from './desk.ts'
import { isEnded, type Lineage } from './lineage.ts'
import { LineageChange, type LineageOrder, type Withdrawn } from './lineage-change.ts'

/** Throws where the one that is meant first is not as whoever asks has seen it. Called in the transaction of the change. */
export type Seen = (entry: RegistryEntry) => void

const ANY: Seen = () => {}

const AT_ONCE = 250
/** Where each is looked at in full, or goes from every index. */
const COSTLY_AT_ONCE = 50

/** Whose: one by its digest, a name's newest with its lineage, or all that have a name. */
export type Meant = string | AllNamed

export interface AllNamed {
  readonly allNamed: string
}

/** What was done, to which of those that were meant. */
export type Changed = Lineage

/**
 * What becomes of certificates that are registered; whatever is done to one leaf of a PFX is done to all, and what is done to a name to
 * all of its lineage that it can still be done to. Every method throws AdminProblem for what the caller may not do, audits that, and
 * resolves once what was done is in force everywhere.
 */
export class CertificateChanges {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  async edit(caller: Caller, reference: string, edit: EntryEdit, isSeen: Seen = ANY): Promise<Changed> {
    const attempt = this.#begin(caller, 'certificate.edit', reference)
    if (edit.name !== undefined) checkName(edit.name)
    await this.#desk.prepareNames(caller)
    return this.#change({
      attempt,
      atOnce: COSTLY_AT_ONCE,
      find: () => this.#meant(reference, isSeen, this.#isOpen),
      isMeant: this.#isOpen,
      endsRights: edit.clearance !== undefined && !clearanceIncludes(edit.clearance, 'ClusterAdmin'),
      check: (held, entries) => this.#checkEdit(held, entries, edit),
      make: (_, entry) => this.#registry.edit(entry.fingerprint, edit, caller.actor),
      concernsKeys: false,
    })
  }

  async disable(caller: Caller, reference: Meant, isSeen: Seen = ANY): Promise<Withdrawn> {
    const isEnabled = (entry: RegistryEntry) => this.#isOpen(entry) && !entry.disabled
    return this.#withdraw(caller, 'certificate.disable', reference, isSeen, isEnabled, (entry) =>
      this.#registry.disable(entry.fingerprint, caller.actor),
    )
  }

  /** Gives back what it had: nobody may do that who might not give it. */
  async enable(caller: Caller, reference: Meant, isSeen: Seen = ANY): Promise<Changed> {
    const attempt = this.#begin(caller, 'certificate.enable', reference)
    await this.#desk.prepareNames(caller)
    const isMeant = (entry: RegistryEntry) => this.#isOpen(entry) && entry.disabled
    return this.#change({
      attempt,
      atOnce: AT_ONCE,
      find: () => this.#meant(reference, isSeen, isMeant),
      isMeant,
      endsRights: false,
      check: (held, entries) => this.#desk.checkManaged(held, entries),
      make: (held, entry) => {
        this.#desk.checkGrants(held, this.#desk.members(entry))
        return this.#registry.enable(entry.fingerprint, caller.actor)
      },
      concernsKeys: true,
    })
  }

  async revoke(caller: Caller, reference: Meant, reason: RevocationReason, isSeen: Seen = ANY): Promise<Withdrawn> {
    return this.#withdraw(caller, 'certificate.revoke', reference, isSeen, this.#isOpen, (entry) =>
      this.#registry.revoke(entry.fingerprint, reason, caller.actor),
    )
  }

  async remove(caller: Caller, reference: string, isSeen: Seen = ANY): Promise<void> {
    const attempt = this.#begin(caller, 'certificate.remove', reference)
    const now = this.#desk.context.now()
    const isMeant = ({ revoked, disabled, notAfter }: RegistryEntry) => (revoked === null && !disabled) || notAfter < now
    await this.#change({
      attempt,
      atOnce: COSTLY_AT_ONCE,
      find: () => this.#meant(reference, isSeen, isMeant),
      isMeant,
      endsRights: true,
      check: (held, entries) => {
        for (const entry of entries) throwRefusal(removalProblem(held, entry, this.#isInUse(caller, entry)))
        this.#desk.checkManaged(held, entries)
      },
      make: (_, entry) => {
        const leaves = this.#registry.byGroup(entry.group)
        this.#registry.remove(entry.fingerprint, caller.actor)
        return leaves
      },
      concernsKeys: false,
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

  async #withdraw(
    caller: Caller,
    action: string,
    reference: Meant,
    isSeen: Seen,
    isMeant: (entry: RegistryEntry) => boolean,
    withdraw: (entry: RegistryEntry) => readonly RegistryEntry[],
  ): Promise<Withdrawn> {
    return this.#change({
      attempt: this.#begin(caller, action, reference),
      atOnce: AT_ONCE,
      find: () => this.#meant(reference, isSeen, isMeant),
      isMeant,
      endsRights: true,
      check: (held, entries) => this.#desk.checkManaged(held, entries),
      make: (_, entry) => withdraw(entry),
      concernsKeys: true,
    })
  }

  #change(order: LineageOrder): Promise<Withdrawn> {
    return new LineageChange(this.#desk, order).make()
  }

  #checkEdit(held: Granter, entries: readonly RegistryEntry[], edit: EntryEdit): void {
    const grants = this.#desk.grants()
    for (const member of entries.flatMap((entry) => this.#desk.members(entry))) {
      const after = { ...member, name: edit.name ?? member.name }
      const rights = {
        clearance: edit.clearance ?? member.rights.clearance,
        permissions: edit.permissions ?? member.rights.permissions,
      }
      throwRefusal(editProblem(held, grants.grantOf(member, member.rights), grants.grantOf(after, rights)))
      if (after.name !== member.name) this.#desk.checkName(held, after)
    }
  }

  #isInUse({ peer }: Caller, { group }: RegistryEntry): boolean {
    const own = [peer?.certificate?.fingerprint, peer?.renews]
    return this.#registry.byGroup(group).some(({ fingerprint }) => own.includes(fingerprint))
  }

  /** Whoever may not administer is not told what there is. */
  #begin(caller: Caller, action: string, reference: Meant): Attempt {
    const asked = typeof reference === 'string' ? reference : reference.allNamed
    this.#desk.permit('certificates', { caller, action, target: asked.toWellFormed().slice(0, 256) })
    const { entry } = this.#find(reference)
    return { caller, action, target: entry.group, name: entry.name }
  }

  /**
   * All that a reference means and that something can be done to, as they are in this transaction: what was renewed a moment ago is among
   * them. Where there is none, the one that is meant first, which says why not.
   */
  #meant(reference: Meant, isSeen: Seen, isMeant: (entry: RegistryEntry) => boolean): [RegistryEntry, ...RegistryEntry[]] {
    const { entry, others } = this.#find(reference)
    isSeen(entry)
    const [first = entry, ...more] = [entry, ...others].filter(isMeant)
    return [first, ...more]
  }

  #find(reference: Meant): Lineage {
    return typeof reference === 'string' ? this.#desk.find(reference) : this.#desk.findAll(reference.allNamed)
  }

  readonly #isOpen = (entry: RegistryEntry): boolean => !isEnded(entry, this.#desk.context.now())

  get #registry() {
    return this.#desk.context.store.registry
  }
}
