import type { Connection, Row } from './connection.ts'
import { entryOf, SELECT_ENTRY } from './entry-row.ts'
import { EXPIRING_WITHIN, ownRefusal, STATE_CONDITIONS, USABLE_CONDITION } from './entry-state.ts'
import { type LiveCount, liveNamed, liveRenewals } from './lineage-size.ts'
import type { RegistryVersions } from './registry-changes.ts'
import { listEntries, plainHex } from './registry-list.ts'
import type { Clearance, EntryPage, EntryQuery, EntryState, RegistryChanges, RegistryEntry } from './types.ts'

/** As much of an entry as decides who may take it out of force. */
export type KeyBearer = Pick<RegistryEntry, 'clearance' | 'subjectDn'>

/** What can be asked of the registry. */
export class RegistryView {
  protected readonly connection: Connection
  protected readonly versions: RegistryVersions
  protected readonly now: () => number

  constructor(connection: Connection, versions: RegistryVersions, now: () => number) {
    this.connection = connection
    this.versions = versions
    this.now = now
  }

  /** By its SHA-256 in lower-case hex; null: not registered. */
  get(fingerprint: string): RegistryEntry | null {
    return this.#all('fingerprint = ?', fingerprint)[0] ?? null
  }

  /** By SHA-1, as people paste it. SHA-1 can collide, so there may be several: never decide by it. */
  byThumbprint(thumbprint: string): RegistryEntry[] {
    return this.#all('thumbprint = ?', plainHex(thumbprint).toUpperCase())
  }

  /** All that have this public key: what it says of one of them counts for each. */
  byPin(pin: string): RegistryEntry[] {
    return this.#all('pin = ?', pin)
  }

  /** Through which other entry its key is refused; null: it is not, or for what was said of this very entry. */
  refusedBy(entry: RegistryEntry): RegistryEntry | null {
    if (entry.keyRefusal === null || entry.keyRefusal === ownRefusal(entry)) return null
    return this.refusing(entry.pin)
  }

  /** The entry that refuses a key, a revoked one before one that is disabled; null: none does. */
  refusing(pin: string): RegistryEntry | null {
    // Both as the indexes have it, which hold nothing else.
    const [found = null] = this.#all('pin = ? AND revoked_at IS NOT NULL', pin, 1)
    return found ?? this.#all('pin = ? AND disabled = 1', pin, 1)[0] ?? null
  }

  /** Who has one of these keys, as far as it says how much they may do: whoever is not revoked and has not ended, each kind once. */
  bearers(pins: Iterable<string>, now = this.now()): KeyBearer[] {
    const sql = `SELECT DISTINCT clearance, subject_dn FROM entry WHERE pin = ? AND revoked_at IS NULL AND not_after >= ?`
    return [...new Set(pins)]
      .flatMap((pin) => this.connection.all(sql, pin, now))
      .map((row) => ({ clearance: row.clearance as Clearance, subjectDn: row.subject_dn as string }))
  }

  /** Others with one of these keys that would let somebody in but for the key: what is refused, or let in again, together with these. */
  sharing(entries: readonly RegistryEntry[], now = this.now()): RegistryEntry[] {
    const own = new Set(entries.map(({ fingerprint }) => fingerprint))
    const keys = new Set(entries.map(({ pin }) => pin))
    const alive = (other: RegistryEntry) => !own.has(other.fingerprint) && ownRefusal(other) === null && other.notAfter >= now
    return [...keys].flatMap((pin) => this.byPin(pin)).filter(alive)
  }

  /** All of exactly this name. */
  byName(name: string): RegistryEntry[] {
    return this.#all('name = ?', name)
  }

  /** The leaves of one PFX, or the one entry that is alone. */
  byGroup(group: string): RegistryEntry[] {
    const first = this.get(group)
    const others = this.followers(group)
    return first?.group === group ? [first, ...others] : others
  }

  /** The leaves of a PFX but the first. */
  protected followers(group: string): RegistryEntry[] {
    return this.#all('leaf_group = ? AND leaf_group <> fingerprint', group)
  }

  /** What renewed it. */
  renewalsOf(fingerprint: string): RegistryEntry[] {
    return this.#all('predecessor = ?', fingerprint)
  }

  /** How many renewals of its lineage are in force. */
  liveRenewals(fingerprint: string, now = this.now()): LiveCount {
    return liveRenewals(this.connection, fingerprint, now)
  }

  /** How many of exactly this name are in force. */
  liveNamed(name: string, now = this.now()): LiveCount {
    return liveNamed(this.connection, name, now)
  }

  list(query: EntryQuery = {}): EntryPage {
    return listEntries(this.connection, query, query.now ?? this.now())
  }

  /**
   * How many let somebody in at `now` with one of these clearances. Asked in `Store.write`, it keeps the last usable admin.
   */
  countUsable(clearances: readonly Clearance[], now = this.now()): number {
    const values = Object.fromEntries(clearances.map((clearance, index) => [`c${index}`, clearance]))
    const wanted = clearances.map((_, index) => `:c${index}`).join(', ')
    const sql = `SELECT count(*) AS total FROM entry WHERE ${USABLE_CONDITION} AND clearance IN (${wanted})`
    return this.connection.select(sql, { ...values, now })[0]?.total as number
  }

  /** How many there are in each state at `now`, in one pass over an index; milliseconds. */
  countByState(now = this.now(), expiringWithin = EXPIRING_WITHIN): ReadonlyMap<EntryState, number> {
    const states = Object.entries(STATE_CONDITIONS) as [EntryState, string][]
    const sums = states.map(([state, condition]) => `coalesce(sum(${condition}), 0) AS ${state}`).join(', ')
    const [row] = this.connection.select(`SELECT ${sums} FROM entry INDEXED BY entry_sorted_by_not_after`, {
      now,
      soon: now + expiringWithin,
    })
    return new Map(states.map(([state]) => [state, row?.[state] as number]))
  }

  /** `version` rises with every change, and counts only within its `epoch`: a restore begins another one. */
  current(): { readonly epoch: string; readonly version: number } {
    return this.versions.current()
  }

  /**
   * What changed after `version`, at most `limit` of it. null: it cannot be told, and a new base must be sealed. Times last seen are
   * no changes.
   */
  changesSince(version: number, limit = 10_000): RegistryChanges | null {
    return this.versions.since(version, limit)
  }

  /** The entries that came or changed after `version`, at most `limit`; nothing of those that went. null: there was never such a version. */
  putsSince(version: number, limit: number): RegistryChanges | null {
    return this.versions.putsSince(version, limit)
  }

  #all(condition: string, value: string, limit = -1): RegistryEntry[] {
    return this.connection.all(`${SELECT_ENTRY} WHERE ${condition} ORDER BY entry.id LIMIT ?`, value, limit).map((row: Row) => entryOf(row))
  }
}
