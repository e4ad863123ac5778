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

export interface CheckOptions {
  /** A hash that the audit log must contain. */
  readonly expectedHead?: string
  /** Also every page, index and reference, in one go: seconds in which the process does nothing else. Default true. */
  readonly pages?: boolean
}

/** Checks a store: its schema, the chain of its audit log (giving way between parts of it), its pages. Throws `store_corrupt` with the first problem. */
export async function checkConnection(connection: Connection, options: CheckOptions = {}): Promise<CheckedStore> {
  const schemaVersion = assertOurs(connection)
  if (schemaVersion === 0) throw corrupt(connection, 'it is empty')
  assertSchema(connection, schemaVersion)
  const chain = await new AuditLog(connection, Date.now).verify(options)
  if (!chain.ok) throw corrupt(connection, `audit entry ${chain.sequence}: ${chain.problem}`)
  if (options.pages !== false) checkPages(connection)
  const counts = connection.get('SELECT (SELECT count(*) FROM entry) AS entries, (SELECT count(*) FROM issuance) AS serials')
  return {
    schemaVersion,
    entries: counts?.entries as number,
    serials: counts?.serials as number,
    audit: { entries: chain.entries, head: chain.head },
  }
}

/** `quick_check` leaves out whether indexes and rows agree. Throws `store_corrupt`. */
export function checkPages(connection: Connection, check: 'integrity_check' | 'quick_check' = 'integrity_check'): void {
  const problem = connection.get(`PRAGMA ${check}(1)`)?.[check]
  if (problem !== 'ok') throw corrupt(connection, String(problem))
  if (connection.all('PRAGMA foreign_key_check').length > 0) throw corrupt(connection, 'a certificate belongs to no entry')
}

function corrupt(connection: Connection, reason: string): StoreError {
  return new StoreError('store_corrupt', `store ${connection.file} is damaged: ${reason}`)
}
