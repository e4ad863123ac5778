import { printAttribute } from './name-print.ts'
import type { Name, Rdn } from './types.ts'

export interface NameComparison {
  /** Fold `A` to `Z` only. Unicode folding would make names equal that are not: `CN=Straße` and `CN=STRASSE`. */
  readonly ignoreAsciiCase?: boolean
}

/** Types by OID, values exactly, RDNs in order; the attributes of one RDN are a set. Equal names also print the same. */
export function nameEquals(a: Name, b: Name, options: NameComparison = {}): boolean {
  return a.length === b.length && sameList(keys(a, options), keys(b, options))
}

/** The same RDNs in another order: not equal, and worth the question "reversed?" to whoever wrote one of them. */
export function isReordered(a: Name, b: Name, options: NameComparison = {}): boolean {
  if (a.length !== b.length) return false
  const left = keys(a, options)
  const right = keys(b, options)
  return !sameList(left, right) && sameList(left.sort(), right.sort())
}

function keys(name: Name, options: NameComparison): string[] {
  return name.map((rdn) => rdnKey(rdn, options))
}

function rdnKey(rdn: Rdn, options: NameComparison): string {
  const fold = options.ignoreAsciiCase ? foldAscii : (text: string) => text
  return rdn
    .map((attribute) => fold(printAttribute(attribute)))
    .sort()
    .join('+')
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.every((item, index) => item === b[index])
}
