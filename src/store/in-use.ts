import { statSync } from 'node:fs'
import { Connection } from './connection.ts'
import { StoreError } from './failure.ts'

/**
 * Whether another process, or another part of this one, has a store open. Every connection in WAL mode holds a shared lock on the file
 * for as long as it lives, so an exclusive one cannot be had beside it. A file that is absent is not in use; nor is one that is no
 * database, which is nobody's store.
 */
export function isStoreInUse(file: string): boolean {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false
  let connection: Connection | null = null
  try {
    connection = new Connection(file, { busyTimeout: 0 })
    connection.exec('PRAGMA locking_mode = EXCLUSIVE')
    connection.exec('BEGIN EXCLUSIVE')
    connection.exec('ROLLBACK')
    return false
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store_corrupt') return false
    return true
  } finally {
    connection?.close()
  }
}
