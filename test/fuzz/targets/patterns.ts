import { RE2JS } from 're2js'
import { ExpressionError } from '../../../src/identity/expression-error.ts'
import { compilePattern, exactPattern } from '../../../src/identity/pattern.ts'
import { PatternSet } from '../../../src/identity/pattern-set.ts'
import { Finding } from '../finding.ts'
import type { Random } from '../random.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'

const LETTERS = ['a', 'b', 'ab', 'abc', 'CN=', ',', 'é', '😀', ' ', '.', '/', '\\', '[', '(', '{', '+', '$', '^', '|']
const ATOMS = ['a', 'b', 'c', 'abc', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\w', '\\.', '(?:ab)', 'é']
const REPEATS = ['', '', '', '*', '+', '?', '{2}', '{1,3}', '{0,2}', '*?']

let compared = 0

/** Input: lines of which the last is the value, and the others are patterns. */
export const patterns: Target = {
  name: 'patterns',
  promise: 'patterns of the mapping match as a naive matcher and JavaScript say, alone or in a set, in bounded time',
  bounds: { ...BOUNDS, milliseconds: 500 },
  words: [
    ...LETTERS,
    ...ATOMS,
    '*',
    '?',
    '**',
    '*?*',
    '/',
    '\n',
    '/(a*)*b/',
    '/(?i)a/',
    '/a|b/',
    '/^a$/',
    '/\\Qa\\E/',
    '/(a|aa)+$/',
    '/x{1000}/',
  ],
  seeds: () =>
    ['a*\nab', '*,ou=x\nCN=a,ou=x', '/a.*b/\naxb', '?\n😀', '*abc*\n/.*abc.*/\nxabcx', '/(a*)*b/\naaaaaaaaaaaaaaaaaaaaaaaaaaaa'].map(
      (text) => Buffer.from(text),
    ),
  generate,
  run,
  counters: () => ({ 'regular expressions compared with JavaScript': compared }),
}

function generate(random: Random): Buffer {
  const lines = random.list(random.of([1, 1, 2, 5]), () => (random.chance(45) ? `/${regex(random, 2)}/` : wildcard(random)))
  const value = random.chance(60)
    ? random.list(random.between(0, 8), () => random.of(['a', 'b', 'c', 'ab', 'abc', '1', 'é', '😀', ' '])).join('')
    : (lines[0] ?? '').replace(/[*?/]/g, () => random.of(['', 'a', 'abc', '😀']))
  return Buffer.from([...lines, value.replaceAll('\n', '')].join('\n'))
}

const wildcard = (random: Random): string =>
  random.list(random.between(1, 6), () => (random.chance(40) ? random.of(['*', '?', '**']) : random.of(LETTERS))).join('')

function regex(random: Random, depth: number): string {
  const branch = () =>
    random
      .list(
        random.between(1, 3),
        () => (depth > 0 && random.chance(25) ? `(${regex(random, depth - 1)})` : random.of(ATOMS)) + random.of(REPEATS),
      )
      .join('')
  return random.list(random.of([1, 1, 2, 3]), branch).join('|')
}

function run(input: Buffer): Outcome {
  const lines = input.toString('utf8').split('\n')
  const value = lines.pop() ?? ''
  const usable: string[] = []
  const kinds = new Set<string>()
  let refusals = 0
  for (const line of lines.slice(0, 20)) {
    const pattern = compiled(line)
    if (pattern === null) {
      refusals++
      continue
    }
    usable.push(line)
    const matches = pattern.matches(value)
    kinds.add(`${pattern.kind} ${matches}`)
    if (matches && pattern.kind !== 'regex' && !pattern.literals.every((literal) => value.includes(literal)))
      throw new Finding('a match without a literal that every match holds', `${line} on ${value}`)
    judge(line, pattern.kind, value, matches)
  }
  sameInSet(usable, value)
  if (value.trim() !== '' && compilePattern(exactPattern(value)).matches(value) === false)
    throw new Finding('an exact pattern misses its value', value)
  return usable.length === 0 && refusals > 0 ? 'refused' : `accepted ${[...kinds].sort().join(', ')}`
}

function compiled(text: string) {
  try {
    return compilePattern(text)
  } catch (error) {
    if (error instanceof ExpressionError) return null
    throw error
  }
}

function judge(text: string, kind: string, value: string, matches: boolean): void {
  if (kind === 'regex') {
    const theirs = javaScript(text.slice(1, -1), value)
    if (theirs !== null && theirs !== matches)
      throw new Finding('a regular expression matches otherwise in JavaScript', `${text} on ${JSON.stringify(value)}: here ${matches}`)
    return
  }
  const expected = kind === 'nothing' ? false : naive([...text], [...value])
  if (expected !== matches)
    throw new Finding(`a ${kind} pattern matches otherwise`, `${JSON.stringify(text)} on ${JSON.stringify(value)}: here ${matches}`)
}

/** `*` is any characters, `?` one: row by row over both, as slow as it is plain. */
function naive(pattern: readonly string[], value: readonly string[]): boolean {
  let row = new Array<boolean>(value.length + 1).fill(false)
  row[0] = true
  for (const symbol of pattern) {
    const next = new Array<boolean>(value.length + 1).fill(false)
    next[0] = symbol === '*' && row[0] === true
    for (let at = 1; at <= value.length; at++) {
      if (symbol === '*') next[at] = row[at] === true || next[at - 1] === true
      else next[at] = row[at - 1] === true && (symbol === '?' || symbol === value[at - 1])
    }
    row = next
  }
  return row[value.length] === true
}

/** What both engines read alike; null for all else, and for what JavaScript might never end on. */
function javaScript(body: string, value: string): boolean | null {
  if (body.length > 60 || value.length > 16 || /[\r\u2028\u2029]/.test(value)) return null
  if (!/^(?:[A-Za-z0-9é ,=]|\\[.dw]|\(\?:|[()|.*+?]|\{\d(?:,\d)?\}|\[\^?[a-z-]+\])*$/.test(body) || /[*+?}][*+{]|\?\?|[*+?}]\?/.test(body))
    return null
  if ((body.match(/[*+{]/g) ?? []).length > 5) return null
  try {
    const regexp = new RegExp(`^(?:${body})$`, 'u')
    compared++
    return regexp.test(value)
  } catch {
    return null
  }
}

/** The index of a set must leave nothing out. */
function sameInSet(lines: readonly string[], value: string): void {
  const set = new PatternSet<number>()
  for (const [index, line] of lines.entries()) set.add(line, index)
  const found = set.match(value).sort((a, b) => a - b)
  const expected = lines.flatMap((line, index) => (compilePattern(line).matches(value) ? [index] : []))
  if (JSON.stringify(found) !== JSON.stringify(expected))
    throw new Finding(
      'a set of patterns matches otherwise than each',
      `${JSON.stringify(lines)} on ${JSON.stringify(value)}: ${found} of ${expected}; RE2 ${RE2JS.quote(value)}`,
    )
}
