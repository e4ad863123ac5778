import type { Connection } from './connection.ts'
import { recordOf, SELECT_RECORD } from './entry-row.ts'
import { SELECT_TOMBSTONE, tombstoneOf } from './tombstone.ts'
import type { RegistryChange, RegistryChanges } from './types.ts'

/** Numbers the changes of the registry, and tells what changed since a number. */
export class RegistryVersions {
  readonly #connection: Connection
  readonly #now: () => number

  constructor(connection: Connection, now: () => number) {
    this.#connection = connection
    this.#now = now
  }

  /** `version` only counts within its `epoch`: a restore begins another one. */
  current(): { readonly epoch: string; readonly version: number } {
    const { epoch, version } = this.#row()
    return { epoch, version }
  }

  /** The next number; inside the transaction of its change. */
  next(): number {
    return this.#connection.get('UPDATE registry SET version = version + 1 RETURNING version')?.version as number
  }

  /** Puts it on record that an entry is gone, or revoked without ever having been one; inside the transaction that does it. */
  removed(fingerprint: string): void {
    this.#connection.run('INSERT INTO removal (version, fingerprint) VALUES (?, ?)', this.next(), fingerprint)
  }

  /**
   * Up to `limit` changes after `version`. null: that cannot be told (removals that old are forgotten, or the number was never given
   * here), and only a new base helps.
   */
  since(version: number, limit: number): RegistryChanges | null {
    return this.#connection.read(() => this.#since(version, Math.max(1, limit)))
  }

  /** As `since`, but for what is there alone: told however many removals were forgotten. null: the number was never given here. */
  putsSince(version: number, limit: number): RegistryChanges | null {
    return this.#connection.read(() => {
      const newest = this.#row().version
      if (version > newest) return null
      const changes = this.#puts(version, Math.max(1, limit))
      const more = changes.length >= limit
      return { changes, version: more ? (changes.at(-1)?.version ?? version) : newest, more }
    })
  }

  /** Forgets removals up to `version`: a base sealed at that version knows them. */
  forget(version: number): void {
    this.#connection.write(() => {
      const upTo = Math.min(version, this.#row().version)
      this.#connection.run('DELETE FROM removal WHERE version <= ?', upTo)
      this.#connection.run('UPDATE registry SET forgotten = max(forgotten, ?)', upTo)
    })
  }

  #since(version: number, limit: number): RegistryChanges | null {
    const { version: newest, forgotten } = this.#row()
    if (version < forgotten || version > newest) return null
    const puts = this.#puts(version, limit)
    const removals = this.#connection
      .all('SELECT version, fingerprint FROM removal WHERE version > ? ORDER BY version LIMIT ?', version, limit)
      .map((row) => this.#removal(row.version as number, row.fingerprint as string))
    const all = [...puts, ...removals].sort((a, b) => a.version - b.version)
    const more = all.length > limit || puts.length === limit || removals.length === limit
    const changes = all.slice(0, limit)
    return { changes, version: more ? (changes.at(-1)?.version ?? version) : newest, more }
  }

  #puts(version: number, limit: number): RegistryChange[] {
    return this.#connection
      .all(`${SELECT_RECORD} WHERE version > ? ORDER BY version LIMIT ?`, version, limit)
      .map((row) => ({ kind: 'put', version: row.version as number, record: recordOf(row) }))
  }

  /** Of a certificate whose chain would let it in again: that it is revoked. */
  #removal(version: number, fingerprint: string): RegistryChange {
    const left = this.#connection.get(SELECT_TOMBSTONE, this.#now(), fingerprint)
    return left === undefined ? { kind: 'remove', version, fingerprint } : { kind: 'put', version, record: tombstoneOf(left) }
  }

  #row() {
    const row = this.#connection.get('SELECT epoch, version, forgotten FROM registry')
    return { epoch: row?.epoch as string, version: row?.version as number, forgotten: row?.forgotten as number }
  }
}
