import type { Store } from '../store/store.ts'
import type { AuthorityService } from './authority-service.ts'

/** What the gateway shows, trusts and checks by; times in milliseconds since the epoch. */
export interface ExpiryInventory {
  readonly certificates: readonly {
    readonly kind: 'server' | 'ca'
    readonly name: string
    readonly subject: string
    readonly notAfter: number
  }[]
  readonly crls: readonly { readonly issuer: string; readonly thisUpdate: number; readonly nextUpdate: number }[]
}

/** One thing that ends soon, or has ended. */
export interface Expiring {
  readonly kind: 'server' | 'ca' | 'crl'
  /** Where it is used: a listener, an SNI name, the authority, or a file. */
  readonly name: string
  readonly subject: string
  readonly notAfter: number
  readonly expired: boolean
}

export interface ExpiringClients {
  readonly total: number
  /** The first to end. */
  readonly first: readonly { readonly name: string; readonly fingerprint: string; readonly notAfter: number }[]
}

export interface ExpiryReport {
  readonly own: readonly Expiring[]
  /** Registered client certificates within the threshold; those that have ended are no longer told of. */
  readonly clients: ExpiringClients
}

const FIRST = 5

/** Everything that ends within so many milliseconds, the first to end first. `store` null: there is no registry. */
export function expiring(store: Store | null, inventory: ExpiryInventory, now: number, within: number): ExpiryReport {
  const own = new Map<string, Expiring>()
  const add = (kind: Expiring['kind'], name: string, subject: string, notAfter: number, threshold = within) => {
    // What several listeners use is one thing.
    const key = `${kind}\0${subject}\0${notAfter}`
    if (notAfter - now < threshold && !own.has(key)) own.set(key, { kind, name, subject, notAfter, expired: notAfter < now })
  }
  for (const { kind, name, subject, notAfter } of inventory.certificates) add(kind, name, subject, notAfter)
  for (const { issuer, thisUpdate, nextUpdate } of inventory.crls) {
    // Most are good for days only: late is what has used up three quarters.
    add('crl', issuer, issuer, nextUpdate, Math.min(within, (nextUpdate - thisUpdate) / 4))
  }
  return { own: [...own.values()].sort((a, b) => a.notAfter - b.notAfter), clients: expiringClients(store, now, within) }
}

function expiringClients(store: Store | null, now: number, within: number): ExpiringClients {
  if (store === null) return { total: 0, first: [] }
  const query = { state: 'expiring', sort: 'notAfter', now, expiringWithin: within, limit: FIRST } as const
  const { entries, total } = store.registry.list(query)
  return { total, first: entries.map(({ name, fingerprint, notAfter }) => ({ name, fingerprint, notAfter })) }
}

/** What an authority of ours adds: its CAs and the lists that it signs. */
export function withAuthority(inventory: ExpiryInventory, service: AuthorityService): ExpiryInventory {
  const { issuing, issuers } = service.authority()
  // One that was replaced ends as it was meant to.
  const signing = issuers.filter((issuer) => issuer === issuing)
  return {
    certificates: [
      ...inventory.certificates,
      ...signing.map(({ facts }) => ({ kind: 'ca' as const, name: 'authority', subject: facts.dn, notAfter: facts.notAfter })),
    ],
    crls: [...inventory.crls, ...service.crls],
  }
}
