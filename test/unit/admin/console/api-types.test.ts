/**
 * What the console takes the API's answers for is what the OpenAPI document says of them, which other tests hold the handlers to: whatever is
 * documented fits the console's type of it, field by field.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { OPENAPI } from '../../../../src/admin/openapi/document.ts'
import type { Schema } from '../../../../src/admin/openapi/types.ts'
import { temporaryFolder } from '../../../support/authority.ts'
import { run } from '../../../support/outside-program.ts'
import { schemaTypes } from '../../../support/schema-types.ts'

const CLIENT = fileURLToPath(new URL('../../../../src/admin/console/client/', import.meta.url))
const TSC = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))

const answer = (path: string, method: 'get' | 'post' = 'get', status = 200): Schema => {
  const schema = OPENAPI.paths[path]?.[method]?.responses[String(status)]?.content?.['application/json']?.schema
  assert.ok(schema !== undefined, `${method} ${path} ${status}`)
  return schema
}

/** Answers that have no name in the document. */
const ANSWERS: Readonly<Record<string, Schema>> = {
  CertificatePage: answer('/api/v1/certificates'),
  SignedCertificate: answer('/api/v1/certificates/sign', 'post', 201),
  AuditPage: answer('/api/v1/audit'),
  JudgedMapping: answer('/api/v1/mapping/validate', 'post'),
}

/** By another name there (`D`: the document), or as a part of something. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  AccessMatrix: ['D.Access'],
  Access: ["D.Permissions['any']"],
  ChainVerdict: ['D.Chain'],
  ChangedCertificate: ['D.ChangedCertificate', 'D.WithdrawnCertificate'],
  Clearance: ["D.Certificate['clearance']"],
  ProblemBody: ['D.Problem'],
  Reload: ["NonNullable<D.Overview['last_reload']>"],
  RevocationAnswer: ["D.RevocationLines['checks'][0]['answers'][0]"],
  RouteAccess: ["D.CertificateAccess['routes'][0]"],
  Sample: ["D.Overview['samples'][0]"],
  Upstream: ["D.Overview['upstreams'][0]"],
  Worker: ["D.Overview['workers'][0]"],
}

/** Told as events, which the document only names. */
const EVENTS = ['CertificateEvent']

const declared = readdirSync(join(CLIENT, 'api-types')).flatMap((file) =>
  [...readFileSync(join(CLIENT, 'api-types', file), 'utf8').matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name),
)

/** The names of the console's types that a document does not fit. */
async function unfit(t: TestContext, schemas: Readonly<Record<string, Schema>>): Promise<readonly string[]> {
  const folder = temporaryFolder(t)
  folder.write('documented.ts', schemaTypes({ ...schemas, ...ANSWERS }))
  const checks = declared
    .filter((name) => !EVENTS.includes(name))
    .flatMap((name) =>
      (NAMES[name] ?? [`D.${name}`]).map((there, at) => `export const of_${name}_${at} = (told: ${there}): Console.${name} => told\n`),
    )
  const imports = `import type * as D from './documented.ts'\nimport type * as Console from '${join(CLIENT, 'api-types.ts')}'\n`
  const file = folder.write('check.ts', `${imports}${checks.join('')}`)
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--target',
    'esnext',
    '--module',
    'nodenext',
    '--allowImportingTsExtensions',
    '--types',
    '',
  ]
  const { text, stderr } = await run(process.execPath, [TSC, ...options, file])
  const lines = readFileSync(file, 'utf8').split('\n')
  const problems = `${text}${stderr}`.split('\n').filter((line) => line.includes('error TS'))
  return problems.map((problem) => {
    const [, line] = /check\.ts\((\d+),/.exec(problem) ?? []
    return /of_([A-Za-z]+)/.exec(lines[Number(line) - 1] ?? '')?.[1] ?? problem
  })
}

describe('the types of the API in the console', () => {
  it('fit what the document says', async (t) => {
    assert.ok(declared.length > 30)
    assert.deepEqual(await unfit(t, OPENAPI.components.schemas), [])
  })

  it('and one that did not would be seen', async (t) => {
    const { schemas } = OPENAPI.components
    const changed = (name: string, change: (schema: Schema) => Schema) => ({ ...schemas, [name]: change(schemas[name] ?? {}) })
    const without =
      (field: string) =>
      (schema: Schema): Schema => ({ ...schema, required: (schema.required ?? []).filter((one) => one !== field) })
    const renamed = changed('AccessCell', (schema) => ({
      ...schema,
      properties: { ...schema.properties, access: { enum: ['allowed', 'other'] } },
    }))
    assert.deepEqual(await unfit(t, changed('Role', without('users'))), ['Role'])
    assert.deepEqual([...new Set(await unfit(t, renamed))], ['AccessMatrix', 'AccessRow', 'AccessCell'])
  })
})
