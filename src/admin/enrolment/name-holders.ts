import { X509Certificate } from 'node:crypto'
import { COMMON_NAME } from '../../identity/oids.ts'
import type { NamedKey } from '../../policy/granting.ts'
import type { Store } from '../../store/store.ts'
import { readLeaf } from '../../tls/leaf.ts'
import { EnrolmentError } from './enrolment-error.ts'

/** Tells who has a name already. */
export interface NameHolders {
  /** To be awaited before the transaction that asks. */
  prepare(): Promise<void>
  /** Certificates that are alive, or may become so, and have one of these names. */
  sharing(names: Iterable<string>, now: number): readonly NamedKey[]
}

const STATES = ['valid', 'expiring', 'disabled'] as const
const PAGE = 1_000
/** Where more have it somewhere in their text, looking at each would hold up the whole process: refused. */
const MOST = 10_000

/** By the registry's own search: it finds all that have a name anywhere, in any case, and in its compatibility form. */
export function searchedHolders(store: Store): NameHolders {
  return {
    prepare: async () => {},
    sharing: (names, now) => {
      const texts = new Set([...names].flatMap((name) => [name, name.normalize('NFKC')]))
      return [...texts].flatMap((text) => found(store, text, now))
    },
  }
}

function found(store: Store, text: string, now: number): NamedKey[] {
  const keys: NamedKey[] = []
  for (let offset = 0; ; offset += PAGE) {
    const { entries, total } = store.registry.list({ text, state: STATES, offset, limit: PAGE, now })
    if (total > MOST) {
      throw new EnrolmentError('not_granted', 'too many certificates have a name like this one to be sure that it is free', {
        hint: 'have the token made on the gateway itself, or by a ClusterAdmin',
      })
    }
    keys.push(...entries.map(({ name, der, pin }) => ({ names: namesIn(name, der), pin })))
    if (offset + entries.length >= total || entries.length === 0) return keys
  }
}

function namesIn(registered: string, der: Buffer): string[] {
  const { certificate } = readLeaf(new X509Certificate(der), der)
  const commonNames = certificate.subject.flat().flatMap(({ oid, value, encoded }) => (oid === COMMON_NAME && !encoded ? [value] : []))
  return [registered, certificate.dn, ...commonNames]
}
