import { setImmediate } from 'node:timers/promises'
import { ExpressionError } from '../../identity/expression-error.ts'
import { parseName } from '../../identity/name-parse.ts'
import type { PeerCertificate, San, SanType } from '../../identity/types.ts'
import { foldName, type NamedKey } from '../../policy/granting.ts'
import type { Store } from '../../store/store.ts'
import type { RegistryRecord } from '../../store/types.ts'
import type { Grants } from './grants.ts'
import { imaginedCertificate, leafOf } from './leaf-facts.ts'

type NamedRecord = Pick<RegistryRecord, 'fingerprint' | 'name' | 'subjectDn' | 'sans'>

/** Records between two turns of the event loop. */
const SLICE = 500

/**
 * Who has which name, as people would take one for another: kept beside the registry and brought up to its newest version before it is
 * asked, so that asking costs nothing by the number of certificates. Made when somebody first asks; ClusterAdmins never do.
 */
export class LiveNames {
  readonly #store: Store
  readonly #grants: Grants
  #epoch = ''
  #version = -1
  #reading: Promise<void> | null = null
  /** Fingerprints by folded name. */
  #byName = new Map<string, Set<string>>()
  #namesOf = new Map<string, readonly string[]>()

  constructor(store: Store, grants: Grants) {
    this.#store = store
    this.#grants = grants
  }

  /** Reads what there is, giving way to others: to be called before the transaction that asks. */
  prepare(): Promise<void> {
    if (this.#version >= 0) return Promise.resolve()
    // One reading at a time: an older one would put back what a newer one has taken away.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const snapshot = this.#store.snapshot()
    try {
      let count = 0
      for (const record of snapshot.records()) {
        this.#put(record)
        if (++count % SLICE === 0) await setImmediate()
      }
      this.#epoch = snapshot.epoch
      this.#version = snapshot.version
    } finally {
      snapshot.close()
    }
  }

  /** The certificates that are alive, or may become so, under one of these names. Inside the transaction that decides by it. */
  sharing(names: Iterable<string>, now: number): NamedKey[] {
    this.#catchUp()
    const fingerprints = new Set([...names].flatMap((name) => [...(this.#byName.get(foldName(name)) ?? [])]))
    return [...fingerprints].flatMap((fingerprint) => {
      const entry = this.#store.registry.get(fingerprint)
      if (entry === null || entry.revoked !== null || entry.notAfter < now) return []
      return [{ pin: entry.pin, names: this.#grants.namesOf({ name: entry.name, certificate: leafOf(entry.der).certificate }) }]
    })
  }

  #catchUp(): void {
    const { registry } = this.#store
    if (registry.current().epoch !== this.#epoch) this.#rebuild()
    for (;;) {
      const step = registry.changesSince(this.#version)
      if (step === null) {
        this.#rebuild()
        return
      }
      for (const change of step.changes) {
        if (change.kind === 'put') this.#put(change.record)
        else this.#drop(change.fingerprint)
      }
      this.#version = step.version
      if (!step.more) return
    }
  }

  /** Changes of old that were forgotten, or a registry that was restored: rare, and the whole process waits. */
  #rebuild(): void {
    this.#byName = new Map()
    this.#namesOf = new Map()
    const { epoch } = this.#store.registry.current()
    const snapshot = this.#store.snapshot()
    try {
      for (const record of snapshot.records()) this.#put(record)
      this.#version = snapshot.version
    } finally {
      snapshot.close()
    }
    this.#epoch = epoch
  }

  #put(record: NamedRecord): void {
    this.#drop(record.fingerprint)
    const names = [...this.#grants.namesOf({ name: record.name, certificate: certificateOf(record) })].map(foldName)
    this.#namesOf.set(record.fingerprint, names)
    for (const name of names) {
      const holders = this.#byName.get(name)
      if (holders === undefined) this.#byName.set(name, new Set([record.fingerprint]))
      else holders.add(record.fingerprint)
    }
  }

  #drop(fingerprint: string): void {
    for (const name of this.#namesOf.get(fingerprint) ?? []) {
      const holders = this.#byName.get(name)
      holders?.delete(fingerprint)
      if (holders?.size === 0) this.#byName.delete(name)
    }
    this.#namesOf.delete(fingerprint)
  }
}

/** What names are made of, from what the registry prints: reading the certificate itself would cost ten times as much. */
function certificateOf({ name, subjectDn, sans }: NamedRecord): PeerCertificate {
  return { ...imaginedCertificate(name), subject: nameOf(subjectDn), dn: subjectDn, sans: sans.map(sanOf) }
}

function nameOf(dn: string) {
  try {
    return dn === '' ? [] : parseName(dn)
  } catch (error) {
    // The printed DN itself is among the names all the same.
    if (error instanceof ExpressionError) return []
    throw error
  }
}

function sanOf(text: string): San {
  const colon = text.indexOf(':')
  return { type: text.slice(0, colon) as SanType, value: text.slice(colon + 1) }
}
