/** The building blocks of the schema: strict sections, words, switches, units, and keys that belong to a later version. */
import * as z from 'zod'
import { nearest } from './suggest.ts'

/** A value that has the right type but cannot be used; the message becomes the problem, at the value's place. */
export class InvalidValue extends Error {
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** A mapping with exactly these keys; an unknown key is told with the one that was probably meant. */
export function section<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined
      return issue.keys.map((key) => suggestion(key, known)).join('\n')
    },
  })
}

function suggestion(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined ? `${KNOWN_HERE}${known.join(', ')}` : didYouMean(meant)
}

export const KNOWN_HERE = 'known here: '

export function didYouMean(meant: string): string {
  return `did you mean \`${meant}\`?`
}

/** A schema whose value goes through a parser; what the parser throws as InvalidValue becomes the problem. */
export function parsed<S extends z.ZodType, T>(schema: S, parse: (value: z.output<S>) => T) {
  return schema.transform((value, context): T => {
    try {
      return parse(value)
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error
      context.addIssue({ code: 'custom', message: error.message, params: { hint: error.hint } })
      return z.NEVER
    }
  })
}

/** A key that a later version will know: in the schema for editors, refused here, never accepted and ignored. */
export function later(description: string) {
  return z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value !== undefined) context.addIssue({ code: 'custom', message: LATER, params: { at: 'key', hint: LATER_HINT } })
    })
    .meta({ description: `not in this version: ${description}` })
}

/** Said of keys and words that are in the schema, but belong to a later version. */
export const LATER = 'not in this version'
export const LATER_HINT = 'remove it: it would change nothing'

/** One of the words; words of a later version are in the schema, and refused as such. */
export function word<const W extends string, const L extends string = never>(words: readonly W[], laterWords: readonly L[] = []) {
  const now: readonly string[] = words
  const base = z.enum([...words, ...laterWords] as [W | L, ...(W | L)[]], {
    // Nobody is sent to a word that is refused next. A value that is missing is told as such.
    error: ({ input }) => (laterWords.length === 0 || input === undefined ? undefined : onlyThese(now)),
  })
  const described = laterWords.length === 0 ? base : base.meta({ description: `not in this version: ${laterWords.join(', ')}` })
  return described.transform((value, context): W => {
    if ((words as readonly string[]).includes(value)) return value as W
    context.addIssue({
      code: 'custom',
      message: `\`${value}\` is ${LATER}`,
      params: words.length > 3 ? {} : { hint: `use ${words.join(' or ')}` },
    })
    return z.NEVER
  })
}

/** What the values of an enumeration are told as, where not all that it knows can be used. */
export const ONLY = 'expected '

const onlyThese = (words: readonly string[]): string =>
  `${ONLY}${words.length === 1 ? '' : 'one of '}${words.map((one) => `\`${one}\``).join(', ')}`

const SWITCH_WORDS = ['true', 'false', 'yes', 'no', 'on', 'off'] as const

/** `true` or `false`, also as text: what a placeholder gives is always text, and editors read `on` as text too. */
export function toggle() {
  return z
    .union([z.boolean(), z.enum(SWITCH_WORDS)], { error: 'expected true or false' })
    .transform((value): boolean => value === true || value === 'true' || value === 'yes' || value === 'on')
}

/** Text that is not empty and holds no control characters: a name, a pattern, a path. */
export function text(what: string) {
  return parsed(z.string(), (value) => {
    if (value.trim() === '') throw new InvalidValue(`${what} must not be empty`)
    if (/[\u0000-\u001f\u007f]/.test(value)) throw new InvalidValue(`${what} must not hold control characters`)
    return value
  })
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number, expected = 'expected a whole number') {
  return parsed(z.union([z.number(), z.string()], { error: expected }), (value) => {
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    if (typeof number === 'string' || !Number.isSafeInteger(number)) throw new InvalidValue(expected)
    if (number < min || number > max) throw new InvalidValue(`expected a number from ${min} to ${max}`)
    return number
  })
}

/** A list that must hold something: an empty one would read as "any" to some and as "none" to others. */
export function list<S extends z.ZodType>(item: S, emptyMessage: string) {
  return z.array(item).min(1, emptyMessage)
}

/** One value or a list of them. */
export function oneOrMore<S extends z.ZodType>(item: S, emptyMessage: string) {
  return z
    .union([item, list(item, emptyMessage)], { error: 'expected text or a list' })
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<S>[])
}

/** A name that someone gives to a listener, an upstream or a domain: it appears in logs, metrics and problem paths. */
export function namedMap<S extends z.ZodType>(value: S) {
  return z.record(nameSchema, value)
}

export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,99}$/, 'a name holds letters, digits, dots, spaces, `-` and `_`, and begins with a letter or digit')

/** What stands in hints where a secret is better kept outside the file. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a person has to write
export const FILE_PLACEHOLDER = '"${file:...}"'
