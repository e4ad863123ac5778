import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkBackup, restoreStore } from '../../../src/store/backup.ts'
import { openStore } from '../../../src/store/store.ts'
import { CLI, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

function code(expected: string) {
  return (error: Error & { code?: string }) => error.code === expected
}

test('a backup made while changes go on is one file, of one moment, for its owner alone', async (t) => {
  const { store, folder } = temporaryStore(t)
  store.write(() => {
    for (let count = 0; count < 1500; count++) store.registry.add([newEntry({ issuerKeyId: 'ca' })], CLI)
  })
  const to = join(folder, 'backup.db')
  const making = store.backup(to)
  let more = 0
  const writing = setInterval(() => {
    store.registry.add([newEntry({ issuerKeyId: 'ca' })], CLI)
    more++
  })
  const made = await making
  clearInterval(writing)
  assert.ok(made.entries >= 1500 && made.entries <= 1500 + more)
  assert.deepEqual([made.serials, made.audit.entries], [made.entries, made.entries])
  assert.equal(statSync(to).mode & 0o777, 0o600)
  assert.deepEqual(await checkBackup(to, { expectedHead: made.audit.head }), made)
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('backup.db')),
    ['backup.db'],
  )
})

test('a backup overwrites nothing', async (t) => {
  const { store, file, folder } = temporaryStore(t)
  const to = join(folder, 'taken')
  writeFileSync(to, 'mine')
  await assert.rejects(store.backup(to), code('file_exists'))
  await assert.rejects(store.backup(file), code('file_exists'))
  assert.equal(readFileSync(to, 'utf8'), 'mine')
  await assert.rejects(store.backup(join(to, 'below')), code('io_failed'))
  assert.deepEqual(readdirSync(folder).sort(), ['certgate.db', 'certgate.db-shm', 'certgate.db-wal', 'taken'])
})

test('a restore has all of it, an audit entry of its own, and another epoch', async (t) => {
  const { store, folder } = temporaryStore(t)
  const [entry] = store.registry.add([newEntry({ issuerKeyId: 'ca', issuerKey: Buffer.from('key') })], CLI)
  const number = store.issuance.nextCrlNumber('ca')
  const backup = join(folder, 'backup.db')
  const { audit } = await store.backup(backup)
  const file = join(folder, 'restored', 'certgate.db')
  const checked = await restoreStore(backup, file, CLI, { now: () => START + 7, replaces: 'before' })
  assert.deepEqual([checked.entries, checked.audit.entries], [1, 2])
  const restored = openStore(file, { now: () => START })
  t.after(() => restored.close())
  assert.deepEqual(restored.registry.get(entry?.fingerprint ?? ''), entry)
  assert.ok(restored.issuance.nextCrlNumber('ca') > number)
  assert.notEqual(restored.registry.current().epoch, store.registry.current().epoch)
  const [last] = restored.audit.read({ before: Number.MAX_SAFE_INTEGER, limit: 1 })
  assert.deepEqual(
    [last?.action, last?.target, last?.at, last?.details],
    ['store.restore', backup, START + 7, { head: audit.head, replaces: 'before' }],
  )
  assert.deepEqual(
    readdirSync(join(folder, 'restored')).filter((name) => name.includes('partial')),
    [],
  )
})

test('a restore goes nowhere where something is, nor beside the log of a store that was there', async (t) => {
  const { store, file, folder } = temporaryStore(t)
  const backup = join(folder, 'backup.db')
  await store.backup(backup)
  await assert.rejects(restoreStore(backup, file, CLI), code('file_exists'))
  const left = join(folder, 'left.db')
  copyFileSync(`${file}-wal`, `${left}-wal`)
  await assert.rejects(restoreStore(backup, left, CLI), code('file_exists'))
})

test('a damaged backup is named and restores nothing', async (t) => {
  const { store, folder } = temporaryStore(t)
  for (let count = 0; count < 20; count++) store.registry.add([newEntry()], CLI)
  const backup = join(folder, 'backup.db')
  await store.backup(backup)
  const bytes = readFileSync(backup)
  const at = bytes.indexOf('"action":"certificate.add"', bytes.length / 2)
  assert.ok(at > 0)
  bytes.write('certificate.odd', at + 10)
  const broken = join(folder, 'broken.db')
  writeFileSync(broken, bytes)
  await assert.rejects(checkBackup(broken), code('store_corrupt'))
  await assert.rejects(restoreStore(broken, join(folder, 'new.db'), CLI), code('store_corrupt'))
  assert.equal(
    readdirSync(folder).some((name) => name.startsWith('new.db')),
    false,
  )
  await assert.rejects(checkBackup(join(folder, 'missing.db')), code('io_failed'))
})

test('what stands for no backup is told apart', async (t) => {
  const { folder } = temporaryStore(t)
  writeFileSync(join(folder, 'empty.db'), '')
  writeFileSync(join(folder, 'text.db'), 'text '.repeat(1000))
  await assert.rejects(checkBackup(join(folder, 'empty.db')), code('store_corrupt'))
  await assert.rejects(checkBackup(join(folder, 'text.db')), code('store_corrupt'))
})
