import { ExpressionError } from './expression-error.ts'
import { attributeOid } from './oids.ts'
import { compileWildcard, type Pattern } from './pattern.ts'
import type { SanType } from './types.ts'

/** Which part of a certificate `username_attribute` or `roles_attribute` means. */
export type AttributeSelector =
  | { readonly kind: 'dn'; readonly text: string; readonly oid: string }
  /** `glob` is null where every SAN of the type counts. */
  | { readonly kind: 'san'; readonly text: string; readonly type: SanType; readonly glob: Pattern | null }

export const SAN_TYPES: readonly SanType[] = [
  'rfc822Name',
  'dNSName',
  'uniformResourceIdentifier',
  'iPAddress',
  'otherName',
  'directoryName',
  'registeredID',
]

/** What people write for a SAN type elsewhere; only for the hint, a configuration has one spelling. */
const SAN_NICKNAMES: ReadonlyMap<string, SanType> = new Map([
  ['email', 'rfc822Name'],
  ['mail', 'rfc822Name'],
  ['rfc822', 'rfc822Name'],
  ['dns', 'dNSName'],
  ['uri', 'uniformResourceIdentifier'],
  ['url', 'uniformResourceIdentifier'],
  ['spiffe', 'uniformResourceIdentifier'],
  ['ip', 'iPAddress'],
  ['upn', 'otherName'],
  ['dirname', 'directoryName'],
  ['rid', 'registeredID'],
])

/**
 * `cn`, `dn:ATTRIBUTE` or `san:TYPE[:GLOB]`; prefixes, attributes and types in any ASCII case, the glob case-sensitive.
 * Throws ExpressionError for what is not known: a rule that selects nothing must not look like one that works.
 */
export function parseAttributeSelector(text: string): AttributeSelector {
  const trimmed = text.trim()
  const [, prefix = '', rest = ''] = /^(dn|san):(.*)$/is.exec(trimmed) ?? []
  if (prefix.toLowerCase() === 'san') return sanSelector(trimmed, rest)
  return dnSelector(trimmed, prefix === '' ? trimmed : rest)
}

function dnSelector(text: string, attribute: string): AttributeSelector {
  const oid = attributeOid(attribute)
  if (oid === null) {
    throw new ExpressionError(
      `unknown attribute '${attribute}' in '${text}'`,
      'write cn, dn:ATTRIBUTE (ou, o, uid, emailAddress, ... or a dotted OID), or san:TYPE[:GLOB]',
    )
  }
  return { kind: 'dn', text, oid }
}

function sanSelector(text: string, rest: string): AttributeSelector {
  const colon = rest.indexOf(':')
  const word = (colon < 0 ? rest : rest.slice(0, colon)).toLowerCase()
  const type = SAN_TYPES.find((known) => known.toLowerCase() === word)
  if (type === undefined) {
    const meant = SAN_NICKNAMES.get(word)
    const hint = meant === undefined ? `the types are ${SAN_TYPES.join(', ')}` : `did you mean san:${meant}?`
    throw new ExpressionError(`unknown SAN type '${word}' in '${text}'`, hint)
  }
  return { kind: 'san', text, type, glob: colon < 0 ? null : sanGlob(text, rest.slice(colon + 1)) }
}

function sanGlob(text: string, glob: string): Pattern {
  if (glob.trim() === '')
    throw new ExpressionError(`the glob after the last ':' in '${text}' is empty`, 'leave the colon out to take every one')
  return compileWildcard(glob)
}
