import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SCHEMA_VERSION } from '../../../src/store/migrate.ts'
import { openConnection } from '../../../src/store/open-connection.ts'
import { openStore, Store } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CLI, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

function fails(code: string, message: RegExp) {
  return (error: Error & { code?: string }) => {
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  }
}

/** A closed store with some entries. */
function closedStore(t: { after(callback: () => void): void }, entries = 3): string {
  const { store, file } = temporaryStore(t)
  for (let count = 0; count < entries; count++) store.registry.add([newEntry()], CLI)
  store.close()
  return file
}

function edit(file: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(file)
  for (const sql of statements) database.exec(sql)
  database.close()
}

test('a new store is made with its folder, for its owner alone, as are the files beside it', (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder.path, 'data', 'deep', 'certgate.db')
  const store = openStore(file)
  t.after(() => store.close())
  store.registry.add([newEntry()], CLI)
  for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.equal(statSync(name).mode & 0o777, 0o600, name)
  assert.equal(statSync(join(folder.path, 'data')).mode & 0o777, 0o700)
})

test('what is in it is there when it is opened again, and a mode too wide is narrowed', (t) => {
  const file = closedStore(t)
  chmodSync(file, 0o644)
  const store = openStore(file)
  t.after(() => store.close())
  assert.equal(store.registry.list().total, 3)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('it is durable and strict: WAL, FULL, foreign keys', (t) => {
  const { file } = temporaryStore(t)
  const database = new DatabaseSync(file, { readOnly: true })
  t.after(() => database.close())
  assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal')
  assert.equal(database.prepare('SELECT max(version) AS version FROM schema_version').get()?.version, SCHEMA_VERSION)
})

test('names that mean something else to SQLite are files', (t) => {
  const folder = temporaryFolder(t)
  const before = process.cwd()
  process.chdir(folder.path)
  try {
    for (const name of [':memory:', 'file:x.db?mode=memory']) {
      openStore(name).close()
      assert.ok(statSync(join(folder.path, name)).size > 0, name)
    }
  } finally {
    process.chdir(before)
  }
})

test('an empty file becomes a store: somebody was killed before the first transaction', (t) => {
  const file = temporaryFolder(t).write('certgate.db', '')
  const store = openStore(file)
  t.after(() => store.close())
  assert.deepEqual(store.registry.list(), { entries: [], total: 0 })
})

test('a store that was replaced or taken away under its name takes no more changes', (t) => {
  const { store, file, folder } = temporaryStore(t)
  const add = () => store.registry.add([newEntry()], CLI)
  add()
  const taken = join(folder, 'taken.db')
  renameSync(file, taken)
  assert.throws(add, { code: 'store_lost', message: /was lost/ })
  copyFileSync(taken, file)
  assert.throws(add, { code: 'store_lost', message: /was lost: another file is in its place/ })
  assert.throws(() => store.assertInPlace(), { code: 'store_lost' })
  renameSync(taken, file)
  add()
  assert.equal(store.registry.list().total, 2)
})

test('where a store was nothing is begun anew by itself', (t) => {
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const file = join(path, 'certgate.db')
  writeFileSync(`${file}.base`, 'sealed')
  assert.throws(() => openStore(file), { code: 'io_failed', message: `store ${file} is gone: ${file}.base shows that there was one` })
  assert.equal(existsSync(file), false)
  writeFileSync(file, '')
  assert.throws(() => openStore(file), { code: 'io_failed' })
  rmSync(`${file}.base`)
  openStore(file).close()
})

test('a file that is no database is refused and left as it is', (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('certgate.db', 'listeners:\n  main: {}\n'.repeat(100))
  const before = readFileSync(file)
  assert.throws(() => openStore(file), fails('store_corrupt', /not a database, or damaged/))
  assert.deepEqual(readFileSync(file), before)
})

test('a folder, a link that leads nowhere it may be made, and a folder that is a file are refused', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder.path, 'folder'))
  assert.throws(() => openStore(join(folder.path, 'folder')), fails('io_failed', /not a regular file/))
  const file = folder.write('file', '')
  assert.throws(() => openStore(join(file, 'certgate.db')), fails('io_failed', /cannot be used: a part of its path is not a directory/))
  symlinkSync(join(folder.path, 'nowhere', 'x.db'), join(folder.path, 'link.db'))
  assert.throws(() => openStore(join(folder.path, 'link.db')), fails('io_failed', /cannot be opened/))
})

test('a database of another program is refused and left as it is', (t) => {
  const file = join(temporaryFolder(t).path, 'other.db')
  edit(file, 'CREATE TABLE theirs (a)', 'INSERT INTO theirs VALUES (1)')
  chmodSync(file, 0o644)
  const before = readFileSync(file)
  assert.throws(() => openStore(file), fails('store_foreign', /another program/))
  assert.deepEqual(readFileSync(file), before)
  assert.equal(statSync(file).mode & 0o777, 0o644)
})

test('a store of a newer version is refused and left as it is', (t) => {
  const file = closedStore(t)
  edit(file, 'INSERT INTO schema_version (version, applied_at) VALUES (99, 0)')
  const before = readFileSync(file)
  assert.throws(() => openStore(file), fails('store_newer', /newer certgate \(schema 99, this one knows 3\)/))
  assert.deepEqual(readFileSync(file), before)
})

test('a store without what guards it, or with what does not belong there, is refused', (t) => {
  for (const [sql, message] of [
    ['DROP TRIGGER audit_no_delete', /trigger audit_no_delete is missing/],
    ['DROP INDEX entry_by_pin', /index entry_by_pin is missing/],
    ['CREATE TRIGGER theirs AFTER INSERT ON entry BEGIN DELETE FROM removal; END', /trigger theirs is not one of certgate/],
    [
      'DROP TRIGGER audit_no_update; CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END',
      /is not what certgate makes/,
    ],
    ['DROP TABLE schema_version', /does not say which version/],
  ] as const) {
    const file = closedStore(t, 0)
    edit(file, sql)
    assert.throws(() => openStore(file), fails('store_corrupt', message))
  }
})

test('damage is named, wherever it is', async (t) => {
  const cut = closedStore(t, 30)
  truncateSync(cut, statSync(cut).size - 4096 * 3)
  await assert.rejects(
    async () => {
      const store = openStore(cut)
      t.after(() => store.close())
      await store.check()
    },
    fails('store_corrupt', /is damaged/),
  )

  const scribbled = closedStore(t, 30)
  const bytes = readFileSync(scribbled)
  bytes.fill(0xa5, 4096 * 4, 4096 * 12)
  writeFileSync(scribbled, bytes)
  await assert.rejects(
    async () => {
      const store = openStore(scribbled)
      t.after(() => store.close())
      store.registry.list({ limit: 1000 })
      await store.check()
    },
    fails('store_corrupt', /is damaged/),
  )
})

test('check tells what a sound store holds', async (t) => {
  const { store } = temporaryStore(t)
  store.registry.add([newEntry({ issuerKeyId: 'ca' })], CLI)
  const head = store.audit.head().hash
  assert.deepEqual(await store.check({ expectedHead: head }), {
    schemaVersion: SCHEMA_VERSION,
    entries: 1,
    serials: 1,
    audit: { entries: 1, head },
  })
  await assert.rejects(store.check({ expectedHead: 'f'.repeat(64) }), fails('store_corrupt', /audit entry 2: .*cut off/))
})

test('while another program holds the file, changes are refused with nothing kept, and work again after', (t) => {
  const { store, file } = temporaryStore(t, { busyTimeout: 20 })
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const entry = newEntry()
  assert.throws(() => store.registry.add([entry], CLI), fails('store_locked', /locked by another process/))
  assert.equal(store.registry.list().total, 0)
  other.exec('ROLLBACK')
  other.close()
  store.registry.add([entry], CLI)
})

test('a file that another program locks wholly cannot be opened', (t) => {
  const file = closedStore(t)
  const other = new DatabaseSync(file)
  t.after(() => other.close())
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE')
  assert.throws(() => openStore(file, { busyTimeout: 20 }), fails('store_locked', /locked by another process/))
})

test('a full disk is told as one, keeps nothing of the change, and is got over', (t) => {
  const file = closedStore(t)
  const connection = openConnection(file, 20, START)
  t.after(() => connection.close())
  const store = new Store(connection, 20, () => START)
  const before = [store.registry.current(), store.audit.head()]
  const large = newEntry({ der: Buffer.alloc(1_000_000, 1) })
  // SQLite answers at its own limit as it does on a full disk; it cannot be below the present size.
  connection.exec('PRAGMA max_page_count = 1')
  assert.throws(() => store.registry.add([large], CLI), fails('store_full', /the disk is full/))
  assert.throws(() => store.write(() => store.registry.add([large], CLI)), fails('store_full', /the disk is full/))
  assert.deepEqual([store.registry.current(), store.audit.head()], before)
  connection.exec('PRAGMA max_page_count = 1000000')
  store.registry.add([large], CLI)
  assert.equal(store.registry.list().total, 4)
})

test('after it was closed nothing is written', (t) => {
  const { store } = temporaryStore(t)
  store.close()
  store.close()
  assert.throws(() => store.registry.add([newEntry()], CLI), /database is not open/)
})
