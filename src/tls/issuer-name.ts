import type { Name } from '../identity/types.ts'

/**
 * A name folded as RFC 5280 section 7.1 compares issuer and subject (ASCII case and white space do not count, string types neither):
 * what finds the CRL of an issuer. Never who somebody is: identities are compared exactly.
 */
export function foldName(name: Name): string {
  return JSON.stringify(name.map((rdn) => rdn.map((attribute) => `${attribute.oid}=${fold(attribute.value)}`).sort()))
}

function fold(value: string): string {
  return value
    .replace(/[ \t\n\v\f\r]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
