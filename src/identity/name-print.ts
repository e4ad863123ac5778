import { hexOf } from './der-values.ts'
import { PRINTED_TYPES } from './oids.ts'
import type { Attribute, Name, Rdn } from './types.ts'
import { hasUnprintable } from './unprintable.ts'

/** Escaped wherever they stand: RFC 2253 section 3 has `=` and `#` among its special characters too. */
const SPECIAL = /[,=+<>#;"\\]/
const NEEDS_ESCAPE = /^ | $|[,=+<>#;"\\]/
/** Pairs of a backslash and a character are read in step, so that the escaped backslash of `\\0D` is not taken for an escape. */
const HEX_ESCAPE = /^(?:[^\\]|\\[^0-9A-F])*\\[0-9A-F]{2}/

/**
 * The printed form of SEMANTICS section 3: most specific RDN first, `,` and `+` without spaces, RFC 2253 escapes,
 * types as Java prints them. Two names print the same only if they are equal, so the text serves as a key.
 */
export function printName(name: Name): string {
  return name.map(printRdn).reverse().join(',')
}

/** The attributes of a multi-valued RDN are a set: they are printed in one order, whatever order they came in. */
export function printRdn(rdn: Rdn): string {
  return rdn.length === 1 ? rdn.map(printAttribute).join('') : rdn.map(printAttribute).sort().join('+')
}

export function printAttribute(attribute: Attribute): string {
  const type = PRINTED_TYPES.get(attribute.oid) ?? `OID.${attribute.oid}`
  return `${type}=${attribute.encoded ? attribute.value : escapeValue(attribute.value)}`
}

/** True if a printed name holds a character that no name may hold; the printer shows such as `\XX` and nothing else so. */
export function printsUnprintable(dn: string): boolean {
  return HEX_ESCAPE.test(dn)
}

function escapeValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value) && !hasUnprintable(value)) return value
  const textStart = value.search(/[^ ]|$/)
  let textEnd = value.length
  while (value[textEnd - 1] === ' ') textEnd--
  let escaped = ''
  let index = 0
  for (const character of value) {
    if (character === ' ') escaped += index < textStart || index >= textEnd ? '\\ ' : ' '
    else if (SPECIAL.test(character)) escaped += `\\${character}`
    else escaped += hasUnprintable(character) ? hexEscape(character) : character
    index += character.length
  }
  return escaped
}

/** Each byte of the character's UTF-8 as `\XX` (RFC 4514 section 2.4). */
function hexEscape(character: string): string {
  return hexOf(Buffer.from(character)).toUpperCase().replace(/../g, '\\$&')
}
