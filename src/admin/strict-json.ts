import { malformed } from './problem.ts'

const DEEPEST = 32
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * The value of a JSON text (RFC 8259) in UTF-8. Throws AdminProblem for what is none, and for an object that names a member twice: two
 * readers would see two different requests.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw malformed('the request has no body', 'send a JSON object')
  const text = decode(bytes)
  const value = parse(text)
  checkMembers(text)
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('the body is not JSON')
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw malformed('the body is not UTF-8')
  }
}

/** Of a text that the parser has accepted: nothing but strings and brackets need to be looked at. */
function checkMembers(text: string): void {
  /** Of each object that is open its names so far; null: a list. */
  const open: (Set<string> | null)[] = []
  let expectsName = false
  for (const token of tokensOf(text)) {
    const names = open.at(-1) ?? null
    if (token === '{' || token === '[') {
      open.push(token === '{' ? new Set() : null)
      expectsName = token === '{'
      if (open.length > DEEPEST) throw malformed('the body is nested too deeply')
    } else if (token === '}' || token === ']') {
      open.pop()
      expectsName = false
    } else if (token === ',') expectsName = names !== null
    else if (token === ':') expectsName = false
    else if (expectsName && names !== null) {
      // Escapes are resolved: "\u0041" is "A".
      const name = JSON.parse(token) as string
      if (names.has(name)) throw malformed(`the body names ${JSON.stringify(name.slice(0, 100))} twice`)
      names.add(name)
    }
  }
}

/** Strings and brackets, in their order. Searched for, as one expression for a string of some megabytes would use up the stack. */
function* tokensOf(text: string): Generator<string> {
  const next = /["{}[\],:]/g
  for (let match = next.exec(text); match !== null; match = next.exec(text)) {
    const [token] = match
    if (token !== '"') {
      yield token
      continue
    }
    const end = endOfString(text, match.index)
    next.lastIndex = end + 1
    yield text.slice(match.index, end + 1)
  }
}

/** The quote that ends a string: the first with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  let at = start
  for (let escapes = 1; escapes % 2 === 1; ) {
    at = text.indexOf('"', at + 1)
    escapes = 0
    while (text[at - 1 - escapes] === '\\') escapes++
  }
  return at
}
