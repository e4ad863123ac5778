import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonSchema } from '../../../src/config/root.ts'
import { UNWIRED } from '../../../src/config/unwired.ts'
import { type Given, problems } from './registry-keys-fixture.ts'

describe('what control cannot act on yet', () => {
  const EVERYTHING: Given = {
    tls: `client_ca: ca.crt, trust: both, crl: { validate: true, from_distribution_points: yes }, ocsp: { validate: true },
      names: { db.example: { trust: registry, ocsp: {}, crl: { validate: true, from_distribution_points: true } } }`,
    route: `path: '/{db}', allow: [{ database: "{db}", access: read }]`,
    rest: `admin: { address: 127.0.0.1:9443, tls: main, admin_dn: [], server_certificate: allow }`,
  }

  it('is refused, all of it, and nothing beside it is told', () => {
    const refused = problems(EVERYTHING, UNWIRED)
    assert.ok(refused.every(({ message, severity }) => message.endsWith('is not in this version') && severity === 'error'))
    assert.deepEqual(
      refused.map(({ path }) => path.replace('["db.example"]', '.*').replace(/\[0\]/g, '.*').replace('main', '*')).sort(),
      UNWIRED.map(({ path }) => path).sort(),
    )
  })

  it('is served as before where none of it is written', () => {
    assert.deepEqual(problems({ tls: 'client_ca: ca.crt, trust: ca, crl: { from_distribution_points: no }' }, UNWIRED), [])
  })

  it('is accepted by removing its line', () => {
    for (const key of UNWIRED) {
      const rest = UNWIRED.filter((one) => one !== key)
      assert.equal(problems(EVERYTHING, rest).filter(({ message }) => message.endsWith('is not in this version')).length, rest.length)
    }
  })

  it('is in the schema as what it will be, once its line is gone', () => {
    const walk = (schema: Record<string, unknown>, path: readonly string[]): Record<string, unknown>[] => {
      const branches = [schema, ...((schema.anyOf ?? []) as Record<string, unknown>[])]
      const [part, ...rest] = path
      if (part === undefined) return [schema]
      return branches.flatMap((branch) => {
        const properties = branch.properties as Record<string, Record<string, unknown>> | undefined
        const child = part === '*' ? (branch.additionalProperties ?? branch.items) : properties?.[part]
        return typeof child === 'object' && child !== null ? walk(child as Record<string, unknown>, rest) : []
      })
    }
    for (const { path, words } of UNWIRED) {
      const [now] = walk(jsonSchema(), path.split('.'))
      const [later] = walk(jsonSchema([]), path.split('.'))
      assert.match(String(now?.description), words === undefined ? /^not in this version: / : /not in this version: /, path)
      assert.doesNotMatch(String(later?.description), /not in this version/, path)
      assert.ok(Object.keys(later ?? {}).length > (words === undefined ? 1 : 0), path)
    }
  })
})
