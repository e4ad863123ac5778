import { nameDigest } from './name-digest.ts'
import type { RegistryBase } from './registry-base.ts'
import type { Registered, TrustChange, TrustRecord } from './registry-types.ts'

/** Who stands against a public key: certificates with that key which are revoked or disabled. */
export interface KeyBlock {
  readonly revoked: Registered | null
  readonly disabled: Registered | null
}

interface TouchedKey {
  version: number
  readonly fingerprints: Set<string>
  /** null: to be found again. */
  block: KeyBlock | null
}

const NOBODY: KeyBlock = { revoked: null, disabled: null }

/** What has changed since a base, laid over it. */
export class RegistryOverlay {
  readonly base: RegistryBase
  /** null: removed. */
  readonly #entries = new Map<string, Registered | null>()
  readonly #keys = new Map<string, TouchedKey>()

  constructor(base: RegistryBase) {
    this.base = base
  }

  /** Certificates that are otherwise than in the base. */
  get size(): number {
    return this.#entries.size
  }

  /** Takes up a change; returns the public key it is about, null where it changes nothing. */
  apply(change: TrustChange): string | null {
    const fingerprint = change.kind === 'put' ? change.record.fingerprint : change.fingerprint
    const before = this.find(fingerprint)
    const entry = change.kind === 'put' ? registered(change.record) : null
    const pin = entry?.pin ?? before?.pin
    if (pin === undefined) return null
    this.#entries.set(fingerprint, entry)
    const key = this.#keys.get(pin)
    if (key === undefined) {
      this.#keys.set(pin, { version: change.version, fingerprints: new Set([fingerprint]), block: null })
    } else {
      key.version = change.version
      key.fingerprints.add(fingerprint)
      key.block = null
    }
    return pin
  }

  /** The certificate with this fingerprint; null: it is not registered. */
  find(fingerprint: string): Registered | null {
    const changed = this.#entries.get(fingerprint)
    if (changed !== undefined) return changed
    const record = this.base.find(fingerprint)
    return record < 0 ? null : this.base.entry(record)
  }

  /** What stands against a public key. One look into the base where nothing does. */
  blockOf(pin: string): KeyBlock {
    const key = this.#keys.get(pin)
    if (key !== undefined) {
      key.block ??= this.#findBlock(pin)
      return key.block
    }
    const place = this.base.firstWithPin(pin)
    return place < 0 || !this.base.isKeyBlocked(this.base.recordAt(place)) ? NOBODY : this.#findBlock(pin)
  }

  /** All certificates with a public key. */
  *withPin(pin: string): Generator<Registered> {
    const { base } = this
    for (let place = base.firstWithPin(pin); place >= 0; place = base.nextWithPin(place)) {
      const record = base.recordAt(place)
      if (!this.#entries.has(base.fingerprintOf(record))) yield base.entry(record)
    }
    for (const fingerprint of this.#keys.get(pin)?.fingerprints ?? []) {
      const entry = this.#entries.get(fingerprint)
      if (entry !== undefined && entry !== null) yield entry
    }
  }

  /** The version that last changed something about a public key; -1: the base still holds. */
  changedAt(pin: string): number {
    return this.#keys.get(pin)?.version ?? -1
  }

  #findBlock(pin: string): KeyBlock {
    let revoked: Registered | null = null
    let disabled: Registered | null = null
    for (const entry of this.withPin(pin)) {
      if (entry.revoked !== null) revoked ??= entry
      if (entry.disabled) disabled ??= entry
      if (revoked !== null && disabled !== null) break
    }
    return { revoked, disabled }
  }
}

function registered(record: TrustRecord): Registered {
  const { fingerprint, pin, name, notBefore, notAfter, disabled, revoked, clearance, permissions, issuerKey } = record
  const rights = { clearance, permissions }
  const subject = nameDigest(record.subjectDn)
  const sans = record.sans.map(nameDigest)
  return { fingerprint, pin, name, notBefore, notAfter, disabled, revoked, rights, subject, sans, issuerKey }
}
