import { AuditLog } from './audit-log.ts'
import type { Connection } from './connection.ts'
import { StoreError } from './failure.ts'
import { assertOurs, assertSchema } from './migrate.ts'

/** What a store holds that was found to be whole. */
export interface CheckedStore {
  readonly schemaVersion: number
  readonly entries: number
  readonly serials: number
  readonly audit: { readonly entries: number; readonly head: string }
}

/**
 * Reads a store wholly: pages, indexes, references, and the chain of the audit log. Throws `store_corrupt` with the first problem.
 * Gives way between parts of the log only; the pages are read in one go.
 */
export async function checkConnection(connection: Connection, options: { readonly expectedHead?: string } = {}): Promise<CheckedStore> {
  const schemaVersion = assertOurs(connection)
  if (schemaVersion === 0) throw corrupt(connection, 'it is empty')
  assertSchema(connection, schemaVersion)
  const chain = await new AuditLog(connection, Date.now).verify(options)
  if (!chain.ok) throw corrupt(connection, `audit entry ${chain.sequence}: ${chain.problem}`)
  const problem = connection.get('PRAGMA integrity_check(1)')?.integrity_check
  if (problem !== 'ok') throw corrupt(connection, String(problem))
  if (connection.all('PRAGMA foreign_key_check').length > 0) throw corrupt(connection, 'a certificate belongs to no entry')
  const counts = connection.get('SELECT (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM issuance) AS serials')
  return {
    schemaVersion,
    entries: counts?.entries as number,
    serials: counts?.serials as number,
    audit: { entries: chain.entries, head: chain.head },
  }
}

function corrupt(connection: Connection, reason: string): StoreError {
  return new StoreError('store_corrupt', `store ${connection.file} is damaged: ${reason}`)
}
