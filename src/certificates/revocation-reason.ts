import type { RevocationReason } from '../store/types.ts'

/** CRLReason (RFC 5280 section 5.3.1), also used by OCSP. */
const CODES: ReadonlyMap<RevocationReason, number> = new Map([
  ['unspecified', 0],
  ['keyCompromise', 1],
  ['caCompromise', 2],
  ['affiliationChanged', 3],
  ['superseded', 4],
  ['cessationOfOperation', 5],
  ['privilegeWithdrawn', 9],
])

/** The words that an operator may give. */
export const REVOCATION_REASONS: readonly RevocationReason[] = [...CODES.keys()]

/** What others may give beside ours. */
const FOREIGN: ReadonlyMap<number, string> = new Map([
  ...[...CODES].map(([reason, code]) => [code, reason] as const),
  [6, 'certificateHold'],
  [8, 'removeFromCRL'],
  [10, 'aACompromise'],
])

/** The code to write; null for `unspecified`, which is left out (RFC 5280 section 5.3.1). */
export function reasonCode(reason: RevocationReason): number | null {
  return CODES.get(reason) || null
}

/** The standard's word for a code, or the number. */
export function reasonName(code: number): string {
  return FOREIGN.get(code) ?? `reason ${code}`
}
