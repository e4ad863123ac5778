/** The table of who may import whom is the linter's, and its folders are those of src. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKOUT } from '../../support/checkout.ts'
import { readDocument, rowsOf } from '../../support/documents.ts'

interface Override {
  readonly includes: readonly string[]
  readonly linter?: {
    readonly rules?: {
      readonly style?: {
        readonly noRestrictedImports?: { readonly options: { readonly patterns: readonly { group: readonly string[] }[] } }
      }
    }
  }
}

const folders = readdirSync(join(CHECKOUT, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(CHECKOUT, 'src', entry.name)).length > 0)
  .map(({ name }) => name)

/** What the linter lets a folder import. */
function allowedBy(override: Override, folder: string): string[] {
  const patterns = override.linter?.rules?.style?.noRestrictedImports?.options.patterns ?? []
  const forbidden = new Set(patterns.flatMap(({ group }) => group.map((glob) => /^\.\.\/(?:\*\*\/)?([^/]+)\//.exec(glob)?.[1])))
  return folders.filter((other) => other !== folder && !forbidden.has(other)).sort()
}

test('the layering table is what the linter holds', () => {
  const { overrides } = JSON.parse(readFileSync(join(CHECKOUT, 'biome.json'), 'utf8')) as { overrides: readonly Override[] }
  const linted = overrides.flatMap((override) => {
    const folder = /^src\/([^/]+)\/\*\*$/.exec(override.includes[0] ?? '')?.[1]
    return folder === undefined ? [] : [[folder, allowedBy(override, folder)] as const]
  })
  const documented = rowsOf(readDocument('docs/architecture.md'))
    .filter(({ head }) => head[0] === 'folder')
    .map(({ cells }) => [names(cells[0])[0] ?? '', names(cells[2]).sort()] as const)
  assert.deepEqual(new Map(documented), new Map(linted))
  assert.deepEqual(documented.map(([folder]) => folder).sort(), [...folders].sort())
})

function names(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}

test('every source file that the pages name is there', () => {
  const named = [
    'docs/architecture.md',
    'docs/adr/0002-layering.md',
    'docs/adr/0003-own-data-plane.md',
    'docs/adr/0004-trust-and-tickets.md',
  ].flatMap((page) => [...readDocument(page).matchAll(/\bsrc\/[a-z0-9/-]+(?:\.ts|\.cnf)?/g)].map(([path]) => path))
  assert.ok(named.length > 10)
  const known = new Set(readdirSync(join(CHECKOUT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => `src/${name}`))
  assert.deepEqual(
    named.filter((path) => !known.has(path.replace(/\/$/, ''))),
    [],
  )
})
