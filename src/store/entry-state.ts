import type { EntryState, KeyRefusal, RegistryEntry } from './types.ts'

const DAY = 24 * 60 * 60 * 1000

/**
 * Threshold of `expiring` where none is configured, in milliseconds: RavenDB's 14 days. Of what lives less than three times as long it is
 * the last third of its life, in which it should have been renewed: a certificate of a day would else be expiring from its first second.
 */
export const EXPIRING_WITHIN = 14 * DAY

/**
 * What an entry is at `now` (milliseconds since the epoch), by its own word or that of another entry with its key. What was decided by people
 * goes before what time does: a revoked one stays `revoked` after it expired. Its last millisecond is still valid (RFC 5280, section
 * 4.1.2.5: notAfter is inclusive). One that is not yet valid counts as `valid` here: `isUsable` tells.
 */
export function entryState(
  entry: Pick<RegistryEntry, 'notBefore' | 'notAfter' | 'keyRefusal'>,
  now: number,
  expiringWithin = EXPIRING_WITHIN,
): EntryState {
  if (entry.keyRefusal !== null) return entry.keyRefusal
  if (now > entry.notAfter) return 'expired'
  const left = entry.notAfter - now
  return left < expiringWithin && LAST_PART * left < entry.notAfter - entry.notBefore ? 'expiring' : 'valid'
}

const LAST_PART = 3

/** What was said of this very entry; null: nothing. */
export function ownRefusal(entry: Pick<RegistryEntry, 'disabled' | 'revoked'>): KeyRefusal | null {
  if (entry.revoked !== null) return 'revoked'
  return entry.disabled ? 'disabled' : null
}

/** Whether it lets anybody in at `now`. */
export function isUsable(entry: Pick<RegistryEntry, 'notBefore' | 'notAfter' | 'keyRefusal'>, now: number): boolean {
  return entry.keyRefusal === null && entry.notBefore <= now && now <= entry.notAfter
}

/** `entryState` as a condition on the table `entry`; :now and :soon (now and the threshold after it) are its parameters. */
export const STATE_CONDITIONS: Readonly<Record<EntryState, string>> = {
  revoked: "key_refusal IS 'revoked'",
  disabled: "key_refusal IS 'disabled'",
  expired: '(key_refusal IS NULL AND not_after < :now)',
  expiring: `(key_refusal IS NULL AND not_after >= :now AND not_after < :soon AND ${inLastPart(1)})`,
  valid: `(key_refusal IS NULL AND not_after >= :now AND (not_after >= :soon OR ${inLastPart(0)}))`,
}

/** CASE, because no index has both dates: only of the few that end soon the row itself is read. */
function inLastPart(wanted: 0 | 1): string {
  const isIn = `${LAST_PART} * (not_after - :now) < not_after - not_before`
  return `CASE WHEN not_after < :soon THEN (${isIn}) = ${wanted} ELSE 0 END`
}

/** `isUsable` as a condition; :now is its parameter. */
export const USABLE_CONDITION = '(key_refusal IS NULL AND not_before <= :now AND not_after >= :now)'
