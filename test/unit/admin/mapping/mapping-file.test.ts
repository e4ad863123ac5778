import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Replacement, readContent } from '../../../../src/admin/mapping/mapping-file.ts'
import { temporaryFolder } from '../../../support/authority.ts'

const HOUR = 3_600_000

test('what a killed process left beside the file is gone after an hour, and what another works with is not', (t) => {
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const file = join(path, 'roles_mapping.yml')
  writeFileSync(file, 'a: {}\n')
  const others = [
    '.roles_mapping.yml.swp',
    '.roles_mapping.yml.0123456789ab.bak',
    'roles_mapping.yml.0123456789ab.new',
    '.x.0123456789ab.new',
  ]
  for (const name of others) writeFileSync(join(path, name), '')
  // Never disposed of, as of somebody who is killed.
  new Replacement(readContent(file), 'b: {}\n')
  const killed = new Replacement(readContent(file), 'c: {}\n')
  assert.equal(readdirSync(path).length, others.length + 5)
  new Replacement(readContent(file), 'd: {}\n', Date.now() + HOUR / 2).dispose()
  assert.equal(killed.commit(), true)
  new Replacement(readContent(file), 'd: {}\n', Date.now() + 2 * HOUR).dispose()
  assert.deepEqual(readdirSync(path).sort(), [...others, 'roles_mapping.yml'].sort())
  assert.equal(readFileSync(file, 'utf8'), 'c: {}\n')
})
