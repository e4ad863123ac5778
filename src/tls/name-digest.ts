import { hash } from 'node:crypto'
import type { San } from '../identity/types.ts'

/** Half of SHA-256: enough that no second name is ever found for a digest, and half the memory. */
export const DIGEST_BYTES = 16

/** Lower-case hex digest of a printed DN or SAN. */
export function nameDigest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 2 * DIGEST_BYTES)
}

/** A SAN in one string, as the registry holds it: `dNSName:a.example`. */
export function sanText({ type, value }: San): string {
  return `${type}:${value}`
}
