import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Actor, NewEntry } from '../../src/store/types.ts'
import { temporaryFolder } from './authority.ts'

export const CLI: Actor = { name: 'cli', fingerprint: null }

export const DAY = 24 * 60 * 60 * 1000

/** The moment at which the clock of a store made here stands. */
export const START = Date.UTC(2026, 0, 1)

/** A clock that moves when it is told to. */
export interface Clock {
  now: number
}

export interface TemporaryStore {
  readonly store: Store
  readonly file: string
  readonly folder: string
  readonly clock: Clock
}

/** A store in a folder of its own, closed and removed after the test. */
export function temporaryStore(t: { after(callback: () => void): void }, options: { readonly busyTimeout?: number } = {}): TemporaryStore {
  const { path: folder, remove } = temporaryFolder()
  const file = join(folder, 'certgate.db')
  const clock: Clock = { now: START }
  const store = openStore(file, { ...options, now: () => clock.now })
  t.after(() => {
    store.close()
    remove()
  })
  return { store, file, folder, clock }
}

/** An entry unlike any other, valid for a year from START; the store never looks into the DER. */
export function newEntry(given: Partial<NewEntry> = {}): NewEntry {
  const name = given.name ?? `client-${randomBytes(4).toString('hex')}`
  return {
    der: randomBytes(600),
    name,
    subjectDn: `CN=${name},O=Acme`,
    issuerDn: 'CN=issuing,O=Acme',
    serial: randomBytes(16).toString('hex').toUpperCase(),
    pin: randomBytes(32).toString('hex'),
    issuerKey: null,
    sans: [],
    notBefore: START - DAY,
    notAfter: START + 365 * DAY,
    clearance: 'ValidUser',
    permissions: new Map(),
    origin: 'trusted',
    ...given,
  }
}
