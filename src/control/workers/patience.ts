import type { Snapshot } from '../../ipc/messages.ts'

/** Milliseconds for each to be read and indexed: twice and more of what two workers were measured to take on two busy cores. */
const PER_SERIAL = 0.01
const PER_MAPPED = 0.03

/** Milliseconds. */
export interface ChangeDeadlines {
  /** From a change of trust to every worker's acknowledgement, large lists aside: later, one might still let a revoked certificate in. */
  readonly trust: number
  /** The same for each step of any other change. */
  readonly change: number
}

/**
 * How long each step of one change may take, in milliseconds. A change of trust has one deadline for all steps together, but
 * the last is never left less than a quarter of it: nobody is killed because another one was slow.
 */
export function patienceFor(snapshot: Snapshot, before: Snapshot | null, deadlines: ChangeDeadlines, trustChanged: boolean): () => number {
  const size = timeForSize(snapshot, before)
  if (!trustChanged) return () => deadlines.change + size
  const whole = deadlines.trust + size
  const end = performance.now() + whole
  return () => Math.max(end - performance.now(), whole / 4)
}

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
