import { Connection } from './connection.ts'
import { StoreError } from './failure.ts'
import { assertOurs, migrate } from './migrate.ts'

/**
 * Opens a store for writing, with its schema brought up to date. What a killed process left is taken up: what it had committed is
 * there, nothing else is. A file that is not ours is not touched.
 */
export function openConnection(file: string, busyTimeout: number, now: number): Connection {
  const connection = new Connection(file, { busyTimeout })
  try {
    assertOurs(connection)
    const mode = connection.get('PRAGMA journal_mode = WAL')?.journal_mode
    if (mode !== 'wal') {
      throw new StoreError('io_failed', `store ${file} cannot have a write-ahead log on this file system`, {
        hint: 'put it on a local disk',
      })
    }
    // FULL and fullfsync (macOS): a commit that was answered survives a power cut.
    for (const pragma of ['synchronous = FULL', 'fullfsync = ON', 'trusted_schema = OFF', 'cell_size_check = ON']) {
      connection.exec(`PRAGMA ${pragma}`)
    }
    // Never a file in /tmp: a confined service may not write there, and what is in the store belongs nowhere else.
    connection.exec('PRAGMA temp_store = MEMORY')
    // 64 MiB of pages: what is sorted by a hash is all over the file.
    connection.exec('PRAGMA cache_size = -65536')
    // 16 MiB of log before it is merged into the file: fewer pages are written twice.
    connection.exec('PRAGMA wal_autocheckpoint = 4096')
    // A log that once grew large, under a long snapshot, gives its room back.
    connection.exec('PRAGMA journal_size_limit = 67108864')
    migrate(connection, now)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
