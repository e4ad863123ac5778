import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExpressionError } from '../../../src/identity/expression-error.ts'
import { compilePattern, compileWildcard, exactPattern, isExact } from '../../../src/identity/pattern.ts'

const matching: [pattern: string, yes: string[], no: string[]][] = [
  ['alice', ['alice'], ['Alice', 'alice ', 'alic', 'xalice', '']],
  ['*', ['', 'a', 'a,b', '日本'], []],
  ['svc-*', ['svc-', 'svc-1'], ['svc', 'xsvc-1', 'SVC-1']],
  ['*.example', ['.example', 'a.b.example'], ['example', 'a.examples']],
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
  ['ab*bc', ['abbc', 'abxbc'], ['abc']],
  ['*a*b*', ['ab', 'xaybz', 'aab'], ['ba', 'a', 'b']],
  ['a*b*c', ['abc', 'abbc', 'axbybzc'], ['acb', 'abcb']],
  ['**', ['', 'a'], []],
  ['a?c', ['abc', 'a?c', 'a😀c', 'a\nc'], ['ac', 'abbc', 'Abc']],
  ['?*', ['a', 'ab'], ['']],
  ['*?.x', ['a.x', 'ab.x'], ['.x']],
  ['a.c', ['a.c'], ['abc']],
  ['(a|b)', ['(a|b)'], ['a']],
  ['a\\*', ['a\\', 'a\\x'], ['a*']],
  ['/a.c/', ['abc', 'a.c'], ['xabc', 'abcx', '/a.c/', 'ABC', 'ac']],
  ['/a|b/', ['a', 'b'], ['ab', 'ax', 'xb']],
  ['/^a$/', ['a'], ['ab', 'a\n']],
  ['/(?i)alice/', ['ALICE'], ['ALICE2']],
  ['/CN=[^,]+,OU=ops/', ['CN=a,OU=ops'], ['CN=a,b,OU=ops']],
  ['/a', ['/a'], ['a']],
  ['a/', ['a/'], ['a']],
  ['/', ['/'], ['']],
  ['/a*', ['/a', '/ab'], ['a']],
  ['', [], ['', ' ', 'a']],
  ['   ', [], ['', '   ', 'a']],
  ['__proto__', ['__proto__'], ['toString']],
]
for (const [pattern, yes, no] of matching) {
  test(`'${pattern}' matches what it should`, () => {
    const compiled = compilePattern(pattern)
    for (const value of yes) assert.equal(compiled.matches(value), true, JSON.stringify(value))
    for (const value of no) assert.equal(compiled.matches(value), false, JSON.stringify(value))
    for (const value of yes) for (const literal of compiled.literals) assert(value.includes(literal), `${value} has no ${literal}`)
  })
}

test('kinds', () => {
  const kinds = ['alice', 'a*', '/a/', '', ' '].map((text) => compilePattern(text).kind)
  assert.deepEqual(kinds, ['exact', 'wildcard', 'regex', 'nothing', 'nothing'])
  assert.deepEqual(['alice', '/', 'a*', 'a?', '/a/', ''].map(isExact), [true, true, false, false, false, false])
})

test('a regular expression that cannot be compiled is an error that says why', () => {
  const cases: [string, RegExp][] = [
    ['/(a/', /the regular expression \/\(a\/ cannot be used: missing closing \)/],
    ['/(a)\\1/', /invalid escape sequence/],
    ['/(?=a)/', /invalid or unsupported Perl syntax/],
    ['/a{2000}/', /invalid repeat count/],
    ['//', /is empty/],
  ]
  for (const [pattern, message] of cases) {
    assert.throws(
      () => compilePattern(pattern),
      (error) => {
        assert(error instanceof ExpressionError)
        assert.match(error.message, message)
        assert.notEqual(error.hint, undefined)
        return true
      },
    )
  }
})

test('a regular expression that would run away elsewhere ends quickly', () => {
  const value = `${'a'.repeat(4_000)}!`
  const started = performance.now()
  for (const pattern of ['/(a+)+/', '/(a|a)*/', '/(a*)*b/', `*${'a*'.repeat(30)}b`, `${'?*'.repeat(20)}b`])
    assert.equal(compilePattern(pattern).matches(value), false)
  assert(performance.now() - started < 10_000)
})

test('in a glob, slashes are ordinary', () => {
  const glob = compileWildcard('/a.c/')
  assert.equal(glob.matches('/a.c/'), true)
  assert.equal(glob.matches('abc'), false)
  assert.equal(compileWildcard('spiffe://t/*').matches('spiffe://t/a/b'), true)
})

test('exactPattern matches its value and nothing else', () => {
  assert.equal(exactPattern('alice'), 'alice')
  for (const value of ['*', '.*', 'a?', '/a/', '//', '*.example.com', 'CN=*,O=a\\, b', '/x*/', 'a\n*']) {
    const pattern = compilePattern(exactPattern(value))
    assert.equal(pattern.matches(value), true, value)
    for (const other of ['alice', '', 'a', 'ab', `${value}x`, 'x']) assert.equal(pattern.matches(other), false, `${value} ${other}`)
  }
})
