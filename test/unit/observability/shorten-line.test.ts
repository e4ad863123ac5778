import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortenLine } from '../../../src/observability/shorten-line.ts'

test('the longest values are cut and the line stays one JSON object within the limit', () => {
  const roles = Array.from({ length: 2000 }, (_, i) => `role-${i}`)
  const line = `${JSON.stringify({ time: 't', path: '/ä'.repeat(5000), roles, nested: { dn: '\u0001'.repeat(9000) }, status: 403, reason: null })}\n`
  const short = shortenLine(line, 4096)
  assert.ok(Buffer.byteLength(short) <= 4096)
  assert.ok(short.endsWith('}\n'))
  const fields = JSON.parse(short)
  assert.equal(fields.status, 403)
  assert.equal(fields.reason, null)
  assert.match(fields.path, /^(\/ä)+\/?…$/)
  assert.equal(fields.roles.at(0), 'role-0')
  assert.equal(fields.roles.at(-1), '…')
  assert.equal(Object.keys(fields).length, 6)
})

test('what cannot be shortened is replaced, never passed on in part', () => {
  assert.match(shortenLine('not json '.repeat(1000), 4096), /^\{"msg":.*\}\n$/)
  const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]))
  assert.ok(Buffer.byteLength(shortenLine(JSON.stringify(keys), 4096)) <= 4096)
})
