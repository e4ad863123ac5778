import { Connection } from './connection.ts'
import { entryOf, recordOf, SELECT_ENTRY, SELECT_RECORD } from './entry-row.ts'
import { RegistryVersions } from './registry-changes.ts'
import type { RegistryEntry, RegistryRecord } from './types.ts'

/**
 * The whole registry as it is at one moment, read through a connection of its own: changes go on meanwhile and are not seen.
 * Close it: while it is open, the write-ahead log cannot be emptied.
 */
export class RegistrySnapshot {
  readonly epoch: string
  readonly version: number
  /** How many entries there are. */
  readonly size: number
  readonly #connection: Connection

  constructor(file: string, busyTimeout: number) {
    this.#connection = new Connection(file, { busyTimeout, readOnly: true })
    try {
      this.#connection.exec('BEGIN')
      const { epoch, version } = new RegistryVersions(this.#connection).current()
      this.epoch = epoch
      this.version = version
      this.size = this.#connection.get('SELECT count(*) AS size FROM entry')?.size as number
    } catch (error) {
      this.#connection.close()
      throw error
    }
  }

  /** Everything but the certificates themselves, one by one in the order they were added. */
  *records(): Generator<RegistryRecord, void, undefined> {
    for (const row of this.#connection.iterate(`${SELECT_RECORD} ORDER BY entry.id`)) yield recordOf(row)
  }

  /** The same with the certificates. */
  *entries(): Generator<RegistryEntry, void, undefined> {
    for (const row of this.#connection.iterate(`${SELECT_ENTRY} ORDER BY entry.id`)) yield entryOf(row)
  }

  close(): void {
    this.#connection.close()
  }
}
