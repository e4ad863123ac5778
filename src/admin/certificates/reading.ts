import { X509Certificate } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { checkedPassword } from '../../certificates/bundle.ts'
import { leafOf } from '../../certificates/entry-facts.ts'
import { writeCertificatesPfx } from '../../certificates/pkcs12-write.ts'
import type { AuditEntry } from '../../store/audit-chain.ts'
import type { EntryPage, EntryQuery, RegistryEntry } from '../../store/types.ts'
import type { AuthorityNode } from '../../tls/authority-node.ts'
import { mayRead, mayReadOn } from '../permission.ts'
import { AdminProblem } from '../problem.ts'
import type { Caller } from '../types.ts'
import { chainOf } from './chain.ts'
import type { Desk } from './desk.ts'
import { relativesOf } from './lineage.ts'

export interface CertificateDetails {
  readonly entry: RegistryEntry
  /** Another entry that its key is refused through. */
  readonly refusedBy: RegistryEntry | null
  readonly pem: string
  /** Fingerprints of what renewed it. */
  readonly renewals: readonly string[]
  /** The others of its name that it renews or that renew it, newest first. */
  readonly relatives: readonly { readonly entry: RegistryEntry; readonly refusedBy: RegistryEntry | null }[]
  /** Newest first. */
  readonly history: readonly AuditEntry[]
  /** All that its names and rights resolve to under the mapping in force. */
  readonly roles: readonly string[]
  /** The CAs above it, the nearest first, as far as they are known here. */
  readonly chain: readonly AuthorityNode[]
  /** Others with its key that would let somebody in: what revokes or disables it refuses them too. */
  readonly sameKey: readonly RegistryEntry[]
}

const HISTORY = 100
const PAGE = 250
/** A file with more would open nowhere. */
const MOST_EXPORTED = 10_000

/** What may be seen of the registry, by whoever may read at all. Every method throws AdminProblem 403 for others. */
export class CertificateReading {
  readonly #desk: Desk

  constructor(desk: Desk) {
    this.#desk = desk
  }

  list(caller: Caller, query: EntryQuery): EntryPage {
    mayRead(caller)
    return this.#registry.list({ ...query, now: this.#desk.context.now() })
  }

  /** Everything that matches, page by page, at most `most`; others get their turn between two pages. */
  async *all(caller: Caller, query: EntryQuery, most: number): AsyncGenerator<RegistryEntry, void, undefined> {
    const first = query.offset ?? 0
    for (let count = 0; count < most; ) {
      const limit = Math.min(PAGE, most - count)
      const { entries } = this.list(caller, { ...query, offset: first + count, limit })
      yield* entries
      count += entries.length
      if (entries.length < limit) return
      await setImmediate()
      mayReadOn(this.#desk.context, caller)
    }
  }

  find(caller: Caller, reference: string): RegistryEntry {
    mayRead(caller)
    return this.#desk.find(reference).entry
  }

  /** The leaves that were imported together with it, itself among them. */
  group(caller: Caller, group: string): readonly RegistryEntry[] {
    mayRead(caller)
    return this.#registry.byGroup(group)
  }

  details(caller: Caller, reference: string): CertificateDetails {
    const entry = this.find(caller, reference)
    const { store } = this.#desk.context
    const grant = this.#desk.grants().grantOf({ name: entry.name, certificate: leafOf(entry.der).certificate }, entry)
    return {
      entry,
      refusedBy: this.#registry.refusedBy(entry),
      pem: pemOf(entry),
      renewals: this.#registry.renewalsOf(entry.fingerprint).map(({ fingerprint }) => fingerprint),
      relatives: relativesOf(this.#registry, entry).map((one) => ({ entry: one, refusedBy: this.#registry.refusedBy(one) })),
      history: store.audit.read({ before: store.audit.head().sequence + 1, limit: HISTORY, filter: { target: entry.group } }),
      roles: [...grant.roles].sort(),
      chain: chainOf(entry.der, this.#desk.context),
      sameKey: this.#registry.sharing(this.#registry.byGroup(entry.group), this.#desk.context.now()),
    }
  }

  /** A PFX of the certificates alone. */
  async export(caller: Caller, given: string): Promise<Buffer> {
    mayRead(caller)
    const password = checkedPassword(given) ?? ''
    const { total } = this.list(caller, { limit: 1 })
    if (total > MOST_EXPORTED) {
      const hint = 'back the store up instead'
      throw new AdminProblem(409, 'too_many', `there are ${total} certificates, and one file holds ${MOST_EXPORTED} at most`, { hint })
    }
    const certificates: { certificate: Buffer; friendlyName: string }[] = []
    for await (const { der, name } of this.all(caller, {}, MOST_EXPORTED)) certificates.push({ certificate: der, friendlyName: name })
    return writeCertificatesPfx(certificates, password)
  }

  get #registry() {
    return this.#desk.context.store.registry
  }
}

const pemOf = ({ der }: Pick<RegistryEntry, 'der'>): string => new X509Certificate(der).toString()
