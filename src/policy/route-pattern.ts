import { hexValue } from './path-bytes.ts'

/** One segment of a pattern. Literal text is one character per byte after one decode, as the trie compares it. */
export type PatternSegment =
  | { readonly kind: 'literal'; readonly text: string }
  /** Literal parts around each `*`, so one more than there are stars. */
  | { readonly kind: 'glob'; readonly parts: readonly string[] }
  | { readonly kind: 'capture'; readonly name: string }

/** A parsed route path. */
export interface RoutePattern {
  readonly text: string
  readonly segments: readonly PatternSegment[]
  /** Ends in `**`: matches with zero or more further segments. */
  readonly rest: boolean
}

/** The target of a server-wide OPTIONS, and the pattern that matches only it. */
export const ASTERISK = '*'

/** Reads a route's `path`; throws an Error whose message says what to change where it could never match, or not as meant. */
export function parseRoutePattern(text: string): RoutePattern {
  if (text === ASTERISK) return { text, segments: [], rest: true }
  if (!text.startsWith('/')) throw new Error(`a path pattern begins with '/': write '/${text}'`)
  refuseUnmatchable(text)
  const words = text.slice(1).split('/')
  const rest = words.at(-1) === '**'
  if (rest) words.pop()
  words.forEach((word, index) => {
    if (word.includes('**')) throw new Error(`'**' may only be the whole last segment, not in '${word}'`)
    if (word === '' && (rest || index < words.length - 1))
      throw new Error("'//' never matches: slashes are merged before routes are looked up")
  })
  const segments = words.map(parseSegment)
  refuseRepeatedCaptures(segments)
  return { text, segments, rest }
}

/** What the canonical path cannot hold, a pattern must not hold either: such a rule would protect nothing. */
function refuseUnmatchable(text: string): void {
  if (/[?#]/.test(text)) throw new Error("'?' and '#' never match: a pattern is compared with the path only, not with the query")
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new Error('a path pattern cannot hold control characters')
  if (text.includes('\\')) throw new Error("'\\' never matches: such requests are refused")
  if (text.includes(';'))
    throw new Error("';' never matches: parameters are cut off before routes are looked up; write %3B for a literal one")
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw new Error("'%' needs two hex digits; write %25 for a literal one")
  if (/%2F/i.test(text)) throw new Error("'%2F' never matches: it is read as '/' when routes are looked up")
  if (/%00|%5C/i.test(text)) throw new Error("'%00' and '%5C' never match: such requests are refused")
}

function parseSegment(word: string): PatternSegment {
  const capture = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/.exec(word)
  if (capture !== null) return { kind: 'capture', name: capture[1] as string }
  if (/[{}]/.test(word)) {
    throw new Error(
      `'{name}' has to be a whole segment with a name of letters, digits, '-' and '_', not '${word}'; write %7B for a literal brace`,
    )
  }
  if (word.includes('*')) return { kind: 'glob', parts: word.split('*').map(toBytes) }
  const text = toBytes(word)
  if (text === '.' || text === '..') throw new Error(`'${word}' never matches: dot segments are resolved before routes are looked up`)
  return { kind: 'literal', text }
}

/** UTF-8 bytes of a pattern's text with its escapes decoded, one character each. */
function toBytes(word: string): string {
  return decodeBytes(Buffer.from(word, 'utf8').toString('latin1'))
}

/**
 * Decodes every `%XX` once, each to one character per byte. Segments are compared in this form, so `!` and `%21` are one to us as
 * they are to nearly every upstream, and bytes that are not UTF-8 cannot throw.
 */
export function decodeBytes(text: string): string {
  if (!text.includes('%')) return text
  let decoded = ''
  for (let at = 0; at < text.length; at++) {
    const high = text[at] === '%' ? hexValue(text.charCodeAt(at + 1)) : -1
    const low = high === -1 ? -1 : hexValue(text.charCodeAt(at + 2))
    if (low === -1) {
      decoded += text[at]
    } else {
      decoded += String.fromCharCode(high * 16 + low)
      at += 2
    }
  }
  return decoded
}

function refuseRepeatedCaptures(segments: readonly PatternSegment[]): void {
  const names = new Set<string>()
  for (const segment of segments) {
    if (segment.kind !== 'capture') continue
    if (names.has(segment.name)) throw new Error(`'{${segment.name}}' is used twice in one path`)
    names.add(segment.name)
  }
}

/** Whether `text` consists of the literal parts in order with anything between them; at most text times parts steps. */
export function matchesGlob(parts: readonly string[], text: string): boolean {
  const first = parts[0] as string
  const last = parts[parts.length - 1] as string
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  const end = text.length - last.length
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index] as string
    const found = text.indexOf(part, at)
    if (found === -1 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

const NO_CAPTURES: ReadonlyMap<string, string> = new Map()

/** Values of `{name}` segments of a path that this pattern matches, decoded once; one that is not UTF-8 stays as it stands in the path. */
export function readCaptures(pattern: RoutePattern, path: string): ReadonlyMap<string, string> {
  if (!pattern.segments.some((segment) => segment.kind === 'capture')) return NO_CAPTURES
  const words = path.slice(1).split('/')
  const captures = new Map<string, string>()
  pattern.segments.forEach((segment, index) => {
    const word = words[index]
    if (segment.kind === 'capture' && word !== undefined) captures.set(segment.name, decodeText(word))
  })
  return captures
}

function decodeText(word: string): string {
  try {
    return decodeURIComponent(word)
  } catch {
    return word
  }
}
