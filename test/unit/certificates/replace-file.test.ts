import assert from 'node:assert/strict'
import fs, {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { giveOwner, replaceFile } from '../../../src/certificates/replace-file.ts'
import { temporaryFolder } from '../../support/authority.ts'

const isRoot = process.geteuid?.() === 0

test('mode and link of what is replaced stay, whatever the umask, and nothing is left beside', (t) => {
  const { path: folder } = temporaryFolder(t)
  const file = join(folder, 'server.key')
  writeFileSync(file, 'old')
  chmodSync(file, 0o640)
  symlinkSync('server.key', join(folder, 'link'))
  const umask = process.umask(0o077)
  t.after(() => process.umask(umask))
  replaceFile(join(folder, 'link'), 'new', 0o644)
  assert.equal(readFileSync(file, 'utf8'), 'new')
  assert.equal(statSync(file).mode & 0o777, 0o640)
  assert.ok(lstatSync(join(folder, 'link')).isSymbolicLink())
  assert.deepEqual(readdirSync(folder).sort(), ['link', 'server.key'])
})

test('what root replaces or makes belongs to whom it belonged, or to whom the folder belongs', { skip: !isRoot }, (t) => {
  const { path: folder } = temporaryFolder(t)
  chownSync(folder, 1234, 1235)
  const file = join(folder, 'ca.crt')
  replaceFile(file, 'first', 0o644)
  assert.deepEqual([statSync(file).uid, statSync(file).gid], [1234, 1235])
  chownSync(file, 1236, 1237)
  replaceFile(file, 'second', 0o644)
  assert.deepEqual([statSync(file).uid, statSync(file).gid], [1236, 1237])
})

test('only what was written gets mode and owner, whatever somebody has put in its place by then', (t) => {
  const { path: folder } = temporaryFolder(t)
  const [file, partial, victim] = ['ca.crt', '.ca.crt.partial', 'victim'].map((name) => join(folder, name)) as [string, string, string]
  writeFileSync(file, 'old')
  chmodSync(file, 0o666)
  writeFileSync(victim, 'secret', { mode: 0o600 })
  if (isRoot) chownSync(file, 1234, 1235)
  const { uid } = statSync(victim)
  const close = fs.closeSync
  // Whoever may write to the folder is as quick as that.
  fs.closeSync = (descriptor) => {
    close(descriptor)
    if (lstatSync(partial, { throwIfNoEntry: false })?.isFile() !== true) return
    rmSync(partial)
    symlinkSync(victim, partial)
  }
  syncBuiltinESMExports()
  t.after(() => {
    fs.closeSync = close
    syncBuiltinESMExports()
  })
  replaceFile(file, 'new', 0o644)
  assert.ok(lstatSync(file).isSymbolicLink(), 'it was in time')
  assert.deepEqual([statSync(victim).mode & 0o777, statSync(victim).uid], [0o600, uid])
})

test('a folder is given to its owner, and no link that lies in its place', { skip: !isRoot }, (t) => {
  const { path: folder } = temporaryFolder(t)
  const [made, link] = [join(folder, 'made'), join(folder, 'link')]
  mkdirSync(made)
  symlinkSync(made, link)
  assert.throws(() => giveOwner(link, { uid: 1234, gid: 1235 }))
  assert.equal(statSync(made).uid, 0)
  giveOwner(made, { uid: 1234, gid: 1235 })
  assert.equal(statSync(made).uid, 1234)
})
