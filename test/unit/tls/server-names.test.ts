import assert from 'node:assert/strict'
import test from 'node:test'
import { findName } from '../../../src/tls/server-names.ts'

const names = new Map([
  ['db.example', 1],
  ['*.db.example', 2],
  ['exact.db.example', 3],
])

test('an exact name goes before a wildcard, and case is ignored', () => {
  assert.equal(findName(names, 'DB.example'), 'db.example')
  assert.equal(findName(names, 'Exact.db.example'), 'exact.db.example')
  assert.equal(findName(names, 'other.db.example'), '*.db.example')
})

test('the star stands for exactly one label', () => {
  for (const host of ['a.b.db.example', '.db.example', 'example', 'db.example.', 'xdb.example', '', '*.db.example', '__proto__']) {
    assert.equal(findName(names, host), null, host)
  }
})
