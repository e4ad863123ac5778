import { randomBytes, X509Certificate } from 'node:crypto'
import type { Snapshot } from '../../ipc/messages.ts'
import type { ListenerMaterial } from '../../tls/types.ts'
import { trustDigest } from '../loading/digest.ts'

const length = 48
const longestLife = 300_000

interface Held {
  readonly trust: string
  readonly keys: Uint8Array
  readonly madeAt: number
}

/**
 * The session ticket keys of each listener, the same in all workers. They are kept while the trust of their listener is unchanged,
 * and for at most 300 s: a ticket must not outlive what its chain was judged by.
 */
export class TicketKeyring {
  #held = new Map<string, Held>()

  /** The same snapshot with the keys that belong to it: those in use where the trust is unchanged, new ones elsewhere. */
  fit(snapshot: Snapshot, now = Date.now()): Snapshot {
    const listeners = new Map<string, ListenerMaterial>()
    for (const [name, material] of snapshot.listeners) {
      const settings = snapshot.settings.listeners.get(name)
      if (settings === undefined) continue
      const trust = trustDigest(settings, material)
      const before = this.#held.get(name)
      const keep = before !== undefined && before.trust === trust && now - before.madeAt < longestLife
      listeners.set(name, { ...material, ticketKeys: keep ? before.keys : freshKeys() })
    }
    return { ...snapshot, listeners }
  }

  /** The same snapshot with new keys for every listener. */
  renew(snapshot: Snapshot): Snapshot {
    const listeners = [...snapshot.listeners].map(([name, material]) => [name, { ...material, ticketKeys: freshKeys() }] as const)
    return { ...snapshot, listeners: new Map(listeners) }
  }

  /** From now on the keys of this snapshot are the ones in use: to be called once the workers have it. */
  adopt(snapshot: Snapshot, now = Date.now()): void {
    const held = new Map<string, Held>()
    for (const [name, material] of snapshot.listeners) {
      const settings = snapshot.settings.listeners.get(name)
      if (settings === undefined) continue
      const before = this.#held.get(name)
      const madeAt = before !== undefined && before.keys === material.ticketKeys ? before.madeAt : now
      held.set(name, { trust: trustDigest(settings, material), keys: material.ticketKeys, madeAt })
    }
    this.#held = held
  }

  /** Whether the trust of some listener differs between what is in use and this snapshot. One that is new has none to change. */
  changesTrust(snapshot: Snapshot): boolean {
    for (const [name, material] of snapshot.listeners) {
      const settings = snapshot.settings.listeners.get(name)
      const before = this.#held.get(name)
      if (settings !== undefined && before !== undefined && before.trust !== trustDigest(settings, material)) return true
    }
    return false
  }
}

/** When the keys of a snapshot in use must be replaced though nothing was changed, as milliseconds since the epoch. */
export function rotationDue(snapshot: Snapshot, now = Date.now()): number {
  let due = now + longestLife
  const consider = (moment: number) => {
    if (moment > now && moment < due) due = moment
  }
  for (const material of snapshot.listeners.values()) {
    for (const trust of [material, ...material.names.values()]) {
      for (const pem of trust.clientCa) consider(Date.parse(new X509Certificate(pem).validTo))
      if (trust.crl.validate) for (const list of trust.crl.lists) consider(list.nextUpdate)
    }
  }
  return due
}

const freshKeys = (): Uint8Array => new Uint8Array(randomBytes(length))
