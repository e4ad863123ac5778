import { isoMoment } from '../iso-moment.ts'
import { isRecord } from './is-record.ts'
import { malformed } from './problem.ts'
import { parseStrictJson } from './strict-json.ts'

/** A JSON object whose members are read one by one, each with a message that names it. Every method throws AdminProblem 400. */
export class Fields {
  readonly #members: Readonly<Record<string, unknown>>

  /** `known`: what may stand there; anything else is a slip of the pen that could give more than was meant. */
  constructor(members: Readonly<Record<string, unknown>>, known: Iterable<string>) {
    const names = new Set(known)
    const unknown = Object.keys(members).find((name) => !names.has(name))
    if (unknown !== undefined)
      throw malformed(
        `unknown member ${JSON.stringify(unknown.slice(0, 100))}`,
        names.size === 0 ? 'there are none here' : `there are ${[...names].join(', ')}`,
      )
    this.#members = members
  }

  static of(body: Uint8Array, known: Iterable<string>): Fields {
    const value = parseStrictJson(body)
    if (!isRecord(value)) throw malformed('the body is not a JSON object')
    return new Fields(value, known)
  }

  /** Of a request of which nothing needs to be said. */
  static ofAny(body: Uint8Array, known: Iterable<string>): Fields {
    return body.length === 0 ? new Fields({}, known) : Fields.of(body, known)
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined
  }

  /** undefined: absent or null. */
  raw(name: string): unknown {
    const value = Object.hasOwn(this.#members, name) ? this.#members[name] : undefined
    return value === null ? undefined : value
  }

  text(name: string): string {
    return this.optionalText(name) ?? missing(name)
  }

  optionalText(name: string): string | undefined {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'string') return value
    throw malformed(`${name} is not text`)
  }

  number(name: string): number | undefined {
    const value = this.raw(name)
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
    throw malformed(`${name} is not a number`)
  }

  flag(name: string): boolean {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'boolean') return value ?? false
    throw malformed(`${name} is neither true nor false`)
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
    throw malformed(`${name} is not a list of texts`)
  }

  /** Pairs of an object, e.g. permissions by database. */
  pairs(name: string): readonly (readonly [string, unknown])[] | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    if (isRecord(value)) return Object.entries(value)
    throw malformed(`${name} is not an object`)
  }

  date(name: string): Date | undefined {
    const text = this.optionalText(name)
    if (text === undefined) return undefined
    const moment = isoMoment(withZone(text))
    if (Number.isNaN(moment)) throw malformed(`${name} is not a date`, 'write it as 2030-01-31 or 2030-01-31T12:00:00Z')
    return new Date(moment)
  }

  /** One of `words`; undefined where absent. */
  word<T extends string>(name: string, words: Iterable<T>): T | undefined {
    const text = this.optionalText(name)
    if (text === undefined) return undefined
    const found = [...words].find((one) => one === text)
    if (found === undefined) throw malformed(`unknown ${name} ${JSON.stringify(text.slice(0, 100))}`, `one of ${[...words].join(', ')}`)
    return found
  }
}

/** A time without a zone is UTC, wherever the gateway stands. */
function withZone(text: string): string {
  return text.includes('T') && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text
}

function missing(name: string): never {
  throw malformed(`${name} is missing`)
}
