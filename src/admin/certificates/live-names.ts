import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { leafOf } from '../../certificates/entry-facts.ts'
import type { IdentityRule } from '../../identity/username.ts'
import { foldName, type NamedKey } from '../../policy/granting.ts'
import { knownNames } from '../../policy/reachable-roles.ts'
import type { TrustedRecord } from '../../store/types.ts'
import type { AdministrationContext } from '../context.ts'
import { printedCertificate } from '../printed-certificate.ts'
import { AdminProblem } from '../problem.ts'
import { identityRules } from './grants.ts'

/** Records between two turns of the event loop. */
const SLICE = 500

/**
 * Who has which name, as people would take one for another: kept beside the registry and brought up to its newest version before it is
 * asked, so that asking costs nothing by the number of certificates. Made when somebody first asks; ClusterAdmins never do.
 */
export class LiveNames {
  readonly #context: Pick<AdministrationContext, 'store' | 'inForce' | 'now'>
  /** The domains' rules that these names were made by; null: there are none yet, or not all. */
  #rules: readonly IdentityRule[] | null = null
  #epoch = ''
  #version = 0
  #reading: Promise<void> | null = null
  /**
   * Fingerprints by a number made of the folded name. It only says where to look: whoever is found is read, and those that have another
   * name, or are gone, are passed over. So nothing has ever to be taken out of it.
   */
  #holders = new Map<number, string | Set<string>>()

  constructor(context: Pick<AdministrationContext, 'store' | 'inForce' | 'now'>) {
    this.#context = context
  }

  /** Takes up what there is, giving way to others: to be awaited right before the transaction that asks. */
  async prepare(): Promise<void> {
    while (!this.#isWhole() || this.#takeChanges()) {
      if (this.#isWhole()) await setImmediate()
      else await this.#readOnce()
    }
  }

  /**
   * The certificates that are alive, or may become so, under one of these names. Inside the transaction that decides by it. Throws
   * AdminProblem 503 where everything would have to be read anew, which takes longer than a transaction may last.
   */
  *sharing(names: Iterable<string>): Generator<NamedKey, void, undefined> {
    if (!this.#isWhole()) throw busy()
    while (this.#takeChanges()) if (!this.#isWhole()) throw busy()
    const { store, now } = this.#context
    const rules = this.#rules ?? []
    const found = new Set([...names].flatMap((name) => holdersIn(this.#holders.get(keyOf(name)))))
    // The latest first: they are the likeliest to be alive.
    for (const fingerprint of [...found].reverse()) {
      const entry = store.registry.get(fingerprint)
      if (entry === null || entry.revoked !== null || entry.notAfter < now()) continue
      yield { pin: entry.pin, names: knownNames({ name: entry.name, certificate: leafOf(entry.der).certificate }, rules) }
    }
  }

  /** Whether nothing less than reading everything is missing: the rules are those of now, and the registry the one that was read. */
  #isWhole(): boolean {
    const { store, inForce } = this.#context
    return this.#rules === identityRules(inForce().settings.auth) && this.#epoch === store.registry.current().epoch
  }

  /** Takes up some of what changed; false: that was all. What can no longer be told has to be read anew. */
  #takeChanges(): boolean {
    const rules = this.#rules ?? []
    const step = this.#context.store.registry.putsSince(this.#version, SLICE)
    if (step === null) {
      this.#rules = null
      return true
    }
    for (const change of step.changes) if (change.kind === 'put') this.#put(change.record, rules)
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
    const rules = identityRules(inForce().settings.auth)
    this.#rules = null
    this.#holders = new Map()
    const snapshot = store.snapshot()
    try {
      let count = 0
      for (const record of snapshot.records()) {
        this.#put(record, rules)
        if (++count % SLICE === 0) await setImmediate()
      }
      this.#epoch = snapshot.epoch
      this.#version = snapshot.version
      this.#rules = rules
    } finally {
      snapshot.close()
    }
  }

  #put(record: TrustedRecord, rules: readonly IdentityRule[]): void {
    // For good, and so in nobody's way.
    if (record.revoked !== null) return
    const { fingerprint } = record
    for (const name of knownNames({ name: record.name, certificate: printedCertificate(record) }, rules)) {
      const key = keyOf(name)
      const holders = this.#holders.get(key)
      if (holders === undefined) this.#holders.set(key, fingerprint)
      else if (typeof holders !== 'string') holders.add(fingerprint)
      else if (holders !== fingerprint) this.#holders.set(key, new Set([holders, fingerprint]))
    }
  }
}

/** Small enough that it costs no memory of its own. */
const keyOf = (name: string): number => hash('sha256', foldName(name), 'buffer').readUInt32BE() >>> 2

function holdersIn(holders: string | Set<string> | undefined): string[] {
  if (holders === undefined) return []
  return typeof holders === 'string' ? [holders] : [...holders]
}

function busy(): AdminProblem {
  return new AdminProblem(503, 'names_changing', 'the names in use are being read anew', { hint: 'try again in a moment' })
}
