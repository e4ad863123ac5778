import assert from 'node:assert/strict'
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeNewFiles } from '../../../src/cli/new-files.ts'
import { CertgateError } from '../../../src/errors.ts'
import { temporaryFolder } from '../../support/authority.ts'

const files = [
  { path: 'a/open', content: 'one', mode: 0o644 },
  { path: 'a/b/key', content: Buffer.from('two'), mode: 0o600 },
] as const

const fails = (run: () => void, code: string, message: RegExp) =>
  assert.throws(run, (error: unknown) => error instanceof CertgateError && error.code === code && message.test(error.message))

test('files come with their modes, and new folders are for the owner alone', (t) => {
  const { path } = temporaryFolder(t)
  writeNewFiles(join(path, 'new'), files, path)
  const mode = (name: string) => statSync(join(path, 'new', name)).mode & 0o777
  assert.deepEqual(
    [mode('.'), mode('a'), mode('a/b'), mode('a/open'), mode('a/b/key')],
    [0o700, 0o700, 0o700, 0o644 & ~process.umask(), 0o600],
  )
  assert.equal(readFileSync(join(path, 'new/a/b/key'), 'utf8'), 'two')
})

test('one file that exists stops all of them, even a link that leads nowhere', (t) => {
  const { path } = temporaryFolder(t)
  mkdirSync(join(path, 'a/b'), { recursive: true })
  symlinkSync('/nowhere', join(path, 'a/b/key'))
  fails(() => writeNewFiles(path, files, path), 'file_exists', /^a\/b\/key already exists$/)
  assert.ok(!existsSync(join(path, 'a/open')))
})

test('a failure midway takes everything back, folders included, and leaves what was there', (t) => {
  const { path, write } = temporaryFolder(t)
  mkdirSync(join(path, 'kept'))
  write('kept/file', 'x')
  const list = [...files, { path: 'kept/file/below', content: '', mode: 0o644 }] as const
  fails(() => writeNewFiles(path, list, path), 'file_exists', /^kept\/file already exists$/)
  assert.deepEqual(readdirSync(path), ['kept'])
  const unwritable = [...files, { path: `${'n'.repeat(300)}`, content: '', mode: 0o644 }] as const
  assert.throws(() => writeNewFiles(join(path, 'new'), unwritable, path), /cannot write new\/n+/)
  assert.deepEqual(readdirSync(path), ['kept'])
})

test('every file and every folder with a new name in it is on disk when it returns', (t) => {
  const { path } = temporaryFolder(t)
  const opened = new Map<number, string>()
  const synced: string[] = []
  const { openSync, fsyncSync } = fs
  t.mock.method(fs, 'openSync', (...given: Parameters<typeof openSync>) => {
    const descriptor = openSync(...given)
    opened.set(descriptor, String(given[0]))
    return descriptor
  })
  t.mock.method(fs, 'fsyncSync', (descriptor: number) => {
    fsyncSync(descriptor)
    synced.push(opened.get(descriptor) ?? '')
  })
  syncBuiltinESMExports()
  try {
    writeNewFiles(join(path, 'new'), files, path)
  } finally {
    t.mock.restoreAll()
    syncBuiltinESMExports()
  }
  assert.deepEqual(synced.slice(0, 2), [join(path, 'new/a/open'), join(path, 'new/a/b/key')])
  assert.deepEqual(synced.slice(2).sort(), [path, join(path, 'new'), join(path, 'new/a'), join(path, 'new/a/b')])
})
