import { RE2JS } from 're2js'
import { ExpressionError } from './expression-error.ts'
import { regexLiterals } from './regex-literals.ts'
import { regexSize } from './regex-size.ts'

/** A value as a person writes it in a mapping: exact, with `*` and `?`, or a `/regex/` over the whole string. */
export interface Pattern {
  readonly text: string
  /** `nothing`: a blank text, which matches nothing rather than everything. */
  readonly kind: 'exact' | 'wildcard' | 'regex' | 'nothing'
  /** Substrings that every match holds; an index may rely on them. Empty where none is known. */
  readonly literals: readonly string[]
  /** Case-sensitive, over the whole value, in time linear in it. */
  matches(value: string): boolean
}

/** The size of the largest expression, see regexSize: a match takes that many steps for each character, and compiling a few milliseconds. */
export const MOST_REGEX_SIZE = 5_000
/** Twice what one mapping may hold: the one in force, and the one that is judged. */
const MOST_REMEMBERED = 200_000
const MOST_QUOTED = 200

/** What compiling a text costs, by regexSize; 0 for all that is no regular expression. */
export function patternSize(text: string): number {
  return isRegex(text) ? regexSize(text.slice(1, -1)) : 0
}

/** Compiles one pattern. Throws ExpressionError for a regex that cannot be compiled or is too large: a rule half understood grants nothing. */
export function compilePattern(text: string): Pattern {
  return isRegex(text) ? compileRegex(text) : compileWildcard(text)
}

/** As compilePattern, but slashes are ordinary characters: for the glob of a SAN selector. */
export function compileWildcard(text: string): Pattern {
  if (isBlank(text)) return { text, kind: 'nothing', literals: [], matches: () => false }
  if (!/[*?]/.test(text)) return { text, kind: 'exact', literals: [text], matches: (value) => value === text }
  const literals = text.split(/[*?]/).filter((literal) => literal !== '')
  return { text, kind: 'wildcard', literals, matches: text.includes('?') ? questionMatcher(text) : starMatcher(text) }
}

/** True for a text that stands for itself alone. */
export function isExact(text: string): boolean {
  return !isRegex(text) && !isBlank(text) && !/[*?]/.test(text)
}

/** A pattern that matches this value and nothing else: the value itself wherever that is possible. The value must not be blank. */
export function exactPattern(value: string): string {
  return isExact(value) ? value : `/${RE2JS.quote(value)}/`
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function isRegex(text: string): boolean {
  return text.length > 1 && text.startsWith('/') && text.endsWith('/')
}

function compileRegex(text: string): Pattern {
  const body = text.slice(1, -1)
  if (body === '') throw new ExpressionError(`the regular expression '//' is empty`, 'write * to match everything')
  const size = regexSize(body)
  if (size > MOST_REGEX_SIZE) {
    const hint = 'write names one by one: plain values, and those with * and ?, have no such limit'
    throw new ExpressionError(`the regular expression ${shortened(text)} has size ${size}, and ${MOST_REGEX_SIZE} is the most`, hint)
  }
  const regex = compiledRegex(body, size, text)
  return { text, kind: 'regex', literals: regexLiterals(body), matches: (value) => regex.testExact(value) }
}

/** By source: a mapping is read, judged and taken up, and each time the expressions are the same. */
const remembered = new Map<string, { readonly regex: RE2JS; readonly size: number }>()
let rememberedSize = 0

function compiledRegex(body: string, size: number, text: string): RE2JS {
  const known = remembered.get(body)
  if (known !== undefined) return known.regex
  const regex = compileRe2(body, text)
  remembered.set(body, { regex, size })
  rememberedSize += size
  for (const [oldest, { size: freed }] of remembered) {
    if (rememberedSize <= MOST_REMEMBERED) break
    remembered.delete(oldest)
    rememberedSize -= freed
  }
  return regex
}

function compileRe2(body: string, text: string): RE2JS {
  try {
    return RE2JS.compile(body)
  } catch (cause) {
    const problem = (cause instanceof Error ? cause.message : String(cause)).replace(/^error parsing regexp: /, '')
    const hint = 'RE2 syntax: no look-around and no back-references, so that no pattern can run away'
    throw new ExpressionError(`the regular expression ${shortened(text)} cannot be used: ${shortened(problem)}`, hint, cause)
  }
}

function shortened(text: string): string {
  return text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}...` : text
}

/** One character whatever it is, also where that takes two UTF-16 units; or any number of them; or this one. */
type Token = { readonly character: string } | 'one' | 'any'

/** Without a program: the last star takes one character more where what follows it does not fit. */
function questionMatcher(text: string): (value: string) => boolean {
  const tokens = [...text].map((character): Token => (character === '*' ? 'any' : character === '?' ? 'one' : { character }))
  return (value) => {
    const characters = [...value]
    let [at, token] = [0, 0]
    let star: { readonly token: number; at: number } | null = null
    while (at < characters.length) {
      const expected = tokens[token]
      if (expected === 'any') {
        star = { token: ++token, at }
      } else if (expected !== undefined && (expected === 'one' || expected.character === characters[at])) {
        at++
        token++
      } else if (star !== null) {
        at = ++star.at
        token = star.token
      } else {
        return false
      }
    }
    return tokens.slice(token).every((rest) => rest === 'any')
  }
}

/** Only stars: the first and last part are anchored, each other part may take the first place it finds. */
function starMatcher(text: string): (value: string) => boolean {
  const parts = text.split('*')
  const prefix = parts[0] ?? ''
  const suffix = parts.at(-1) ?? ''
  const middle = parts.slice(1, -1).filter((part) => part !== '')
  return (value) => {
    const end = value.length - suffix.length
    if (end < prefix.length || !value.startsWith(prefix) || !value.endsWith(suffix)) return false
    let position = prefix.length
    for (const part of middle) {
      const found = value.indexOf(part, position)
      if (found < 0) return false
      position = found + part.length
    }
    return position <= end
  }
}
