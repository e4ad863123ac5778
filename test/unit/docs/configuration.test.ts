/** docs/configuration.md names every key that the schema knows, with its default, and no other; its tables of paths are what the code does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonSchema } from '../../../src/config/root.ts'
import { canonicalise, DEFAULT_PATH_POLICY } from '../../../src/policy/path.ts'
import { readDocument, rowsOf } from '../../support/documents.ts'

const TEXT = readDocument('docs/configuration.md')
const ROWS = rowsOf(TEXT).filter(({ head }) => head[0] === 'key')

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly default?: unknown
  readonly description?: string
  readonly $ref?: string
}

/** Every key by its path: `NAME` for names a person chooses, `[]` for items. What may stand in several places has one name. */
function keysOf(schema: Schema, path: string, found: Map<string, Schema>): Map<string, Schema> {
  assert.equal(schema.$ref, undefined, 'this test follows no references')
  for (const variant of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) keysOf(variant, path, found)
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    const here = nameOf(path === '' ? key : `${path}.${key}`)
    found.set(here, value)
    keysOf(value, here, found)
  }
  if (typeof schema.additionalProperties === 'object') keysOf(schema.additionalProperties, `${path}.NAME`, found)
  if (schema.items !== undefined) keysOf(schema.items, `${path}[]`, found)
  return found
}

/** Certificates and revocation lists are described once, wherever they stand. */
function nameOf(path: string): string {
  return path.replace(/^.*\.(certificate|crl|ocsp)\.(?=\w+$)/, '$1.')
}

/** The options of header styles have a page of their own, which another test compares with the code. */
function isStyleOption(path: string): boolean {
  return /^identity_headers\.styles\[\]\.(?!jwt)/.test(path)
}

const schema = new Map([...keysOf(jsonSchema(), '', new Map())].filter(([path]) => !isStyleOption(path)))
const documented = new Map(ROWS.map((row) => [/^`([^`]+)`$/.exec(row.cells[0] ?? '')?.[1] ?? `line ${row.line}`, row]))

test('every key of the schema is documented, once, and no other', () => {
  const known = [...schema.keys()]
  assert.deepEqual(
    known.filter((key) => !documented.has(key)),
    [],
    'missing in docs/configuration.md',
  )
  assert.deepEqual(
    [...documented.keys()].filter((key) => !schema.has(key)),
    [],
    'not in the schema',
  )
  assert.equal(documented.size, ROWS.length, 'a key is documented twice')
})

test('defaults are those of the schema', () => {
  for (const [key, row] of documented) {
    const value = schema.get(key)?.default
    if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) continue
    const cell = row.cells[1] ?? ''
    if (row.head[1] === 'default')
      assert.ok(cell.includes(`\`${Array.isArray(value) ? value.join(', ') : String(value)}\``), `${key}: ${cell}`)
  }
})

test('what is refused as not in this version stands under that heading, and nothing else does', () => {
  const refused = [...schema]
    .filter(([, value]) => value.description?.startsWith('not in this version: ') && !hasWords(value))
    .map(([key]) => key)
  const listed = ROWS.filter(({ head }) => head[1] === 'what it is for').map(({ cells }) => cells[0]?.replaceAll('`', ''))
  assert.deepEqual(listed.toSorted(), refused.toSorted())
})

/** Of such keys only some words are refused. */
function hasWords(value: object): boolean {
  return 'enum' in value
}

test('the canonical path is as the table says', () => {
  const rows = rowsOf(TEXT).filter(({ head }) => head[1] === 'decides and is forwarded as')
  assert.ok(rows.length > 8)
  for (const { cells } of rows) {
    const targets = [...(cells[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, target = '']) => target)
    for (const target of targets) {
      const said = /^`([^`]+)`/.exec(cells[1] ?? '')?.[1] ?? '400'
      assert.equal(forwarded(target), said, target)
    }
  }
})

function forwarded(target: string): string {
  const canonical = canonicalise(target, 'GET')
  if (canonical.problem !== null) return '400'
  const path = canonical.forwardPath(DEFAULT_PATH_POLICY)
  return typeof path === 'string' ? path + canonical.query : '400'
}
