import { createHash } from 'node:crypto'
import { certificateParts, readCertificate } from '../identity/certificate.ts'
import { canonicalDn } from '../identity/name-parse.ts'
import type { Identity } from '../identity/types.ts'
import type { MappedValue, MappingEntry, RoleMapping } from './types.ts'

/** A CA that a listener is configured to trust. */
export interface Authority {
  /** Printed. */
  readonly dn: string
  /** Lower-hex SHA-256 of its public key. */
  readonly key: string
  readonly selfSigned: boolean
}

/** The gateway's own authority, as far as `issuers` may name it: by key or printed DN. */
export interface OwnAuthority {
  /** All that belongs to it, what was replaced too. */
  readonly known: ReadonlySet<string>
  /** What stands above what is signed from now on. */
  readonly signing: ReadonlySet<string>
  /** Keys of the roots of it that are trusted: two while a rotation overlaps. */
  readonly rootKeys: ReadonlySet<string>
  /** The root of what is signed from now on; null: not known. */
  readonly root: { readonly dn: string; readonly key: string } | null
}

/** Roles that are bound to the gateway's own authority as it was before a rotation, and not to what signs now. */
export function unboundByRotation({ entries }: RoleMapping, { known, signing }: OwnAuthority): MappingEntry[] {
  const named = ({ value }: MappedValue): string => {
    const issuer = readIssuer(value)
    if (issuer === null) return ''
    return 'key' in issuer ? issuer.key : issuer.name
  }
  return entries.filter(({ issuers }) => {
    const names = issuers.map(named)
    return names.some((name) => known.has(name)) && !names.some((name) => signing.has(name))
  })
}

/** The CAs that an entry's `issuers` names. */
export interface IssuerBinding {
  /** Lower-hex SHA-256 of public keys. */
  readonly keys: ReadonlySet<string>
  /** Printed DNs that are compared with the certificate's own issuer. */
  readonly names: ReadonlySet<string>
}

/** Whom a listener trusts, as far as bindings look at it: PEM certificates, one in each text. */
export interface ClientCas {
  readonly clientCa: readonly string[]
  readonly names: ReadonlyMap<string, { readonly clientCa: readonly string[] }>
}

/** PEM of the client CAs of all listeners, each once. */
export function clientCasOf(listeners: Iterable<ClientCas>): string[] {
  const pems = [...listeners].flatMap(({ clientCa, names }) => [...clientCa, ...[...names.values()].flatMap((name) => name.clientCa)])
  return [...new Set(pems)]
}

/** The same, read. Throws UnreadableCertificateError. */
export function readAuthorities(listeners: Iterable<ClientCas>): Authority[] {
  return clientCasOf(listeners).map((pem) => {
    const der = Buffer.from(pem.replace(/-----[A-Z0-9 ]+-----/g, ''), 'base64')
    const { dn, issuerDn } = readCertificate(der)
    const key = createHash('sha256').update(certificateParts(der).subjectPublicKeyInfo).digest('hex')
    return { dn, key, selfSigned: dn === issuerDn }
  })
}

/** A DN or the SHA-256 of a CA's key, in hex with or without colons; null where the text is neither. */
export function readIssuer(text: string): { readonly key: string } | { readonly name: string } | null {
  const digest = text
    .trim()
    .replace(/^sha256:/i, '')
    .replaceAll(':', '')
  if (/^[0-9a-f]{64}$/i.test(digest)) return { key: digest.toLowerCase() }
  const name = canonicalDn(text)
  return name === null ? null : { name }
}

/**
 * Binds an entry to its `issuers`; null where it has none. The DN of a configured CA stands for that CA's key, because any other
 * trusted CA may call one below itself the same. For that reason a DN that is nobody's here counts, as the certificate's own issuer,
 * only where there is one CA to trust (or `authorities` is null: not known). A value that names no CA binds to none: fails closed.
 */
export function bindIssuers(
  entry: MappingEntry,
  authorities: readonly Authority[] | null,
  problem: (message: string, line: number) => void,
): IssuerBinding | null {
  if (entry.issuers.length === 0) return null
  const keys = new Set<string>()
  const names = new Set<string>()
  const trustsOne = authorities === null || anchorKeys(authorities).size <= 1
  for (const { value, line } of entry.issuers) {
    const issuer = readIssuer(value)
    if (issuer === null) {
      problem(`role '${entry.role}': the issuer '${value}' is neither a DN nor the SHA-256 of a CA's key in hex`, line)
    } else if ('key' in issuer) {
      keys.add(issuer.key)
    } else {
      const named = authorities?.filter(({ dn }) => dn === issuer.name) ?? []
      for (const { key } of named) keys.add(key)
      if (named.length === 0 && trustsOne) names.add(issuer.name)
    }
  }
  return { keys, names }
}

/** Keys in which chains can end. */
export function anchorKeys(authorities: readonly Authority[]): Set<string> {
  return new Set(authorities.filter(({ selfSigned }) => selfSigned).map(({ key }) => key))
}

/** Whether the identity's certificate was issued under one of these CAs. Without a certificate never: fails closed. */
export function isUnder(binding: IssuerBinding, { certificate }: Identity): boolean {
  if (certificate === null) return false
  return certificate.caKeys.some((key) => binding.keys.has(key)) || binding.names.has(certificate.issuerDn)
}
