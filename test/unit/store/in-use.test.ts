import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isStoreInUse } from '../../../src/store/in-use.ts'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CLI, newEntry } from '../../support/registry-store.ts'

test('a store is in use for as long as somebody has it open', (t) => {
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const file = join(path, 'certgate.db')
  assert.equal(isStoreInUse(file), false)
  const store = openStore(file)
  assert.equal(isStoreInUse(file), true)
  // Being asked costs it nothing.
  store.registry.add([newEntry({ name: 'alice' })], CLI)
  store.close()
  assert.equal(isStoreInUse(file), false)
  const again = openStore(file)
  assert.equal(again.registry.byName('alice').length, 1)
  again.close()
})

test('what is no store is nobody’s', (t) => {
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const file = join(path, 'text')
  writeFileSync(file, 'not a database at all, but longer than a header of one is: '.repeat(20))
  assert.equal(isStoreInUse(file), false)
  assert.equal(isStoreInUse(path), false)
})
