import { ownRefusal } from './entry-state.ts'
import { entryRefused } from './failure.ts'
import type { IssuanceRecords } from './issuance-records.ts'
import type { RegistryView } from './registry-view.ts'
import type { RegistryEntry } from './types.ts'

/**
 * Throws `entry_refused` where removing an entry would let somebody in or keep somebody out. `leaving`: those that go with it.
 */
export function assertRemovable(
  member: RegistryEntry,
  leaving: readonly RegistryEntry[],
  registry: RegistryView,
  issuance: IssuanceRecords,
  now: number,
): void {
  const state = ownRefusal(member)
  const blocked = state !== null
  const left = registry
    .byPin(member.pin)
    .find(({ fingerprint, notAfter }) => notAfter >= now && !leaving.some((other) => other.fingerprint === fingerprint))
  const who = left === undefined ? '' : `"${left.name}" (${left.thumbprint})`
  if (blocked && member.notAfter >= now) {
    throw entryRefused(member, `is ${state}: without its entry it might be let in again`, 'it is purged once it has expired')
  }
  // Expired or not, its entry is what refuses that key.
  if (blocked && left !== undefined)
    throw entryRefused(member, `is ${state}: without its entry ${who}, which has the same key, would be let in`)
  if (left === undefined || member.notAfter < now || issuance.byFingerprint(member.fingerprint) === null) return
  const hint = 'revoke it to refuse both, or let it expire'
  throw entryRefused(member, `has the same key as ${who}, which would be refused with it`, hint)
}
