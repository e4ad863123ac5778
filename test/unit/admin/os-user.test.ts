import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOsUser, osUserIn } from '../../../src/admin/os-user.ts'

test('a name is what a line can show', () => {
  for (const name of ['alice', 'EXAMPLE\\alice', 'root (sudo by alice)', 'Zoë 漢', 'a'.repeat(200)]) assert.ok(isOsUser(name), name)
  for (const name of ['', 'a'.repeat(201), 'a\nb', 'a\u0000', '\u001b[31m', 'a\u202eb', 'a\u2028b', '\ud800'])
    assert.ok(!isOsUser(name), name)
})

test('a header is decoded, and refused where it cannot be or may not be kept', () => {
  assert.equal(osUserIn(undefined), undefined)
  assert.equal(osUserIn(encodeURIComponent('Zoë (sudo by 漢)')), 'Zoë (sudo by 漢)')
  for (const header of ['', '%', '%ff', '%0a', '%1b[31m', 'a'.repeat(201), '%41'.repeat(10_000), ['a', 'b']])
    assert.equal(osUserIn(header), null)
})
