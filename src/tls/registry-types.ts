import type { Rights } from '../identity/types.ts'
import type { Peer } from './types.ts'

/** What workers are told of one registered certificate. Plain data; times in milliseconds since the epoch. */
export interface TrustRecord extends Rights {
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  readonly pin: string
  /** What people call it. */
  readonly name: string
  /** Printed; equal names print the same and no others do. */
  readonly subjectDn: string
  /** `dNSName:...`, `iPAddress:...` and so on, as sanText prints them. */
  readonly sans: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
  /**
   * SubjectPublicKeyInfo (DER) of the CA that signed it, where that was verified with a CA certificate; null: not known, and then
   * nothing is ever recognised as its renewal.
   */
  readonly issuerKey: Uint8Array | null
  readonly disabled: boolean
  /** `reason` in the words of RFC 5280 section 5.3.1. */
  readonly revoked: Revoked | null
}

export interface Revoked {
  readonly at: number
  readonly reason: string
}

/** One certificate as it is since a version: added, changed, disabled, enabled or revoked; or gone. */
export type TrustChange =
  | { readonly kind: 'put'; readonly version: number; readonly record: TrustRecord }
  | { readonly kind: 'remove'; readonly version: number; readonly fingerprint: string }

/** How workers get from one version of the registry to a later one. */
export interface RegistryDelta {
  /** Versions count within it: a registry that was restored has another one. */
  readonly epoch: string
  /** Nothing is missing since this version: whoever is at an older one needs another delta, or a new base. */
  readonly follows: number
  /** What it leads to. */
  readonly version: number
  /** Ascending by version, none of them above the delta's. */
  readonly changes: readonly TrustChange[]
}

/** A registered certificate as a worker holds it. */
export interface Registered {
  readonly fingerprint: string
  readonly pin: string
  readonly name: string
  readonly notBefore: number
  readonly notAfter: number
  readonly disabled: boolean
  readonly revoked: Revoked | null
  readonly rights: Rights
  /** Digests (see nameDigest) of subject and SANs: all that recognising a renewal needs of them. */
  readonly subject: string
  readonly sans: readonly string[]
  readonly issuerKey: Uint8Array | null
}

/**
 * Whether changes to the certificates of these public keys may alter the verdict or the rights of a connection. Such connections are to
 * be judged again at once; the others need not be.
 */
export function isAffected({ evidence }: Peer, pins: ReadonlySet<string>): boolean {
  return evidence !== undefined && pins.has(evidence.leaf.pin)
}
