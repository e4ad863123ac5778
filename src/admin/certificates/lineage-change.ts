import { setImmediate } from 'node:timers/promises'
import type { Actor as Granter } from '../../policy/granting.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { entryOf } from '../permission.ts'
import type { Attempt, Desk } from './desk.ts'
import { type Lineage, relativesOf } from './lineage.ts'

/** Certificates of one transaction: some ten milliseconds, in which control answers nobody. */
const AT_ONCE = 250

/** What was taken out of force, or given back, and what is refused with it for having the same key. */
export interface Withdrawn extends Lineage {
  readonly alsoRefused: readonly RegistryEntry[]
}

export interface LineageOrder {
  readonly attempt: Attempt
  /** All that is meant, as it is in the transaction that this is called in, and at least one. */
  find(): readonly [RegistryEntry, ...RegistryEntry[]]
  isMeant(entry: RegistryEntry): boolean
  /** Does it to one, and returns all leaves that were imported with it, as they are then; throws where it cannot be done. */
  make(held: Granter, entry: RegistryEntry): readonly RegistryEntry[]
}

/**
 * Takes certificates out of force or gives them back: in one transaction, or, where somebody has thousands, in several with others' turns between them. Who may
 * do it to all of them is decided before the first. What is renewed meanwhile is taken too.
 */
export class LineageChange {
  readonly #desk: Desk
  readonly #order: LineageOrder
  /** As they are now. */
  readonly #done: RegistryEntry[] = []
  /** Every leaf of what was done, and the keys that this refuses. */
  readonly #leaves = new Set<string>()
  readonly #keys = new Set<string>()
  readonly #sharing: RegistryEntry[] = []

  constructor(desk: Desk, order: LineageOrder) {
    this.#desk = desk
    this.#order = order
  }

  /** Resolves once every worker knows of all. */
  async make(): Promise<Withdrawn> {
    const { attempt, find, isMeant } = this.#order
    const rest: RegistryEntry[] = []
    let began: Granter | undefined
    const first = this.#desk.decide(attempt, (held) => {
      began = held
      const meant = find()
      if (meant.length > AT_ONCE) {
        this.#desk.checkManaged(held, meant)
        this.#desk.checkAdminStays(meant)
      }
      this.#take(held, meant.slice(0, AT_ONCE))
      rest.push(...meant.slice(AT_ONCE))
      return meant[0]
    })
    for (let more = rest; more.length > 0; ) {
      // Whoever has one of the first is locked out already. What fails is told when the last one is awaited.
      this.#desk.context.published().catch(() => {})
      await setImmediate()
      const next = more.splice(0, AT_ONCE)
      // They are among those by now: what is left of it is done as it was decided, as nobody else could go on with it.
      const before = this.#tookCaller() ? began : undefined
      this.#desk.decide(attempt, (held) => this.#take(held, this.#stillMeant(next)), before)
      if (more.length === 0) more = relativesOf(this.#registry, first).filter(isMeant)
    }
    await this.#desk.published(attempt)
    return this.#told()
  }

  /** Whether the key that the caller came with is refused by what was done so far. */
  #tookCaller(): boolean {
    const { peer } = this.#order.attempt.caller
    const pin = peer === null ? undefined : (entryOf(this.#registry, peer)?.pin ?? peer.evidence?.leaf.pin)
    return pin !== undefined && this.#keys.has(pin)
  }

  #stillMeant(entries: readonly RegistryEntry[]): RegistryEntry[] {
    return entries.flatMap(({ fingerprint }) => this.#registry.get(fingerprint) ?? []).filter((entry) => this.#order.isMeant(entry))
  }

  #take(held: Granter, entries: readonly RegistryEntry[]): void {
    this.#desk.checkManaged(held, entries)
    const now = this.#desk.context.now()
    const made = this.#desk.keepingAdmin(() => entries.map((entry) => this.#order.make(held, entry)))
    for (const [at, leaves] of made.entries()) {
      const fresh = leaves.filter(({ pin }) => !this.#keys.has(pin))
      for (const leaf of leaves) {
        this.#leaves.add(leaf.fingerprint)
        this.#keys.add(leaf.pin)
      }
      this.#sharing.push(...this.#registry.sharing(fresh, now))
      this.#done.push(leaves.find(({ fingerprint }) => fingerprint === entries[at]?.fingerprint) as RegistryEntry)
    }
  }

  #told(): Withdrawn {
    const [entry, ...others] = this.#done
    const alsoRefused = this.#sharing.filter(({ fingerprint }) => !this.#leaves.has(fingerprint))
    return { entry: entry as RegistryEntry, others, alsoRefused }
  }

  get #registry() {
    return this.#desk.context.store.registry
  }
}
