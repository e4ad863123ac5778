import type { Connection } from './connection.ts'

/** Of certificates that belong together, those that are in force. */
export interface LiveCount {
  readonly count: number
  /** Milliseconds since the epoch: when the newest of them was issued, and when the first of them ends. */
  readonly newest: number
  readonly firstEnd: number
}

/**
 * From a certificate up to where its renewals began, and from there down to all of them. What was removed on the way up is where they
 * begin: those that renewed it belong together still.
 */
const SELECT = `
WITH RECURSIVE
  above (fingerprint, predecessor) AS (
    SELECT fingerprint, predecessor FROM entry WHERE fingerprint = ?1
    UNION SELECT entry.fingerprint, entry.predecessor FROM above JOIN entry ON entry.fingerprint = above.predecessor),
  root (fingerprint) AS (
    SELECT coalesce(predecessor, fingerprint) FROM above
    WHERE predecessor IS NULL OR NOT EXISTS (SELECT 1 FROM entry WHERE entry.fingerprint = above.predecessor)),
  below (fingerprint) AS (
    SELECT fingerprint FROM root
    UNION SELECT entry.fingerprint FROM below JOIN entry ON entry.predecessor = below.fingerprint)
SELECT count(*) AS count, max(created_at) AS newest, min(not_after) AS first_end
FROM below JOIN entry USING (fingerprint)
WHERE origin = 'renewed' AND key_refusal IS NULL AND not_after >= ?2`

const SELECT_NAMED = `
SELECT count(*) AS count, max(created_at) AS newest, min(not_after) AS first_end
FROM entry WHERE name = ?1 AND key_refusal IS NULL AND not_after >= ?2`

/** Renewals of one certificate and of all that were renewed into one another with it. */
export const liveRenewals = (connection: Connection, fingerprint: string, now: number): LiveCount =>
  counted(connection, SELECT, fingerprint, now)

/** All of exactly this name. */
export const liveNamed = (connection: Connection, name: string, now: number): LiveCount => counted(connection, SELECT_NAMED, name, now)

function counted(connection: Connection, sql: string, of: string, now: number): LiveCount {
  const row = connection.get(sql, of, now)
  return { count: row?.count as number, newest: (row?.newest as number | null) ?? 0, firstEnd: (row?.first_end as number | null) ?? 0 }
}
