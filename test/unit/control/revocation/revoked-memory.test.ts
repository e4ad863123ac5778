import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Finding } from '../../../../src/control/revocation/finding.ts'
import { RevokedMemory } from '../../../../src/control/revocation/revoked-memory.ts'
import { temporaryFolder } from '../../../support/authority.ts'

const found: Finding = { status: 'revoked', thisUpdate: 1_000, until: 1_000, foundAt: 2_000, detail: 'keyCompromise' }

test('a half-written line takes no other with it', (t) => {
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const file = join(path, 'revoked')
  new RevokedMemory(file).note('first', found)
  appendFileSync(file, '{"key":"torn","thisUp')
  new RevokedMemory(file).note('second', found)
  const read = new RevokedMemory(file)
  assert.deepEqual([read.get('first')?.status, read.get('torn'), read.get('second')?.status], ['revoked', undefined, 'revoked'])
})
