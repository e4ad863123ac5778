import type { Attribute, Name } from '../../identity/types.ts'

/** Short names that OpenSSL prints; any other type is printed as its dotted OID. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.13', 'description'],
  ['2.5.4.15', 'businessCategory'],
  ['2.5.4.17', 'postalCode'],
  ['2.5.4.41', 'name'],
  ['2.5.4.42', 'GN'],
  ['2.5.4.43', 'initials'],
  ['2.5.4.44', 'generationQualifier'],
  ['2.5.4.46', 'dnQualifier'],
  ['2.5.4.65', 'pseudonym'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
])

const UTF8 = new TextEncoder()

function hexPair(byte: number): string {
  return `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function escapeValue(value: string): string {
  let escaped = ''
  for (const byte of UTF8.encode(value)) {
    const character = String.fromCharCode(byte)
    // `\25`: a reader that percent-decodes must not find an escape that only a name contained.
    if (byte < 0x20 || byte > 0x7e || character === '%') escaped += hexPair(byte)
    else escaped += ',+"\\<>;'.includes(character) ? `\\${character}` : character
  }
  // `\20`, not `\ `: a header's reader takes away a space at the end and would leave half an escape.
  if (escaped.startsWith(' ')) escaped = `\\20${escaped.slice(1)}`
  if (escaped.endsWith(' ')) escaped = `${escaped.slice(0, -1)}\\20`
  return escaped.startsWith('#') ? `\\${escaped}` : escaped
}

function printAttribute({ oid, value }: Attribute): string {
  return `${SHORT_NAMES.get(oid) ?? oid}=${escapeValue(value)}`
}

/**
 * A name as `openssl x509 -nameopt RFC2253` prints it, which is what nginx's `$ssl_client_s_dn` and Envoy's `Subject` hold:
 * most specific first, and controls and non-ASCII as `\XX` of their UTF-8 bytes, so the result is printable ASCII.
 */
export function rfc2253(name: Name): string {
  return name
    .toReversed()
    .map((rdn) => rdn.toReversed().map(printAttribute).join('+'))
    .join(',')
}
