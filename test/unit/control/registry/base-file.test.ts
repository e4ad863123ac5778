import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { baseFileOf, baseToStartFrom, sealBase } from '../../../../src/control/registry/base-file.ts'
import { restoreStore } from '../../../../src/store/backup.ts'
import { openStore, type Store } from '../../../../src/store/store.ts'
import { openBase } from '../../../../src/tls/registry-base.ts'
import { CLI, newEntry, temporaryStore } from '../../../support/registry-store.ts'

function fill(store: Store, count: number): void {
  store.write(() => {
    for (let added = 0; added < count; added++) store.registry.add([newEntry()], CLI)
  })
}

const sealedAt = (store: Store) => statSync(baseFileOf(store)).ino

test('a small registry is sealed anew at every start', async (t) => {
  const { store } = temporaryStore(t)
  fill(store, 3)
  const first = await sealBase(store)
  const before = sealedAt(store)
  assert.deepEqual([first.size, first.version, first.epoch], [3, 3, store.registry.current().epoch])
  assert.equal((await baseToStartFrom(store)).size, 3)
  assert.notEqual(sealedAt(store), before)
})

test('a large one is started from as it is, until it is too old or cannot be gone on from', async (t) => {
  const { store } = temporaryStore(t)
  fill(store, 101)
  await sealBase(store)
  const before = sealedAt(store)
  fill(store, 900)
  const removed = store.registry.list({ limit: 1 }).entries[0]?.fingerprint ?? ''
  store.registry.remove(removed, CLI)
  assert.deepEqual([(await baseToStartFrom(store, 100)).size, sealedAt(store)], [101, before])
  store.registry.forgetRemovals(store.registry.current().version)
  assert.equal((await baseToStartFrom(store, 100)).size, 1_000)
  const renewed = sealedAt(store)
  fill(store, 1_000)
  assert.equal((await baseToStartFrom(store, 100)).size, 2_000)
  assert.notEqual(sealedAt(store), renewed)
})

test('a base of a past that the store does not have is never started from, whatever its version', async (t) => {
  const { store, file, folder, clock } = temporaryStore(t)
  fill(store, 101)
  const open = () => openStore(file, { now: () => clock.now })
  const [victim] = store.registry.list({ limit: 1 }).entries
  assert.ok(victim !== undefined)
  store.close()
  copyFileSync(file, `${file}.copy`)
  const first = open()
  fill(first, 5)
  await sealBase(first)
  first.close()
  // Somebody puts the copy back by hand, and goes on from there while no gateway runs.
  for (const name of readdirSync(folder)) if (/db-(wal|shm)$/.test(name)) rmSync(`${dirname(file)}/${name}`)
  copyFileSync(`${file}.copy`, file)
  const second = open()
  t.after(() => second.close())
  second.registry.revoke(victim.fingerprint, 'keyCompromise', CLI)
  fill(second, 10)
  const base = await baseToStartFrom(second, 100)
  assert.deepEqual([base.size, base.version], [111, second.registry.current().version])
  assert.equal(base.entry(base.find(victim.fingerprint)).revoked?.reason, 'keyCompromise')
})

test('what is older than what is known is not sealed, and the base stays', async (t) => {
  const { store } = temporaryStore(t)
  fill(store, 2)
  await sealBase(store)
  const before = sealedAt(store)
  const { epoch, version } = store.registry.current()
  await assert.rejects(sealBase(store, { epoch, version: version + 1 }), { code: 'store_lost' })
  assert.equal(sealedAt(store), before)
  assert.equal((await sealBase(store, { epoch: 'another', version: version + 1 })).size, 2)
})

describe('a store of another epoch than the base beside it', () => {
  /** The base of a store that was restored once, and stores that somebody might put there: from before, and restored anew. */
  async function restoredOnce(t: TestContext) {
    const { store, file } = temporaryStore(t)
    fill(store, 1)
    await store.backup(`${file}.before`)
    const { epoch } = store.registry.current()
    store.close()
    await restoreStore(`${file}.before`, `${file}.once`, CLI, { replaces: epoch })
    const put = (from: string) => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
      copyFileSync(`${file}.${from}`, file)
      const opened = openStore(file)
      t.after(() => opened.close())
      return opened
    }
    const base = await sealBase(put('once'))
    return { file, base, put }
  }

  test('is not begun with, however small, and the base stays', async (t) => {
    const { file, base, put } = await restoredOnce(t)
    const older = put('before')
    await assert.rejects(baseToStartFrom(older), {
      code: 'io_failed',
      message: `store ${file} is not the one that was in use: ${file}.base is of one that was restored after it, or of another`,
    })
    assert.equal((await openBase(`${file}.base`)).epoch, base.epoch)
    // The way out that the hint tells.
    rmSync(`${file}.base`)
    assert.equal((await baseToStartFrom(older)).epoch, older.registry.current().epoch)
  })

  test('is gone on with where restore put it there, or where it has all that was known', async (t) => {
    const { file, base, put } = await restoredOnce(t)
    await restoreStore(`${file}.before`, `${file}.again`, CLI, { replaces: base.epoch })
    const again = put('again')
    assert.equal((await baseToStartFrom(again)).epoch, again.registry.current().epoch)
    await again.backup(`${file}.whole`)
    await restoreStore(`${file}.whole`, `${file}.moved`, CLI)
    assert.equal((await baseToStartFrom(put('moved'))).size, 1)
  })
})
