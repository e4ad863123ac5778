import { test } from 'node:test'
import { checkRandomEdit } from '../../support/role-edits.ts'

test('two thousand random edits say exactly what was meant and lose no comment but that of what is deleted', () => {
  for (let seed = 1; seed <= 2000; seed++) checkRandomEdit(seed)
})
