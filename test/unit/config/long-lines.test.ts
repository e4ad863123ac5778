import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mappingRemarks } from '../../../src/config/remarks.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'
import { settingsWith } from '../../support/settings.ts'

const list = (count: number, item: (index: number) => string) => Array.from({ length: count }, (_, index) => item(index)).join(', ')

function problemsOf(text: string): readonly Problem[] {
  try {
    const { mapping, document } = parseRoleMapping(text, 'm.yml')
    const settings = settingsWith()
    const given = { settings, config: document, mapping, mappingDocument: document, authorities: [], ownAuthority: null }
    return mappingRemarks(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

/** Each took from half a minute to half an hour where a line was gone through for every problem, or every place in it. */
const texts: [what: string, text: string, last: RegExp][] = [
  ['remarks', `r: { hosts: [${list(50_000, (index) => `"h${index}.example"`)}] }`, /^and 49900 more problems$/],
  ['values that cannot be used', `r: { issuers: [${list(50_000, () => '"x"')}] }`, /^and 49900 more problems$/],
  ['duplicate keys', `{${list(100_000, () => 'a: {}')}}`, /^and 99899 more problems$/],
  ['duplicate keys of what is no YAML in the end', `{${list(100_000, () => 'a: {}')}, *b}`, /^and 99900 more problems$/],
  ['unknown keys', `r: {${list(100_000, (index) => `user${index}: 1`)}}`, /^and 99900 more problems$/],
  ['duplicate and unknown keys', `r: {${list(50_000, (index) => `a${index}: 1, a${index}: 2`)}}`, /^and 99900 more problems$/],
  ['open brackets', `r: ${'['.repeat(400_000)}`, /^nesting exceeded/],
  ['spaces', `r: { users: [1${' '.repeat(400_000)}] }`, /read as the number 1$/],
  ['words that go before secrets', `${'password: '.repeat(80_000)}\u2028x: [`, /^bad indentation/],
]

describe('problems in one long line', () => {
  for (const [what, text, last] of texts) {
    it(`are found in time linear in it: ${what}`, () => {
      const started = performance.now()
      const problems = problemsOf(text)
      assert(performance.now() - started < 15_000)
      assert.match(problems.at(-1)?.message ?? '', last)
      assert(problems.length <= 101)
      assert(JSON.stringify(problems).length < 100_000)
    })
  }

  it('are shown each at its place, and secrets beside them are not', () => {
    const filler = list(300, () => 'x')
    const problems = problemsOf(
      `r: { description: [${filler}], password: "geheim", users: [1, ${filler}, 2] } # token: abc ${'z'.repeat(2_000)}`,
    )
    assert.deepEqual(
      problems.map(({ message }) => message.replace(/`.*/, '')),
      ['expected text, not a list', 'unknown key ', 'expected text, but ', 'expected text, but '],
    )
    const carets = problems.map(({ snippet }) => {
      const [line = '', mark = ''] = snippet.split('\n')
      return line.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1)
    })
    assert.deepEqual(carets.slice(1), ['password', '1', '2'])
    assert.doesNotMatch(JSON.stringify(problems), /geheim|abc/)
  })
})
