import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RE2JS } from 're2js'
import { compilePattern, MOST_REGEX_SIZE, patternSize } from '../../../src/identity/pattern.ts'
import { regexSize } from '../../../src/identity/regex-size.ts'

const expressions = [
  [
    'x{1000}',
    '(x{10}){100}',
    '((x{10}){10}){10}',
    '(((x?)?)?){300}',
    '(?:x*){1000}',
    'x{0,1000}',
    'x{500,}',
    '(a|b|c|d){250}',
    '(a{3,}){300}',
  ],
  ['[[:alpha:]x]{500}', '[]x]{500}', '[^]x]{900}', '[\\]x]{500}', '[\\x{41}-\\x{5A}]{500}', '\\pL{100}', '\\p{Greek}{9}', '\\x{41}{900}'],
  [
    '(\\b|^){900}',
    '\\B{900}',
    '\\w{900}',
    '(?s).{900}',
    '(?i)(straße|kelvin){100}',
    '(x{0,3}){300}',
    '(a?b?c?){300}',
    '\\Qx{9}\\E',
    'a{,9}b{c',
  ],
  ['^CN=[a-z]+,OU=ops$', '', 'ab|cd|ef', `${'(?:'.repeat(900)}${')'.repeat(900)}`],
].flat()

test('the size is no less than the program', () => {
  for (const expression of expressions) {
    const [size, program] = [regexSize(expression), RE2JS.compile(expression).programSize()]
    assert(size >= program, `${expression}: ${size} for a program of ${program}`)
  }
})

test('ordinary expressions are small, and what cannot be compiled is measured too', () => {
  for (const expression of ['^CN=[a-z]+,OU=ops$', 'svc-[0-9]{1,3}\\.example\\.(com|net)', '10\\.0\\.\\d{1,3}\\.\\d{1,3}'])
    assert(regexSize(expression) < 100, `${expression}: ${regexSize(expression)}`)
  for (const broken of ['(', ')', '[', '[[:', '\\', 'a{', '{9}', '*', '\\x{', ')))((('])
    assert(regexSize(broken) < 100, `${broken}: ${regexSize(broken)}`)
})

test('an expression that is too large is refused before it is compiled', () => {
  for (const large of [
    'x{1000}'.repeat(150_000),
    `${'(('.repeat(300_000)}`,
    '[a-z]{1000}'.repeat(6),
    '\\pL'.repeat(51),
    `${'a'.repeat(6_000)}`,
  ]) {
    const text = `/${large}/`
    const started = performance.now()
    assert.throws(() => compilePattern(text), /has size \d+, and 5000 is the most/)
    assert(performance.now() - started < 1_000, large.slice(0, 20))
  }
  const most = `/${'a'.repeat(MOST_REGEX_SIZE - 20)}/`
  assert.equal(compilePattern(most).matches('a'.repeat(MOST_REGEX_SIZE - 20)), true)
})

test('only regular expressions have a size', () => {
  assert.deepEqual(['alice', 'a*', 'a?b*', '', '/', '/a'].map(patternSize), [0, 0, 0, 0, 0, 0])
  assert.equal(patternSize('/a/'), 21)
})
