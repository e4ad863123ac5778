import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
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
