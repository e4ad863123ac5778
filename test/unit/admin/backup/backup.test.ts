import assert from 'node:assert/strict'
import fs, { chmodSync, existsSync, fstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeBackup } from '../../../../src/admin/backup/backup.ts'
import { type RestoreOrder, restoreBackup } from '../../../../src/admin/backup/restore.ts'
import { backupSources } from '../../../../src/admin/backup/sources.ts'
import { verifyBackup } from '../../../../src/admin/backup/verify.ts'
import type { Settings } from '../../../../src/config/settings.ts'
import { CertgateError } from '../../../../src/errors.ts'
import { openStore } from '../../../../src/store/store.ts'
import { administration } from '../../../support/administration.ts'
import { temporaryFolder } from '../../../support/authority.ts'
import { CLI, newEntry, temporaryStore } from '../../../support/registry-store.ts'
import { unprivileged } from '../../../support/unprivileged.ts'

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5)
const codeIs = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof CertgateError && error.code === code && message.test(`${error.message}\n${error.hint}`)

/** A gateway whose mapping and store lie outside the folder of its configuration. */
function gateway(t: TestContext) {
  const { store, folder } = temporaryStore(t)
  const directory = join(folder, 'etc')
  const file = (path: string, content: string, mode = 0o644) => {
    writeFileSync(join(folder, path), content, { mode })
    return join(folder, path)
  }
  mkdirSync(join(directory, 'ca', 'crl'), { recursive: true })
  mkdirSync(join(folder, 'shared'))
  const config = file('etc/certgate.yml', 'config')
  const watchedFiles = [file('etc/server.key', 'key', 0o600), file('shared/roles.yml', 'roles', 0o640), file('etc/ca/ca.crt', 'root')]
  file('etc/ca/issuing.key', 'issuing', 0o600)
  file('etc/ca/crl/x.crl', 'list')
  file('etc/ca/unfinished.partial', 'half')
  symlinkSync('ca.crt', join(directory, 'ca', 'link.crt'))
  symlinkSync('..', join(directory, 'ca', 'circle'))
  store.registry.add([newEntry({ name: 'alice' })], CLI)
  const authority: Settings['authority'] = {
    source: { kind: 'folder', folder: join(directory, 'ca') },
    url: null,
    crlLifetime: 1,
    crlFolder: join(directory, 'ca/crl'),
  }
  const settings = { file: config, watchedFiles, authority }
  const backup = (to: string) => makeBackup({ folder: to, sources: backupSources(settings), store, actor: CLI, now: NOW })
  const restore = (from: string, changes: Partial<RestoreOrder> = {}) =>
    restoreBackup({
      folder: from,
      to: join(folder, 'new'),
      force: false,
      originalPlaces: false,
      actor: CLI,
      now: NOW,
      assertStopped: async () => {},
      ...changes,
    })
  return { store, folder, directory, settings, backup, restore }
}

/** Files below a folder; links are not followed. */
const names = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? names(join(folder, entry.name)).map((name) => join(entry.name, name)) : [entry.name]))
    .sort()

test('holds the configuration, what it names, the authority and the store, each as it was', async (t) => {
  const { folder, backup, store } = gateway(t)
  const to = join(folder, 'backup')
  const manifest = await backup(to)
  const kept = new Map(manifest.files.map(({ original, path, mode }) => [original, { path, mode }]))
  assert.deepEqual([...kept.keys()].sort(), [
    join(folder, 'shared/roles.yml'),
    'ca/ca.crt',
    'ca/crl/x.crl',
    'ca/issuing.key',
    'ca/link.crt',
    'certgate.yml',
    'server.key',
  ])
  assert.deepEqual(kept.get('server.key'), { path: 'files/server.key', mode: '600' })
  for (const { path } of manifest.files) assert.equal(statSync(join(to, path)).mode & 0o077, 0, path)
  assert.equal(statSync(to).mode & 0o777, 0o700)
  assert.deepEqual(await verifyBackup(to), manifest)
  assert.equal(store.audit.read({ filter: { action: 'store.backup' } })[0]?.target, to)
})

test('is complete or not there', async (t) => {
  const { folder, backup, settings } = gateway(t)
  const to = join(folder, 'backup')
  settings.watchedFiles.push(join(folder, 'absent.crt'))
  await assert.rejects(backup(to), codeIs('io_failed', /cannot read .*absent\.crt, which the configuration names: no such file/))
  assert.equal(existsSync(to), false)
  assert.deepEqual(
    names(folder).filter((name) => name.includes('partial')),
    ['etc/ca/unfinished.partial'],
  )
  settings.watchedFiles.pop()
  mkdirSync(to)
  await assert.rejects(backup(to), codeIs('file_exists', /exists already/))
  await assert.rejects(backup(join(folder, 'etc/certgate.yml/below')), codeIs('io_failed', /cannot make the backup/))
})

test('that cannot be put on record is not there', async (t) => {
  const { folder, backup, store } = gateway(t)
  const to = join(folder, 'backup')
  const append = t.mock.method(store.audit, 'append', () => {
    throw new CertgateError('store_full', 'the disk is full')
  })
  await assert.rejects(backup(to), codeIs('store_full', /the disk is full/))
  assert.equal(existsSync(to), false)
  append.mock.restore()
  await backup(to)
})

test('leaves out what is kept from its user, if the configuration does not need it, and says so', async (t) => {
  const { folder, directory, backup, settings } = gateway(t)
  await unprivileged(folder, async () => {
    chmodSync(join(directory, 'ca/issuing.key'), 0)
    const { left_out, files } = await backup(join(folder, 'backup'))
    assert.deepEqual(left_out, [join(directory, 'ca/issuing.key')])
    assert.ok(!files.some(({ original }) => original === 'ca/issuing.key'))
    chmodSync(settings.watchedFiles[0] ?? '', 0)
    await assert.rejects(backup(join(folder, 'second')), codeIs('io_failed', /permission denied/))
  })
})

test('is of one moment while others write', async (t) => {
  const { folder, backup, store } = gateway(t)
  const running = backup(join(folder, 'backup'))
  for (let i = 0; i < 50; i++) store.registry.add([newEntry()], CLI)
  const manifest = await running
  assert.deepEqual(await verifyBackup(join(folder, 'backup')), manifest)
  assert.ok(manifest.store.certificates >= 1 && manifest.store.certificates <= 51)
})

test('every change to it is noticed before anything is touched', async (t) => {
  const { folder, backup, restore } = gateway(t)
  const to = join(folder, 'backup')
  const { files } = await backup(to)
  for (const path of [...files.map((file) => file.path), 'store.db']) {
    const before = readFileSync(join(to, path))
    const changed = Buffer.concat([before.subarray(0, -1), Buffer.from([(before.at(-1) ?? 0) ^ 1])])
    writeFileSync(join(to, path), changed)
    await assert.rejects(restore(to), codeIs('backup_unusable', new RegExp(`${path} was changed`)), path)
    writeFileSync(join(to, path), before)
  }
  assert.equal(existsSync(join(folder, 'new')), false)
  assert.ok(await restore(to))
})

test('what lay outside is said to be misplaced, or goes back to where it was', async (t) => {
  const { folder, backup, restore, store } = gateway(t)
  const to = join(folder, 'backup')
  await backup(to)
  const restored = await restore(to)
  const roles = join(folder, 'shared/roles.yml')
  assert.deepEqual(restored.misplaced.map((one) => one.to).sort(), [join(folder, 'certgate.db'), roles].sort())
  for (const { from } of restored.misplaced) assert.ok(existsSync(from), from)

  store.close()
  writeFileSync(roles, 'newer')
  const again = await restore(to, { to: join(folder, 'third'), originalPlaces: true, force: true })
  assert.deepEqual(again.misplaced, [])
  assert.equal(readFileSync(roles, 'utf8'), 'roles')
  assert.equal(statSync(roles).mode & 0o777, 0o640)
  assert.equal(readFileSync(`${roles}.before-20260102T030405Z`, 'utf8'), 'newer')
  const reopened = openStore(join(folder, 'certgate.db'))
  t.after(() => reopened.close())
  assert.equal(reopened.registry.byName('alice').length, 1)
  assert.equal(reopened.audit.read({ filter: { action: 'store.restore' } }).length, 1)
})

test('refuses what a gateway runs on, by its own word and by the lock of the store', async (t) => {
  const { folder, backup, restore, store } = gateway(t)
  const to = join(folder, 'backup')
  await backup(to)
  const before = names(folder)
  const running = async () => {
    throw new CertgateError('store_locked', 'a gateway is running')
  }
  await assert.rejects(restore(to, { assertStopped: running }), codeIs('store_locked', /is running/))
  const inPlace = { to: join(folder, 'etc'), originalPlaces: true, force: true }
  await assert.rejects(restore(to, inPlace), codeIs('store_locked', /in use/))
  assert.deepEqual(names(folder), before)
  store.close()
  assert.ok(await restore(to, inPlace))
})

test('what is restored is on the disk, with its folders, when that is told, and no key was ever open to others', async (t) => {
  const { folder, backup, restore } = gateway(t)
  const from = join(folder, 'backup')
  for (const { path } of (await backup(from)).files) chmodSync(join(from, path), 0o644)
  const synced = new Set<number>()
  const modes = new Map<number, number>()
  const { fsyncSync: sync, openSync: open } = fs
  fs.fsyncSync = (descriptor) => {
    synced.add(fstatSync(descriptor).ino)
    sync(descriptor)
  }
  fs.openSync = (...given: Parameters<typeof open>) => {
    const descriptor = open(...given)
    const { ino, mode } = fstatSync(descriptor)
    modes.set(ino, mode & 0o777)
    return descriptor
  }
  syncBuiltinESMExports()
  t.after(() => {
    Object.assign(fs, { fsyncSync: sync, openSync: open })
    syncBuiltinESMExports()
  })
  const { files } = await restore(from)
  // SQLite sees to its own file.
  const written = files.filter((file) => !file.endsWith('store.db'))
  for (const path of [...written, ...files.map((file) => dirname(file))]) assert.ok(synced.has(statSync(path).ino), path)
  const key = statSync(join(folder, 'new/server.key'))
  assert.deepEqual([key.mode & 0o777, modes.get(key.ino)], [0o600, 0o600])
})

test('whenever a restore is killed, no configuration is there without all that it had: nothing starts on an empty store', async (t) => {
  const { folder, backup, restore, store } = gateway(t)
  const from = join(folder, 'backup')
  await backup(from)
  store.close()
  const etc = join(folder, 'etc')
  const all = ['server.key', 'ca/ca.crt', 'ca/issuing.key', '../shared/roles.yml', '../certgate.db'].map((name) => join(etc, name))
  const { renameSync: rename } = fs
  let [renamed, kept] = [0, 0]
  fs.renameSync = (...given: Parameters<typeof rename>) => {
    rename(...given)
    renamed++
    if (!existsSync(join(etc, 'certgate.yml'))) return
    kept++
    for (const name of all) assert.ok(existsSync(name), name)
  }
  syncBuiltinESMExports()
  t.after(() => {
    fs.renameSync = rename
    syncBuiltinESMExports()
  })
  await restore(from, { to: etc, originalPlaces: true, force: true })
  // At the end alone: it is the first that goes, and the last that comes.
  assert.deepEqual([renamed, kept], [16, 1])
})

test('a restore that fails midway leaves everything as it was', async (t) => {
  const { folder, backup, restore } = gateway(t)
  const to = join(folder, 'backup')
  await backup(to)
  const target = join(folder, 'new')
  mkdirSync(join(target, 'ca'), { recursive: true })
  writeFileSync(join(target, 'certgate.yml'), 'old')
  // The name that the old one would be moved to is taken.
  writeFileSync(join(target, 'certgate.yml.before-20260102T030405Z'), 'older')
  const before = names(target)
  await assert.rejects(restore(to), codeIs('file_exists', /--force/))
  await assert.rejects(restore(to, { force: true }), codeIs('file_exists', /before-20260102T030405Z exists already/))
  assert.deepEqual(names(target), before)
  assert.equal(readFileSync(join(target, 'certgate.yml'), 'utf8'), 'old')
})

test('over the API only on the local socket, only by POST, only into an absolute path', async (t) => {
  const { json, someone } = administration(t)
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const body = { folder: join(path, 'b') }
  const admin = await someone('root', 'ClusterAdmin')
  assert.equal((await json(403, 'POST /api/v1/backup', { body, caller: admin })).code, 'socket_only')
  assert.equal((await json(405, 'GET /api/v1/backup')).code, 'method_not_allowed')
  for (const folder of ['relative', '', 1, null, '/a\0b', undefined]) await json(400, 'POST /api/v1/backup', { body: { folder } })
  assert.equal(existsSync(join(path, 'b')), false)
})
