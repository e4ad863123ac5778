import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { jsonSchema } from '../../../src/config/root.ts'

interface Schema {
  readonly properties: Record<string, Schema>
  readonly additionalProperties: Schema
  readonly anyOf: Schema[]
  readonly description: string
  readonly default: unknown
}

const schema = jsonSchema() as unknown as Schema

describe('jsonSchema', () => {
  it('describes every key of the top level', () => {
    const keys = Object.keys(schema.properties)
    for (const key of [
      'listeners',
      'auth',
      'roles_mapping',
      'internal_users',
      'upstreams',
      'routes',
      'identity_headers',
      'admin',
      'telemetry',
      'workers',
      'errors',
      'hide_routes',
      'limits',
    ]) {
      assert.ok(keys.includes(key), key)
    }
  })

  it('holds the keys of later versions, and says so', () => {
    const tls = schema.properties.listeners?.additionalProperties.properties
    assert.match(tls?.proxy_protocol?.description ?? '', /^not in this version/)
  })

  it('gives defaults, and is plain JSON', () => {
    assert.equal(schema.properties.limits?.properties.handshake?.default, '10s')
    assert.equal(schema.properties.workers?.default, 'auto')
    assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema)
  })

  it('forbids unknown keys at every level', () => {
    const open: string[] = []
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return
      if ('properties' in node && !('additionalProperties' in node)) open.push(path)
      for (const [key, child] of Object.entries(node)) walk(child, `${path}/${key}`)
    }
    walk(schema, '')
    assert.deepEqual(open, [])
  })

  it('knows every key that the fullest fixture uses', () => {
    const text = readFileSync(join(import.meta.dirname, '../../fixtures/config/everything.good.yml'), 'utf8')
    for (const [, key = ''] of text.matchAll(/^([a-z_]+):/gm)) assert.ok(key in schema.properties, key)
  })
})
