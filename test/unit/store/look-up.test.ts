import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lookUpKey } from '../../../src/store/look-up.ts'
import { CLI, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

const PIN = 'ab'.repeat(32)

test('all entries of a key are found beside the gateway that has the store open, and what was removed of it', (t) => {
  const { store, file } = temporaryStore(t)
  const [entry] = store.registry.add([newEntry({ pin: PIN })], CLI)
  store.registry.add([newEntry()], CLI)
  assert.deepEqual(
    lookUpKey(file, PIN, START)?.map(({ fingerprint }) => fingerprint),
    [entry?.fingerprint],
  )
  const [ours] = store.registry.add([newEntry({ pin: 'cd'.repeat(32), issuerKeyId: 'ca' })], CLI)
  store.registry.remove(ours?.fingerprint ?? '', CLI)
  assert.equal(lookUpKey(file, 'cd'.repeat(32), START)?.[0]?.revoked?.reason, 'cessationOfOperation')
  assert.deepEqual(lookUpKey(file, 'ef'.repeat(32), START), [])
})

test('no store is none, and one that cannot be read is no empty one', (t) => {
  const { folder } = temporaryStore(t)
  assert.equal(lookUpKey(join(folder, 'absent.db'), PIN), null)
  const damaged = join(folder, 'damaged.db')
  writeFileSync(damaged, 'no database '.repeat(100))
  assert.throws(() => lookUpKey(damaged, PIN), { code: 'store_corrupt' })
})
