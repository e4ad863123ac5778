import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regexLiterals } from '../../../src/identity/regex-literals.ts'

const cases: [source: string, literals: string[]][] = [
  ['abc', ['abc']],
  ['CN=host[0-9]+,OU=ops', ['CN=host', ',OU=ops']],
  ['CN=(alice|bob),OU=ops', ['CN=', ',OU=ops']],
  ['.*,OU=team,.*', [',OU=team,']],
  ['a\\.b', ['a.b']],
  ['\\(a\\|b\\)', ['(a|b)']],
  ['abc*', ['ab']],
  ['abc?d', ['ab', 'd']],
  ['abc+d', ['abc', 'd']],
  ['abc{2}d', ['ab', 'd']],
  ['abc{2,}?d', ['ab', 'd']],
  ['a😀*b', ['a', 'b']],
  ['^abc$', ['abc']],
  ['ab\\d+cd', ['ab', 'cd']],
  ['a(b(c)d[)])e', ['a', 'e']],
  ['a[]x]b[^]x]c[[:alpha:]]d', ['a', 'b', 'c', 'd']],
  ['a[\\]]b', ['a', 'b']],
  ['(?P<n>a)bc', ['bc']],
  ['(?:a)*bc', ['bc']],
  // From here on: nothing is certain, so nothing is claimed.
  ['abc|def', []],
  ['abc(d)|e', []],
  ['(?i)abc', []],
  ['a(?i:b)c', []],
  ['\\Qa|b\\E', []],
  ['a\\x41b', []],
  ['a\\pNb', []],
  ['a{|}b', []],
  ['a{x}b', []],
  ['', []],
]
for (const [source, literals] of cases) {
  test(`/${source}/ always holds ${JSON.stringify(literals)}`, () => assert.deepEqual(regexLiterals(source), literals))
}
