import { AuditLog } from './audit-log.ts'
import { Connection } from './connection.ts'
import { entryOf, recordOf, SELECT_ENTRY, SELECT_RECORD } from './entry-row.ts'
import { RegistryVersions } from './registry-changes.ts'
import { COUNT_TOMBSTONES, SELECT_TOMBSTONES, tombstoneOf } from './tombstone.ts'
import type { RegistryEntry, RegistryRecord, TrustedRecord } from './types.ts'

/**
 * The whole registry as it is at one moment, read through a connection of its own: changes go on meanwhile and are not seen.
 * Close it: while it is open, the write-ahead log cannot be emptied.
 */
export class RegistrySnapshot {
  readonly epoch: string
  readonly version: number
  /** The audit log at this moment. */
  readonly history: string
  /** How many records there are. */
  readonly size: number
  readonly #connection: Connection
  readonly #now: number

  constructor(file: string, busyTimeout: number, now: () => number) {
    this.#now = now()
    this.#connection = new Connection(file, { busyTimeout, readOnly: true })
    try {
      this.#connection.exec('BEGIN')
      const { epoch, version } = new RegistryVersions(this.#connection, now).current()
      this.epoch = epoch
      this.version = version
      this.history = new AuditLog(this.#connection, now).history()
      const left = this.#connection.get(COUNT_TOMBSTONES, this.#now)?.size as number
      this.size = (this.#connection.get('SELECT count(*) AS size FROM entry')?.size as number) + left
    } catch (error) {
      this.#connection.close()
      throw error
    }
  }

  /** Everything that decides: the entries one by one in the order they were added, then what was removed and must stay refused. */
  *records(): Generator<TrustedRecord, void, undefined> {
    yield* this.registered()
    for (const row of this.#connection.iterate(SELECT_TOMBSTONES, this.#now)) yield tombstoneOf(row)
  }

  /** The entries alone, without their certificates. */
  *registered(): Generator<RegistryRecord, void, undefined> {
    for (const row of this.#connection.iterate(`${SELECT_RECORD} ORDER BY entry.id`)) yield recordOf(row)
  }

  /** The entries with their certificates. */
  *entries(): Generator<RegistryEntry, void, undefined> {
    for (const row of this.#connection.iterate(`${SELECT_ENTRY} ORDER BY entry.id`)) yield entryOf(row)
  }

  close(): void {
    this.#connection.close()
  }
}
