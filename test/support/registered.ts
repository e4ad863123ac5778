import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readCertificate } from '../../src/identity/certificate.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { NewEntry } from '../../src/store/types.ts'
import type { Issued } from './authority.ts'
import type { Lifetime } from './lifetime.ts'
import { publicKeyOf, recordOf } from './registry.ts'

/** A real certificate as it is put into a store. `issuer`: the CA that signed it; null: nobody's that is known. */
export function entryOf(issued: Issued, issuer: Issued | null, changes: Partial<NewEntry> = {}): NewEntry {
  const { subjectDn, sans, pin, notBefore, notAfter, issuerKey } = recordOf(issued, issuer)
  const { issuerDn, serial } = readCertificate(issued.der)
  return {
    der: issued.der,
    name: subjectDn,
    subjectDn,
    issuerDn,
    serial,
    pin,
    issuerKey,
    sans,
    notBefore,
    notAfter,
    clearance: 'ValidUser',
    permissions: new Map(),
    origin: 'trusted',
    ...changes,
  }
}

/** By which the serials of a CA of ours are recorded. */
export const issuerKeyIdOf = (issuer: Issued): string => createHash('sha256').update(publicKeyOf(issuer)).digest('hex')

/** The store of a gateway that runs, opened by this other process. */
export function storeOf({ folder }: { readonly folder: string }, t: Lifetime): Store {
  const store = openStore(join(folder, 'data', 'certgate.db'))
  t.after(() => store.close())
  return store
}
