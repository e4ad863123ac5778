import type { RegistryBase } from './registry-base.ts'
import { RegistryBaseError } from './registry-layout.ts'
import { RegistryOverlay } from './registry-overlay.ts'
import type { Registered, RegistryDelta } from './registry-types.ts'
import type { Refusal } from './types.ts'

/** A state of the registry that something was judged under; see Registry.hasChanged. */
export interface RegistryMark {
  readonly generation: number
  readonly version: number
}

/** What the registry says about a certificate. */
export interface Standing {
  /** Why it must not be used whatever else speaks for it: it, or its public key, is revoked or disabled. */
  readonly refused: Refusal | null
  /** null: it is not registered. */
  readonly entry: Registered | null
}

/** What became of a delta. `gap`: something before it is missing, and nothing of it was taken up. */
export type DeltaOutcome = { readonly kind: 'applied'; readonly pins: ReadonlySet<string> } | { readonly kind: 'known' | 'gap' }

const UNKNOWN: Standing = { refused: null, entry: null }
const FEWEST_CHANGES = 1_000
const SHARE_OF_BASE = 64

/**
 * Whether a new base is due: so many changes lie over the old one that they cost more memory (about 1 KB each) than they save. A
 * sixty-fourth of the base, and at least 1,000.
 */
export function isNewBaseDue(baseSize: number, changes: number): boolean {
  return changes >= Math.max(FEWEST_CHANGES, baseSize / SHARE_OF_BASE)
}

/** The registry as one worker holds it: a sealed base, and what has changed since. Never half of a delta or of a base. */
export class Registry {
  #overlay: RegistryOverlay
  #version: number
  /** Since the base: what is to be laid over the next one. */
  #deltas: RegistryDelta[] = []
  #mark: RegistryMark

  constructor(base: RegistryBase) {
    this.#overlay = new RegistryOverlay(base)
    this.#version = base.version
    this.#mark = { generation: 1, version: base.version }
  }

  get epoch(): string {
    return this.#overlay.base.epoch
  }

  get version(): number {
    return this.#version
  }

  /** Changes over the base; see isNewBaseDue. */
  get changes(): number {
    return this.#overlay.size
  }

  /** The present state, for hasChanged. */
  get mark(): RegistryMark {
    return this.#mark
  }

  /** Takes up a delta, or nothing of it. Whom it may refuse is told by the public keys in the outcome (isAffected). */
  apply(delta: RegistryDelta): DeltaOutcome {
    if (delta.epoch !== this.epoch || delta.follows > this.#version) return { kind: 'gap' }
    if (delta.version <= this.#version) return { kind: 'known' }
    const pins = new Set<string>()
    applyTo(this.#overlay, delta, this.#version, pins)
    this.#deltas.push(delta)
    this.#version = delta.version
    this.#mark = { ...this.#mark, version: delta.version }
    return { kind: 'applied', pins }
  }

  /**
   * Exchanges the base. Deltas that are newer than it are laid over it again, so that nothing learned meanwhile is forgotten. Throws
   * RegistryBaseError, and the old one stays, for a base that is older than the one held.
   */
  rebase(base: RegistryBase): void {
    const before = this.#overlay.base
    const same = base.epoch === before.epoch
    if (same && base.version < before.version) {
      throw new RegistryBaseError(`a registry base of version ${base.version} cannot replace one of version ${before.version}`)
    }
    const deltas = same ? this.#deltas.filter(({ version }) => version > base.version) : []
    const overlay = new RegistryOverlay(base)
    let { version } = base
    for (const delta of deltas) {
      applyTo(overlay, delta, version, new Set())
      version = delta.version
    }
    this.#overlay = overlay
    this.#deltas = deltas
    this.#version = version
    this.#mark = { generation: this.#mark.generation + 1, version }
  }

  /** What it says about a certificate, by fingerprint and public key. */
  standing(fingerprint: string, pin: string): Standing {
    const entry = this.#overlay.find(fingerprint)
    const block = this.#overlay.blockOf(pin)
    if (entry === null && block.revoked === null && block.disabled === null) return UNKNOWN
    return { refused: refusalOf(entry, block.revoked, block.disabled), entry }
  }

  /** All registered certificates with a public key. */
  withPin(pin: string): Iterable<Registered> {
    return this.#overlay.withPin(pin)
  }

  /** Whether what it says about a certificate with this public key may be another now than under `mark`. Cheap enough for every request. */
  hasChanged(mark: RegistryMark, pin: string): boolean {
    if (mark === this.#mark) return false
    return mark.generation !== this.#mark.generation || this.#overlay.changedAt(pin) > mark.version
  }
}

/** Changes up to the version held are in it already, in this state or a later one. */
function applyTo(overlay: RegistryOverlay, delta: RegistryDelta, held: number, pins: Set<string>): void {
  for (const change of delta.changes) {
    if (change.version <= held) continue
    const pin = overlay.apply(change)
    if (pin !== null) pins.add(pin)
  }
}

/** The certificate itself goes before its key, and revoked before disabled: the graver word about the nearer thing. */
function refusalOf(entry: Registered | null, keyRevoked: Registered | null, keyDisabled: Registered | null): Refusal | null {
  if (entry !== null && entry.revoked !== null) return revoked(entry, `it is registered as ${quoted(entry)} and was revoked`)
  if (keyRevoked !== null) return revoked(keyRevoked, `its key is that of ${described(keyRevoked)}, which was revoked`)
  if (entry?.disabled) return { refusal: 'certificate_disabled', detail: `it is registered as ${quoted(entry)} and disabled` }
  if (keyDisabled === null) return null
  return { refusal: 'certificate_disabled', detail: `its key is that of ${described(keyDisabled)}, which is disabled` }
}

function revoked({ revoked: when }: Registered, what: string): Refusal {
  const detail = when === null ? what : `${what} ${new Date(when.at).toISOString()} (${when.reason})`
  return { refusal: 'certificate_revoked', detail }
}

const quoted = ({ name }: Registered): string => JSON.stringify(name)
const described = (entry: Registered): string => `the registered certificate ${quoted(entry)} (${entry.fingerprint})`
