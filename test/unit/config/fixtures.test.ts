import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { parseInternalUsers } from '../../../src/config/internal-users.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'

const FOLDER = join(import.meta.dirname, '../../fixtures/config')
const ENV = { PFX_PASSWORD: 'x', SECRET_VALUE: 's3cret-value' }

/** `#= LINE:COLUMN SEVERITY: MESSAGE -- HINT`: every problem of the file, in its order. */
function expected(text: string): string[] {
  return [...text.matchAll(/^#= (.*)$/gm)].map((match) => match[1] ?? '')
}

function printed(problems: readonly Problem[]): string[] {
  return problems.map(({ line, column, severity, message, hint }) => {
    const text = `${line}:${column} ${severity}: ${message}${hint === undefined ? '' : ` -- ${hint}`}`
    return text.replaceAll(`${FOLDER}/`, '')
  })
}

function problemsOf(parse: () => { readonly warnings: readonly Problem[] }): {
  readonly accepted: boolean
  readonly problems: readonly Problem[]
} {
  try {
    return { accepted: true, problems: parse().warnings }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { accepted: false, problems: error.problems }
  }
}

const PARSERS = [
  ['', (text: string, file: string) => parseConfig(text, file, { env: ENV })],
  ['mapping', parseRoleMapping],
  ['users', parseInternalUsers],
] as const

for (const [folder, parse] of PARSERS) {
  describe(`fixtures/config/${folder}`, () => {
    const files = globSync(join(FOLDER, folder, '*.{good,bad}.yml')).sort()
    it('has fixtures', () => assert.ok(files.length > 1))
    for (const file of files) {
      it(basename(file), () => {
        const text = readFileSync(file, 'utf8')
        const { accepted, problems } = problemsOf(() => parse(text, file))
        assert.deepEqual(printed(problems), expected(text))
        assert.equal(accepted, file.endsWith('.good.yml'))
        for (const { snippet, message, hint } of problems) {
          assert.doesNotMatch(`${snippet}${message}${hint}`, /hunter2|s3cret|\$2y\$12\$abc/)
          if (!file.includes('empty')) assert.match(snippet, /^ \d+ \| .*\n +\| +\^+$/)
        }
      })
    }
  })
}
