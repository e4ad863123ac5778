import { utf8 } from './asn1-string.ts'
import { ExpressionError } from './expression-error.ts'
import { printName } from './name-print.ts'
import { attributeFromDer } from './name-read.ts'
import { attributeOid } from './oids.ts'
import type { Attribute, Name, Rdn } from './types.ts'

/** What `\` makes literal (RFC 4514 section 2.4, and `=` and `#` of RFC 2253). */
const ESCAPABLE = ' ,=+<>#;"\\'
const HEX_PAIR = /^[0-9a-fA-F]{2}$/
/** What stands for itself in a value without quotes, wherever it is in it. */
const ORDINARY = /[^ ,;+<>"\\]+/y

/**
 * A DN as a person configures it: RFC 4514 or 2253, also with quoted values, `;` separators and spaces around
 * separators (RFC 1779). Most specific RDN first in the text, DER order in the result. Throws ExpressionError.
 */
export function parseName(text: string): Name {
  const rdns = new NameParser(text).parse()
  return rdns.reverse()
}

/** The printed form of a DN however it is written, to compare with CertificateFacts.dn; null where the text is not a DN. */
export function canonicalDn(text: string): string | null {
  // Most user names are no DN, and an error with its stack for each of 100,000 would take a second.
  if (!text.includes('=')) return null
  try {
    return printName(parseName(text))
  } catch (error) {
    if (error instanceof ExpressionError) return null
    throw error
  }
}

class NameParser {
  readonly #text: string
  #position = 0

  constructor(text: string) {
    this.#text = text
  }

  parse(): Rdn[] {
    this.#skipSpaces()
    if (this.#atEnd) throw this.#error('it is empty')
    const rdns: Attribute[][] = [[this.#attribute()]]
    while (!this.#atEnd) {
      const separator = this.#take()
      const attribute = this.#attribute()
      if (separator === '+') rdns.at(-1)?.push(attribute)
      else rdns.push([attribute])
    }
    return rdns
  }

  get #atEnd(): boolean {
    return this.#position >= this.#text.length
  }

  get #atSeparator(): boolean {
    return this.#atEnd || ',;+'.includes(this.#peek())
  }

  #peek(): string {
    return this.#text.charAt(this.#position)
  }

  #take(): string {
    return this.#text.charAt(this.#position++)
  }

  #skipSpaces(): void {
    while (this.#peek() === ' ') this.#position++
  }

  /** Leaves the position at the separator that ends the attribute, or at the end. */
  #attribute(): Attribute {
    const oid = this.#type()
    this.#skipSpaces()
    const attribute = this.#value(oid)
    this.#skipSpaces()
    if (!this.#atSeparator) throw this.#error(`a separator is missing before '${this.#peek()}'`)
    return attribute
  }

  #type(): string {
    this.#skipSpaces()
    const start = this.#position
    const equals = this.#text.indexOf('=', start)
    if (equals < 0) throw this.#error(`'${this.#text.slice(start)}' has no '='`)
    const type = this.#text.slice(start, equals).trimEnd()
    const oid = attributeOid(type)
    if (oid === null) throw this.#error(`the attribute type '${type}' is not known`)
    this.#position = equals + 1
    return oid
  }

  #value(oid: string): Attribute {
    if (this.#peek() === '#') return this.#hexValue(oid)
    return { oid, value: this.#peek() === '"' ? this.#quotedValue() : this.#plainValue() }
  }

  /** `#` and the hex of the value's DER; a string type becomes its text, so that it equals the same text written plainly. */
  #hexValue(oid: string): Attribute {
    const start = this.#position++
    while (!this.#atSeparator && this.#peek() !== ' ') this.#position++
    const digits = this.#text.slice(start + 1, this.#position)
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(digits)) throw this.#error(`'#${digits}' is not pairs of hex digits`)
    try {
      return attributeFromDer(oid, Buffer.from(digits, 'hex'))
    } catch (cause) {
      throw this.#error(`'#${digits}' is not the DER of one value`, cause)
    }
  }

  #quotedValue(): string {
    this.#position++
    let value = ''
    while (this.#peek() !== '"') {
      if (this.#atEnd) throw this.#error(`a closing '"' is missing`)
      value += this.#peek() === '\\' ? this.#escape() : this.#take()
    }
    this.#position++
    return value
  }

  /** Spaces before and after are not part of the value unless escaped. */
  #plainValue(): string {
    let value = ''
    let keep = 0
    while (!this.#atSeparator) {
      const ordinary = this.#ordinary()
      if (ordinary !== '') {
        value += ordinary
        keep = value.length
        continue
      }
      const character = this.#peek()
      if ('<>"'.includes(character)) throw this.#error(`'${character}' needs a backslash before it`)
      value += character === '\\' ? this.#escape() : this.#take()
      if (character !== ' ') keep = value.length
    }
    return value.slice(0, keep)
  }

  #ordinary(): string {
    ORDINARY.lastIndex = this.#position
    const start = this.#position
    if (ORDINARY.test(this.#text)) this.#position = ORDINARY.lastIndex
    return this.#text.slice(start, this.#position)
  }

  /** One escaped special character, or a run of `\XX` that together must be UTF-8. */
  #escape(): string {
    const start = this.#position
    const next = this.#text.charAt(start + 1)
    if (next !== '' && ESCAPABLE.includes(next)) {
      this.#position += 2
      return next
    }
    const bytes: number[] = []
    while (this.#peek() === '\\' && HEX_PAIR.test(this.#text.slice(this.#position + 1, this.#position + 3))) {
      bytes.push(Number.parseInt(this.#text.slice(this.#position + 1, this.#position + 3), 16))
      this.#position += 3
    }
    const text = bytes.length === 0 ? null : utf8(Uint8Array.from(bytes))
    if (text === null) throw this.#error(`'${this.#text.slice(start, this.#position + 2)}' is not an escape of a character`)
    return text
  }

  #error(problem: string, cause?: unknown): ExpressionError {
    const where = `character ${this.#position + 1}`
    return new ExpressionError(
      `not a distinguished name: ${problem} (${where})`,
      'write it as `certgate dn` prints it, e.g. CN=alice,OU=ops',
      cause,
    )
  }
}
