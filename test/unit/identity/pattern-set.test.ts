import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExpressionError } from '../../../src/identity/expression-error.ts'
import { compilePattern } from '../../../src/identity/pattern.ts'
import { PatternSet } from '../../../src/identity/pattern-set.ts'

function setOf(...patterns: readonly string[]): PatternSet<string> {
  const set = new PatternSet<string>()
  for (const pattern of patterns) set.add(pattern, pattern)
  return set
}

test('returns the value of every pattern that matches, exact ones first, then as added', () => {
  const set = setOf('/a.*/', 'alice', '*', 'ali*', 'bob', '*ce', 'a?ice')
  assert.deepEqual(set.match('alice'), ['alice', '/a.*/', '*', 'ali*', '*ce', 'a?ice'])
  assert.deepEqual(set.match('bob'), ['bob', '*'])
  assert.deepEqual(set.match(''), ['*'])
})

test('one text may stand for several values', () => {
  const set = new PatternSet<number>()
  set.add('alice', 1)
  set.add('alice', 2)
  set.add('a*', 3)
  set.add('a*', 4)
  assert.deepEqual(set.match('alice'), [1, 2, 3, 4])
  assert.deepEqual(set.exactly('alice'), [1, 2])
  assert.deepEqual(set.exactly('a*'), [])
})

test('a name that looks like a pattern, or like part of an object, is a literal', () => {
  const set = setOf('alice', '/b.*/')
  for (const name of ['*', '.*', '__proto__', 'constructor', 'toString', 'null', '/b.*/', '']) assert.deepEqual(set.match(name), [])
})

test('a blank pattern matches nothing', () => {
  const set = setOf('', '  ', '\t')
  for (const name of ['', '  ', '\t', 'a']) assert.deepEqual(set.match(name), [])
})

test('a bad pattern is refused, and the set goes on without it', () => {
  const set = setOf('a*')
  assert.throws(() => set.add('/(/', 'bad'), ExpressionError)
  assert.deepEqual(set.match('(ab'), [])
  assert.deepEqual(set.match('ab'), ['a*'])
})

test('patterns may be added after a match', () => {
  const set = setOf('ali*')
  assert.deepEqual(set.match('alice'), ['ali*'])
  set.add('*ice', '*ice')
  assert.deepEqual(set.match('alice'), ['ali*', '*ice'])
})

test('an empty set matches nothing', () => {
  assert.deepEqual(new PatternSet().match('a'), [])
})

let state = 3
function pick<T>(list: readonly T[]): T {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return list[(state >>> 8) % list.length] as T
}

function text(pieces: readonly string[], length: number): string {
  return Array.from({ length }, () => pick(pieces)).join('')
}

test('finds exactly what trying every pattern finds', () => {
  const letters = ['a', 'b', 'c', '=', ',', '😀', '\u0461', '\u0061']
  const wildcards = Array.from({ length: 400 }, () => text([...letters, ...letters, '*', '?'], pick([1, 3, 5, 8])))
  const parts = [...letters, ...letters, '.*', '[ab]+', '(a|b)', '(?:bc)*', '\\.', 'a?', 'b{1,2}', '[^,]', '\\w', 'c+', '$', '^']
  const regexes = Array.from({ length: 400 }, () => `/${text(parts, pick([2, 4, 6]))}/`).filter((source) => compiles(source))
  assert(regexes.length > 300)
  const patterns = [...wildcards, ...regexes]
  const set = setOf(...patterns)
  const compiled = patterns.map(compilePattern).filter((pattern) => pattern.kind !== 'exact')
  let found = 0
  for (let i = 0; i < 500; i++) {
    const name = text(letters, pick([0, 1, 2, 3, 5, 8, 12]))
    const expected = compiled.filter((pattern) => pattern.matches(name)).map((pattern) => pattern.text)
    assert.deepEqual(
      set.match(name).filter((pattern) => compilePattern(pattern).kind !== 'exact'),
      expected,
      name,
    )
    found += expected.length
  }
  assert(found > 1_000, `only ${found} matches: the test shows little`)
})

function compiles(pattern: string): boolean {
  try {
    compilePattern(pattern)
    return true
  } catch {
    return false
  }
}

test('100,000 names and 1,200 patterns are looked up in well under a millisecond', () => {
  const set = new PatternSet<string>()
  for (let i = 0; i < 100_000; i++) set.add(`user${i}`, 'exact')
  for (let i = 0; i < 1_000; i++) set.add(i % 2 === 0 ? `CN=svc${i}-*` : `CN=*,OU=team${i},O=T`, 'wildcard')
  for (let i = 0; i < 200; i++) set.add(`/CN=(alice|bob)${i},OU=ops[0-9]*/`, 'regex')
  const names = ['user77777', 'nobody', 'CN=svc500-a', 'CN=x,OU=team501,O=T', 'CN=bob7,OU=ops1', `CN=${'x'.repeat(200)}`]
  assert.deepEqual(
    names.map((name) => set.match(name).join()),
    ['exact', '', 'wildcard', 'wildcard', 'regex', ''],
  )
  const started = performance.now()
  for (let i = 0; i < 1_000; i++) set.match(pick(names))
  assert(performance.now() - started < 10_000, `${performance.now() - started} µs per lookup`)
})
