import { profileOf } from '../../certificates/profile.ts'
import type { RegistryEntry } from '../../store/types.ts'

const DAY = 86_400_000

/** Milliseconds that a certificate was made for, as far as we would make one: its renewal lasts as long, however short that was meant to be. */
export function lifeOf({ origin, notBefore, notAfter, createdAt }: RegistryEntry): number {
  // Of our own, notBefore is a little before the life began.
  const start = origin === 'trusted' ? notBefore : Math.floor(createdAt / 1000) * 1000
  return Math.min(notAfter - start, profileOf('client').maxDays * DAY)
}
