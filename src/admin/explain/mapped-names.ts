import { setImmediate } from 'node:timers/promises'
import { canonicalDn } from '../../identity/name-parse.ts'
import { printName } from '../../identity/name-print.ts'
import { isExact } from '../../identity/pattern.ts'
import { ANONYMOUS_NAME } from '../../identity/types.ts'
import type { IdentityRule } from '../../identity/username.ts'
import { knownNames } from '../../policy/reachable-roles.ts'
import type { RoleMapping } from '../../policy/types.ts'
import { foldForSearch } from '../../store/entry-row.ts'
import type { TrustedRecord } from '../../store/types.ts'
import { identityRules } from '../certificates/grants.ts'
import type { AdministrationContext } from '../context.ts'
import { imaginedSubject } from '../imagined-certificate.ts'
import { printedCertificate } from '../printed-certificate.ts'

/** Somebody whom the mapping names by exactly this text, as explain is asked about them. */
export interface MappedName {
  /** The common name, or the DN where it is written as one. */
  readonly name: string
  /** Printed DN of the certificate that is imagined. */
  readonly subject: string
  readonly claim: { readonly cn: string } | { readonly dn: string }
  /** Folded: what a search looks at. */
  readonly search: string
}

/** Records, or changes of the registry, between two turns of the event loop. */
const SLICE = 500

/** What the names below were made by: another one of these, and they are made anew. */
interface Ground {
  readonly mapping: RoleMapping
  readonly rules: readonly IdentityRule[]
  readonly epoch: string
}

/**
 * Whom the mapping names exactly while no certificate in the registry has that name: those a CA alone vouches for. Made when somebody
 * first asks and brought up to the newest version of the registry after that, so that asking costs nothing by the number of certificates.
 */
export class MappedNames {
  readonly #context: Pick<AdministrationContext, 'store' | 'inForce'>
  #ground: Ground | null = null
  #version = 0
  #reading: Promise<void> | null = null
  /** By name, sorted by it. */
  #named: ReadonlyMap<string, MappedName> = new Map()
  /** Which of these names a certificate has, by its fingerprint; and how many have each. */
  #holders = new Map<string, readonly string[]>()
  #held = new Map<string, number>()
  /** null: to be counted anew. */
  #unregistered: readonly MappedName[] | null = null

  constructor(context: Pick<AdministrationContext, 'store' | 'inForce'>) {
    this.#context = context
  }

  /** By name. Gives way to others while it reads. */
  async unregistered(): Promise<readonly MappedName[]> {
    while (!this.#isWhole() || this.#takeChanges()) {
      if (this.#isWhole()) await setImmediate()
      else await this.#readOnce()
    }
    this.#unregistered ??= [...this.#named.values()].filter(({ name }) => !this.#held.has(name))
    return this.#unregistered
  }

  #isWhole(): boolean {
    const { mapping, settings } = this.#context.inForce()
    const ground = this.#ground
    return (
      ground !== null &&
      ground.mapping === mapping &&
      ground.rules === identityRules(settings.auth) &&
      ground.epoch === this.#context.store.registry.current().epoch
    )
  }

  /** Takes up some of what changed; false: that was all. What can no longer be told has to be read anew. */
  #takeChanges(): boolean {
    const rules = this.#ground?.rules ?? []
    const { registry } = this.#context.store
    const step = registry.changesSince(this.#version, SLICE)
    if (step === null) {
      this.#ground = null
      return true
    }
    for (const change of step.changes) {
      if (change.kind === 'remove') this.#drop(change.fingerprint)
      // What was removed and must stay refused is told as revoked: its name is nobody's any more.
      else if (change.record.revoked !== null && registry.get(change.record.fingerprint) === null) this.#drop(change.record.fingerprint)
      else this.#put(change.record, rules)
    }
    this.#version = step.version
    return step.more
  }

  /** One reading at a time: whoever comes meanwhile waits for the same. */
  #readOnce(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const { store, inForce } = this.#context
    const { mapping, settings } = inForce()
    const rules = identityRules(settings.auth)
    this.#ground = null
    this.#named = await namedIn(mapping)
    this.#holders = new Map()
    this.#held = new Map()
    this.#unregistered = null
    const snapshot = store.snapshot()
    try {
      let count = 0
      for (const record of this.#named.size === 0 ? [] : snapshot.registered()) {
        this.#put(record, rules)
        if (++count % SLICE === 0) await setImmediate()
      }
      this.#version = snapshot.version
      this.#ground = { mapping, rules, epoch: snapshot.epoch }
    } finally {
      snapshot.close()
    }
  }

  /** Its subject never changes, and what the registry calls it gives nobody a role. */
  #put(record: TrustedRecord, rules: readonly IdentityRule[]): void {
    if (this.#holders.has(record.fingerprint)) return
    const names = [...knownNames({ name: '', certificate: printedCertificate(record) }, rules)]
    const held = names.filter((name) => this.#named.has(name))
    if (held.length === 0) return
    this.#holders.set(record.fingerprint, held)
    for (const name of held) this.#held.set(name, (this.#held.get(name) ?? 0) + 1)
    this.#unregistered = null
  }

  #drop(fingerprint: string): void {
    for (const name of this.#holders.get(fingerprint) ?? []) {
      const left = (this.#held.get(name) ?? 0) - 1
      if (left > 0) this.#held.set(name, left)
      else this.#held.delete(name)
      this.#unregistered = null
    }
    this.#holders.delete(fingerprint)
  }
}

/** Patterns name nobody in particular, and `anonymous` is nobody. */
async function namedIn({ entries }: RoleMapping): Promise<ReadonlyMap<string, MappedName>> {
  const named = new Map<string, MappedName>()
  let count = 0
  for (const { users } of entries) {
    for (const { value } of users) {
      if (++count % SLICE === 0) await setImmediate()
      if (!isExact(value) || value === ANONYMOUS_NAME) continue
      const dn = canonicalDn(value)
      const name = dn ?? value
      if (named.has(name)) continue
      const claim = dn === null ? { cn: value } : { dn }
      const subject = dn ?? printName(imaginedSubject({ cn: value }))
      named.set(name, { name, subject, claim, search: foldForSearch(`${name}\n${subject}`) })
    }
  }
  return new Map([...named].sort(([, a], [, b]) => (a.search < b.search ? -1 : 1)))
}
