import { canonicalDn } from '../identity/name-parse.ts'
import type { Identity } from '../identity/types.ts'

/** The CAs that an entry's `issuers` names. */
export interface IssuerBinding {
  /** Lower-hex SHA-256 of the CA's public key. Binds firmly: a key cannot be copied. */
  readonly keys: ReadonlySet<string>
  /** Printed DNs. Bind as far as no other trusted CA names itself, or a CA below it, the same. */
  readonly names: ReadonlySet<string>
}

/** Reads one `issuers` value into the binding; false where it is neither a DN nor a SHA-256. */
export function readIssuer(text: string): { readonly key: string } | { readonly name: string } | null {
  const digest = text
    .trim()
    .replace(/^sha256:/i, '')
    .replaceAll(':', '')
  if (/^[0-9a-f]{64}$/i.test(digest)) return { key: digest.toLowerCase() }
  const name = canonicalDn(text)
  return name === null ? null : { name }
}

/** Whether the identity's certificate was issued under one of these CAs. Without a certificate never: fails closed. */
export function isUnder(binding: IssuerBinding, identity: Identity): boolean {
  const { certificate } = identity
  if (certificate === null) return false
  return certificate.caKeys.some((key) => binding.keys.has(key)) || binding.names.has(certificate.issuerDn)
}
