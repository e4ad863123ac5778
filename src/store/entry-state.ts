import type { EntryState, RegistryEntry } from './types.ts'

const DAY = 24 * 60 * 60 * 1000

/** Threshold of `expiring` where none is configured, in milliseconds: RavenDB's 14 days. */
export const EXPIRING_WITHIN = 14 * DAY

/**
 * What an entry is at `now` (milliseconds since the epoch). What was decided by people goes before what time does: a revoked one stays
 * `revoked` after it expired. Its last millisecond is still valid (RFC 5280, section 4.1.2.5: notAfter is inclusive).
 * One that is not yet valid counts as `valid` here: `isUsable` tells.
 */
export function entryState(
  entry: Pick<RegistryEntry, 'notAfter' | 'disabled' | 'revoked'>,
  now: number,
  expiringWithin = EXPIRING_WITHIN,
): EntryState {
  if (entry.revoked !== null) return 'revoked'
  if (entry.disabled) return 'disabled'
  if (now > entry.notAfter) return 'expired'
  return entry.notAfter - now < expiringWithin ? 'expiring' : 'valid'
}

/** Whether it lets anybody in at `now`. */
export function isUsable(entry: Pick<RegistryEntry, 'notBefore' | 'notAfter' | 'disabled' | 'revoked'>, now: number): boolean {
  return entry.revoked === null && !entry.disabled && entry.notBefore <= now && now <= entry.notAfter
}

/** `entryState` as a condition on the table `entry`; :now and :soon (now and the threshold after it) are its parameters. */
export const STATE_CONDITIONS: Readonly<Record<EntryState, string>> = {
  revoked: 'revoked_at IS NOT NULL',
  disabled: '(revoked_at IS NULL AND disabled = 1)',
  expired: '(revoked_at IS NULL AND disabled = 0 AND not_after < :now)',
  expiring: '(revoked_at IS NULL AND disabled = 0 AND not_after >= :now AND not_after < :soon)',
  valid: '(revoked_at IS NULL AND disabled = 0 AND not_after >= :now AND not_after >= :soon)',
}

/** `isUsable` as a condition; :now is its parameter. */
export const USABLE_CONDITION = '(revoked_at IS NULL AND disabled = 0 AND not_before <= :now AND not_after >= :now)'
