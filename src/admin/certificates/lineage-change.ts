import { setImmediate } from 'node:timers/promises'
import type { Actor as Granter } from '../../policy/granting.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { entryOf } from '../permission.ts'
import type { Attempt, Desk } from './desk.ts'
import { type Lineage, relativesOf } from './lineage.ts'

/** What was taken out of force, or given back, and what is refused with it for having the same key. */
export interface Withdrawn extends Lineage {
  readonly alsoRefused: readonly RegistryEntry[]
}

export interface LineageOrder {
  readonly attempt: Attempt
  /** Certificates of one transaction: as many as take some ten milliseconds, in which control answers nobody. */
  readonly atOnce: number
  /** All that is meant, as it is in the transaction that this is called in, and at least one. */
  find(): readonly [RegistryEntry, ...RegistryEntry[]]
  isMeant(entry: RegistryEntry): boolean
  /** Whether nobody of them is an administrator any more after it. */
  readonly endsRights: boolean
  /** Throws where somebody may not do it to these. */
  check(held: Granter, entries: readonly RegistryEntry[]): void
  /** Does it to one, and returns all leaves that were imported with it, as they are then; throws where it cannot be done. */
  make(held: Granter, entry: RegistryEntry): readonly RegistryEntry[]
  /** Whether others with the same keys are refused, or let in again, with them: they are told then. */
  readonly concernsKeys: boolean
}

/**
 * Changes certificates that belong together: in one transaction, or, where somebody has thousands, in several with others' turns between them. Who may
 * do it to all of them is decided before the first. What is renewed meanwhile is taken too.
 */
export class LineageChange {
  readonly #desk: Desk
  readonly #order: LineageOrder
  /** As they are now. */
  readonly #done: RegistryEntry[] = []
  /** Every leaf of what was done, and their keys. */
  readonly #leaves = new Set<string>()
  readonly #keys = new Set<string>()
  readonly #sharing: RegistryEntry[] = []

  constructor(desk: Desk, order: LineageOrder) {
    this.#desk = desk
    this.#order = order
  }

  /** Resolves once every worker knows of all. */
  async make(): Promise<Withdrawn> {
    const { attempt, atOnce, find } = this.#order
    const { meant, held } = this.#desk.decide(attempt, (held) => {
      const meant = find()
      if (meant.length <= atOnce) this.#take(held, meant)
      return { meant, held }
    })
    if (meant.length > atOnce) await this.#inParts(meant, held)
    await this.#desk.published(attempt)
    return this.#told(meant[0])
  }

  /** `began`: what the caller held when it was found what is meant. */
  async #inParts(meant: readonly [RegistryEntry, ...RegistryEntry[]], began: Granter): Promise<void> {
    const { attempt, atOnce, check, isMeant, endsRights } = this.#order
    for (let at = 0; at < meant.length; at += atOnce) {
      this.#desk.decide(attempt, (held) => check(held, meant.slice(at, at + atOnce)))
      await setImmediate()
    }
    if (endsRights) this.#desk.decide(attempt, () => this.#desk.checkAdminStays(meant))
    for (let more = [...meant]; more.length > 0; ) {
      const next = more.splice(0, atOnce)
      // They are among those by now: what is left of it is done as it was decided, as nobody else could go on with it.
      const before = this.#tookCaller() ? began : undefined
      this.#desk.decide(attempt, (held) => this.#take(held, this.#stillMeant(next)), before)
      // Whoever has one of the first is locked out already. What fails is told when the last one is awaited.
      this.#desk.context.published().catch(() => {})
      await setImmediate()
      const isLeft = (entry: RegistryEntry) => isMeant(entry) && !this.#leaves.has(entry.fingerprint)
      if (more.length === 0) more = relativesOf(this.#registry, meant[0]).filter(isLeft)
    }
  }

  /** Whether it was done to the key that the caller came with. */
  #tookCaller(): boolean {
    const { peer } = this.#order.attempt.caller
    const pin = peer === null ? undefined : (entryOf(this.#registry, peer)?.pin ?? peer.evidence?.leaf.pin)
    return pin !== undefined && this.#keys.has(pin)
  }

  #stillMeant(entries: readonly RegistryEntry[]): RegistryEntry[] {
    return entries.flatMap(({ fingerprint }) => this.#registry.get(fingerprint) ?? []).filter((entry) => this.#order.isMeant(entry))
  }

  #take(held: Granter, entries: readonly RegistryEntry[]): void {
    this.#order.check(held, entries)
    const now = this.#desk.context.now()
    const made = this.#desk.keepingAdmin(() => entries.map((entry) => this.#order.make(held, entry)))
    for (const [at, leaves] of made.entries()) {
      const fresh = leaves.filter(({ pin }) => !this.#keys.has(pin))
      for (const leaf of leaves) {
        this.#leaves.add(leaf.fingerprint)
        this.#keys.add(leaf.pin)
      }
      if (this.#order.concernsKeys) this.#sharing.push(...this.#registry.sharing(fresh, now))
      this.#done.push(leaves.find(({ fingerprint }) => fingerprint === entries[at]?.fingerprint) as RegistryEntry)
    }
  }

  /** `first`: told where somebody else has done it to all of them meanwhile. */
  #told(first: RegistryEntry): Withdrawn {
    const [entry = this.#registry.get(first.fingerprint) ?? first, ...others] = this.#done
    const alsoRefused = this.#sharing.filter(({ fingerprint }) => !this.#leaves.has(fingerprint))
    return { entry, others, alsoRefused }
  }

  get #registry() {
    return this.#desk.context.store.registry
  }
}
