import type { Snapshot } from '../ipc/messages.ts'

/** Milliseconds for each to be read and indexed: twice and more of what two workers were measured to take on two busy cores. */
const PER_SERIAL = 0.01
const PER_MAPPED = 0.03

/**
 * Milliseconds to add to the time that a healthy worker has for taking up a snapshot, for the many values in it: revocation lists,
 * which are always sent, and mapping and users where they are not those of `before`. Few have any to speak of.
 */
export function timeForSize(snapshot: Snapshot, before: Snapshot | null): number {
  let serialCount = 0
  let mapped = 0
  for (const listener of snapshot.listeners.values()) {
    for (const { crl } of [listener, ...listener.names.values()]) for (const { serials } of crl.lists) serialCount += serials.size
  }
  if (snapshot.mapping !== before?.mapping) {
    for (const { users, backendRoles, andBackendRoles, hosts } of snapshot.mapping.entries) {
      mapped += users.length + backendRoles.length + andBackendRoles.length + hosts.length
    }
  }
  if (snapshot.users !== before?.users) mapped += snapshot.users.length
  return serialCount * PER_SERIAL + mapped * PER_MAPPED
}
