import { hexValue, isUnreserved } from './path-bytes.ts'
import type { PathPolicy } from './types.ts'

export { isCanonical } from './path-bytes.ts'

/** The request target is refused (400); `problem` says why in plain words. */
export interface PathProblem {
  readonly problem: string
}

/** What a target holds that only a route with the matching `path_policy` may let through. */
export interface PathFindings {
  readonly encodedSlash: boolean
  readonly semicolon: boolean
  readonly doubleSlash: boolean
}

/** A request target that was understood. `path` decides; `forwardPath` says what may be sent on. */
export interface CanonicalPath {
  readonly problem: null
  readonly form: 'origin' | 'absolute' | 'asterisk'
  /** Lower case, of an absolute-form target, which the caller has to compare with `Host`; else null. */
  readonly authority: string | null
  /** The conservative reading: `%2F` is a slash, parameters after `;` are cut, `//` is one slash. `*` for the asterisk form. */
  readonly path: string
  /** With its `?`, byte for byte as received; empty without one. */
  readonly query: string
  readonly found: PathFindings
  /** The path to forward under a route's policy, or why that policy refuses what was found. */
  forwardPath(policy: PathPolicy): string | PathProblem
}

/** What a route without its own `path_policy` has. */
export const DEFAULT_PATH_POLICY: PathPolicy = { encodedSlash: 'refuse', semicolon: 'refuse', doubleSlash: 'merge' }

const NOTHING_FOUND: PathFindings = { encodedSlash: false, semicolon: false, doubleSlash: false }

/** One piece between two separators: `/`, or `%2F` where that was found. */
interface Piece {
  readonly separator: '/' | '%2F'
  /** Unreserved escapes decoded, others upper-cased, parameters still there. */
  readonly text: string
  /** Without parameters. */
  readonly bare: string
  readonly dots: '' | '.' | '..'
}

class Refused extends Error {}

/**
 * Reads a request target (one character per byte) into the one path that decides, fails closed on every ambiguity (RFC 9112 section 3.2,
 * RFC 3986 section 6.2.2). With `method` it also refuses CONNECT, and `*` with anything but OPTIONS.
 */
export function canonicalise(target: string, method?: string): CanonicalPath | PathProblem {
  if (method === 'CONNECT') return { problem: 'CONNECT is not accepted' }
  if (target === '*') {
    if (method !== undefined && method !== 'OPTIONS') return { problem: 'the target * goes only with OPTIONS' }
    return { problem: null, form: 'asterisk', authority: null, path: '*', query: '', found: NOTHING_FOUND, forwardPath: () => '*' }
  }
  const question = target.indexOf('?')
  const beforeQuery = question === -1 ? target : target.slice(0, question)
  const query = question === -1 ? '' : target.slice(question)
  try {
    if (beforeQuery.startsWith('/')) return canonicalPath('origin', null, beforeQuery, query)
    const { authority, path } = splitAbsolute(beforeQuery)
    return canonicalPath('absolute', authority, path === '' ? '/' : path, query)
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message }
    throw error
  }
}

/** Absolute form of http and https (RFC 9112 section 3.2.2); user information is never accepted. */
function splitAbsolute(target: string): { authority: string; path: string } {
  const match = /^https?:\/\/([A-Za-z0-9._~:[\]-]+)(\/.*)?$/is.exec(target)
  if (match === null) throw new Refused('the target is neither a path nor an http URL')
  return { authority: (match[1] as string).toLowerCase(), path: match[2] ?? '' }
}

function canonicalPath(form: 'origin' | 'absolute', authority: string | null, raw: string, query: string): CanonicalPath {
  const pieces = readPieces(raw)
  const found = {
    encodedSlash: pieces.some((piece) => piece.separator === '%2F'),
    semicolon: pieces.some((piece) => piece.bare !== piece.text),
    doubleSlash: pieces.some((piece, index) => piece.text === '' && index < pieces.length - 1),
  }
  const dotted = pieces.some((piece) => piece.dots !== '')
  if (dotted && found.encodedSlash) throw new Refused('a dot segment beside an encoded slash is ambiguous')
  if (dotted && found.semicolon) throw new Refused('a dot segment beside a semicolon is ambiguous')
  const path = joinConservatively(pieces)
  const forwardPath = (policy: PathPolicy): string | PathProblem => {
    if (found.encodedSlash && policy.encodedSlash === 'refuse') return { problem: 'the path has an encoded slash, %2F' }
    if (found.semicolon && policy.semicolon === 'refuse') return { problem: 'the path has a semicolon' }
    const keepsEmpty = found.doubleSlash && policy.doubleSlash === 'keep'
    if (dotted) return keepsEmpty ? { problem: 'a dot segment beside a double slash is ambiguous' } : path
    return joinAsFound(pieces, keepsEmpty)
  }
  return { problem: null, form, authority, path, query, found, forwardPath }
}

function readPieces(raw: string): Piece[] {
  const pieces: Piece[] = []
  let separator: Piece['separator'] = '/'
  let text = ''
  let dotWasEscaped = false
  const finish = (next: Piece['separator']): void => {
    pieces.push(makePiece(separator, text, dotWasEscaped))
    separator = next
    text = ''
    dotWasEscaped = false
  }
  for (let at = 1; at < raw.length; at++) {
    const code = raw.charCodeAt(at)
    if (code === 0x2f) {
      finish('/')
    } else if (code === 0x25) {
      const value = readEscape(raw, at)
      if (value === 0x2f) finish('%2F')
      else if (isUnreserved(value)) text += String.fromCharCode(value)
      else text += raw.slice(at, at + 3).toUpperCase()
      if (value === 0x2e) dotWasEscaped = true
      at += 2
    } else {
      refuseRaw(code)
      text += raw[at]
    }
  }
  finish('/')
  return pieces
}

function readEscape(raw: string, at: number): number {
  const high = hexValue(raw.charCodeAt(at + 1))
  const low = hexValue(raw.charCodeAt(at + 2))
  // charCodeAt beyond the end is NaN, which hexValue turns into -1 too.
  if (high < 0 || low < 0) throw new Refused('the path has a % without two hex digits')
  const value = high * 16 + low
  if (value === 0) throw new Refused('the path has an encoded NUL, %00')
  if (value === 0x5c) throw new Refused('the path has an encoded backslash, %5C')
  return value
}

function refuseRaw(code: number): void {
  if (code <= 0x20 || code === 0x7f) throw new Refused('the path has a space or a control character')
  if (code > 0x7f) throw new Refused('the path has a raw character outside ASCII')
  if (code === 0x5c) throw new Refused('the path has a backslash')
  if (code === 0x23) throw new Refused('the target has a fragment, #')
}

function makePiece(separator: Piece['separator'], text: string, dotWasEscaped: boolean): Piece {
  // Judged after decoding: %25%34%31 would otherwise become %2541 unseen.
  if (/%25[0-9A-Fa-f]{2}/.test(text)) throw new Refused('the path is percent-encoded twice')
  // Two hops, one that decodes and one that cuts parameters, would make a dot segment of it.
  if (/^\.\.?%3B/.test(text)) throw new Refused('the path has a dot segment with an encoded semicolon, %3B')
  const semicolon = text.indexOf(';')
  const bare = semicolon === -1 ? text : text.slice(0, semicolon)
  const dots = bare === '.' || bare === '..' ? bare : ''
  if (dots !== '' && dotWasEscaped) throw new Refused('the path has a dot segment spelt with %2E')
  return { separator, text, bare, dots }
}

/** Merges and cuts before it resolves dot segments, as the most lenient upstream would. */
function joinConservatively(pieces: readonly Piece[]): string {
  const kept: string[] = []
  pieces.forEach((piece, index) => {
    const last = index === pieces.length - 1
    if (piece.dots === '..' && kept.pop() === undefined) throw new Refused('the path leads above the root')
    if (piece.dots === '' && piece.bare !== '') kept.push(piece.bare)
    else if (last) kept.push('')
  })
  return `/${kept.join('/')}`
}

function joinAsFound(pieces: readonly Piece[], keepsEmpty: boolean): string {
  let path = ''
  pieces.forEach((piece, index) => {
    if (piece.text === '' && !keepsEmpty && index < pieces.length - 1) return
    path += path === '' ? `/${piece.text}` : piece.separator + piece.text
  })
  return path
}
