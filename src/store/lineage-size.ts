import type { Connection } from './connection.ts'

/** Renewals that are in force, of one certificate and of all that were renewed into one another with it. */
export interface LiveRenewals {
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

export function liveRenewals(connection: Connection, fingerprint: string, now: number): LiveRenewals {
  const row = connection.get(SELECT, fingerprint, now)
  return { count: row?.count as number, newest: (row?.newest as number | null) ?? 0, firstEnd: (row?.first_end as number | null) ?? 0 }
}
