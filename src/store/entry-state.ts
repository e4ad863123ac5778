import type { EntryState, KeyRefusal, RegistryEntry } from './types.ts'

const DAY = 24 * 60 * 60 * 1000

/** Threshold of `expiring` where none is configured, in milliseconds: RavenDB's 14 days. */
export const EXPIRING_WITHIN = 14 * DAY

/**
 * What an entry is at `now` (milliseconds since the epoch), by its own word or that of another entry with its key. What was decided by people
 * goes before what time does: a revoked one stays `revoked` after it expired. Its last millisecond is still valid (RFC 5280, section
 * 4.1.2.5: notAfter is inclusive). One that is not yet valid counts as `valid` here: `isUsable` tells.
 */
export function entryState(
  entry: Pick<RegistryEntry, 'notAfter' | 'keyRefusal'>,
  now: number,
  expiringWithin = EXPIRING_WITHIN,
): EntryState {
  if (entry.keyRefusal !== null) return entry.keyRefusal
  if (now > entry.notAfter) return 'expired'
  return entry.notAfter - now < expiringWithin ? 'expiring' : 'valid'
}

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
  expiring: '(key_refusal IS NULL AND not_after >= :now AND not_after < :soon)',
  valid: '(key_refusal IS NULL AND not_after >= :now AND not_after >= :soon)',
}

/** `isUsable` as a condition; :now is its parameter. */
export const USABLE_CONDITION = '(key_refusal IS NULL AND not_before <= :now AND not_after >= :now)'
