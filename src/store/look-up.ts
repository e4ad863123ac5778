import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Connection } from './connection.ts'
import { recordOf, SELECT_RECORD } from './entry-row.ts'
import { entryState } from './entry-state.ts'
import { assertOurs, assertSchema } from './migrate.ts'
import { SELECT_TOMBSTONES_BY_PIN, tombstoneOf } from './tombstone.ts'
import type { EntryState, KeyRefusal, TrustedRecord } from './types.ts'

/** Milliseconds. */
const BUSY_TIMEOUT = 5_000

/**
 * All that decides about certificates with this public key, read without changing anything, whoever else has the store open; null: there
 * is no store yet. Throws as `openStore` does.
 */
export function lookUpKey(file: string, pin: string, now = Date.now()): TrustedRecord[] | null {
  return lookUp(file, (connection) => [
    ...connection.all(`${SELECT_RECORD} WHERE pin = ?`, pin).map(recordOf),
    ...connection.all(SELECT_TOMBSTONES_BY_PIN, now, pin).map(tombstoneOf),
  ])
}

/** What each certificate of this name is, read in the same way. */
export function lookUpStates(file: string, name: string, now = Date.now()): EntryState[] | null {
  return lookUp(file, (connection) =>
    connection
      .all('SELECT not_before, not_after, key_refusal FROM entry WHERE name = ?', name)
      .map(({ not_before, not_after, key_refusal }) =>
        entryState({ notBefore: not_before as number, notAfter: not_after as number, keyRefusal: key_refusal as KeyRefusal | null }, now),
      ),
  )
}

function lookUp<T>(file: string, read: (connection: Connection) => T): T | null {
  const path = resolve(file)
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null
  const connection = new Connection(path, { busyTimeout: BUSY_TIMEOUT, readOnly: true })
  try {
    const version = assertOurs(connection)
    if (version === 0) return null
    assertSchema(connection, version)
    return connection.read(() => read(connection))
  } finally {
    connection.close()
  }
}
