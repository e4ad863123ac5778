import assert from 'node:assert/strict'
import { chmodSync, chownSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { replaceFile } from '../../../src/certificates/replace-file.ts'
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
