import type { Row } from './connection.ts'
import { revokedOf } from './entry-row.ts'
import type { TrustedRecord } from './types.ts'

/**
 * What a CA of ours issued, is revoked, and is in no registry: without a word from the registry its chain would let it in again. `?1`:
 * milliseconds since the epoch, at which it has not expired.
 */
const LIVE = `pin IS NOT NULL AND revoked_at IS NOT NULL AND not_after >= ?1
  AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.fingerprint = issuance.fingerprint)`

const COLUMNS = 'fingerprint, pin, subject_dn, issued_at, not_after, revoked_at, revoked_reason'

export const SELECT_TOMBSTONES = `SELECT ${COLUMNS} FROM issuance WHERE ${LIVE}`

/** Followed by nothing; `?2`: the public key. */
export const SELECT_TOMBSTONES_BY_PIN = `${SELECT_TOMBSTONES} AND pin = ?2`

/** `?2`: the fingerprint. */
export const SELECT_TOMBSTONE = `${SELECT_TOMBSTONES} AND fingerprint = ?2`

export const COUNT_TOMBSTONES = `SELECT count(*) AS size FROM issuance WHERE ${LIVE}`

/** A revoked entry without rights, under the name that it can still be told by. */
export function tombstoneOf(row: Row): TrustedRecord {
  return {
    fingerprint: row.fingerprint as string,
    pin: row.pin as string,
    name: row.subject_dn as string,
    subjectDn: row.subject_dn as string,
    sans: [],
    notBefore: Math.min(row.issued_at as number, row.not_after as number),
    notAfter: row.not_after as number,
    issuerKey: null,
    disabled: false,
    revoked: revokedOf(row),
    clearance: 'ValidUser',
    permissions: NO_PERMISSIONS,
  }
}

const NO_PERMISSIONS: TrustedRecord['permissions'] = new Map()
