import { RE2JS } from 're2js'
import { ExpressionError } from './expression-error.ts'
import { regexLiterals } from './regex-literals.ts'

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

/** Compiles one pattern. Throws ExpressionError for a regex that cannot be compiled: a rule half understood grants nothing. */
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
  const regex = compileRe2(body, 0, text)
  return { text, kind: 'regex', literals: regexLiterals(body), matches: (value) => regex.testExact(value) }
}

function compileRe2(body: string, flags: number, text: string): RE2JS {
  try {
    return RE2JS.compile(body, flags)
  } catch (cause) {
    const problem = (cause instanceof Error ? cause.message : String(cause)).replace(/^error parsing regexp: /, '')
    const hint = 'RE2 syntax: no look-around and no back-references, so that no pattern can run away'
    throw new ExpressionError(`the regular expression ${text} cannot be used: ${problem}`, hint, cause)
  }
}

/** `?` is one character, also where that takes two UTF-16 units, so the regex engine counts. */
function questionMatcher(text: string): (value: string) => boolean {
  const body = text.replace(/[*?]|[^*?]+/g, (part) => (part === '*' ? '.*' : part === '?' ? '.' : RE2JS.quote(part)))
  const regex = compileRe2(body, RE2JS.DOTALL, text)
  return (value) => regex.testExact(value)
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
