import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { backup } from 'node:sqlite'
import { AuditLog, RESTORED } from './audit-log.ts'
import { type CheckedStore, type CheckOptions, checkConnection } from './check.ts'
import { Connection } from './connection.ts'
import { storeFailure } from './failure.ts'
import { openConnection } from './open-connection.ts'
import { assertAbsent, ensureFile, giveName, removeUnfinished } from './store-file.ts'
import type { Actor } from './types.ts'

/** Pages copied at once; between two such steps the store can be written. */
const PAGES = 1000

/** Milliseconds; nobody else works on the copy, but somebody may look at the backup. */
const BUSY_TIMEOUT = 5000

/** Copies an open store into a file that did not exist, as one file without a log beside it. Only a copy with a sound audit log gets the name. */
export async function backupStore(source: Connection, to: string): Promise<CheckedStore> {
  return under(to, async (partial) => {
    await copy(source.file, partial)
    const target = new Connection(partial, { busyTimeout: BUSY_TIMEOUT })
    try {
      // As one file it can be moved, and read from where nothing can be written.
      target.exec('PRAGMA journal_mode = DELETE')
      // Its pages are those of the store; this process has other things to do than to read them all at once: checkBackup does.
      return await checkConnection(target, { pages: false })
    } finally {
      target.close()
    }
  })
}

/** What a backup holds; throws as `openStore` does, and `store_corrupt` where anything in it is not as it was written. */
export async function checkBackup(file: string, options: CheckOptions = {}): Promise<CheckedStore> {
  const connection = new Connection(resolve(file), { busyTimeout: BUSY_TIMEOUT, readOnly: true })
  try {
    return await checkConnection(connection, options)
  } finally {
    connection.close()
  }
}

export interface RestoreStoreOptions {
  /** The epoch of what it takes the place of; null: nobody knows of any. */
  readonly replaces?: string | null
  readonly now?: () => number
}

/**
 * Makes a store of a backup, where none is; the restore is its newest audit entry. It gets an epoch of its own: what was sealed of the
 * store that it replaces, at whatever version, counts for nothing. The entry names the epoch that it replaces: whoever knows that one goes on
 * with this, and never back.
 */
export async function restoreStore(
  from: string,
  file: string,
  actor: Actor,
  { replaces = null, now = Date.now }: RestoreStoreOptions = {},
): Promise<CheckedStore> {
  return under(resolve(file), async (partial) => {
    const source = new Connection(resolve(from), { busyTimeout: BUSY_TIMEOUT, readOnly: true })
    try {
      const checked = await checkConnection(source)
      await copy(source.file, partial)
      const target = openConnection(partial, BUSY_TIMEOUT, now())
      try {
        target.write(() => {
          target.run('UPDATE registry SET epoch = ?', randomUUID())
          const details = { head: checked.audit.head, ...(replaces !== null && { replaces }) }
          new AuditLog(target, now).append({ action: RESTORED, target: resolve(from), details }, actor)
        })
        return await checkConnection(target)
      } finally {
        target.close()
      }
    } finally {
      source.close()
    }
  })
}

/** Has a file made beside its place and puts it there when it is whole; otherwise nothing is left. */
async function under(file: string, make: (partial: string) => Promise<CheckedStore>): Promise<CheckedStore> {
  assertAbsent(file)
  const partial = `${file}.${randomUUID()}.partial`
  try {
    ensureFile(partial)
    const checked = await make(partial)
    giveName(partial, file)
    return checked
  } catch (error) {
    throw storeFailure(error, file)
  } finally {
    removeUnfinished(partial)
  }
}

/**
 * Copies what `file` holds now. By a connection of its own, in one read transaction: what others write meanwhile is neither seen nor makes it
 * begin again, and node:sqlite takes the error of whatever else is done with a connection for one of the backup.
 */
async function copy(file: string, to: string): Promise<void> {
  const source = new Connection(file, { busyTimeout: BUSY_TIMEOUT, readOnly: true })
  try {
    source.exec('BEGIN')
    source.get('SELECT count(*) FROM sqlite_schema')
    await backup(source.database, to, { rate: PAGES })
  } catch (error) {
    throw storeFailure(error, to)
  } finally {
    source.close()
  }
}
