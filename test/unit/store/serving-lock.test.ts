import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ServingLock } from '../../../src/store/serving-lock.ts'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../support/authority.ts'

const source = new URL('../../../src/store/serving-lock.ts', import.meta.url)
const taken = { code: 'store_locked', message: /^another gateway already serves from the store / }

function storeIn(t: Parameters<typeof temporaryFolder>[0]): { readonly path: string; readonly file: string } {
  const { path } = temporaryFolder(t)
  const file = join(path, 'certgate.db')
  openStore(file).close()
  return { path, file }
}

test('one at a time, under whatever name; commands still open the store; nothing but an empty private file is left', (t) => {
  const { path, file } = storeIn(t)
  symlinkSync(file, join(path, 'other.db'))
  const first = new ServingLock(file)
  assert.throws(() => new ServingLock(file, 0), taken)
  assert.throws(() => new ServingLock(join(path, 'other.db'), 0), taken)
  openStore(file).close()
  assert.throws(() => new ServingLock(file, 0), taken)
  first.release()
  first.release()
  new ServingLock(file, 0).release()
  assert.deepEqual(readdirSync(path).sort(), ['certgate.db', 'certgate.db.lock', 'other.db'])
  const { size, mode } = statSync(`${file}.lock`)
  assert.deepEqual([size, mode & 0o777], [0, 0o600])
})

test('a process that was killed keeps nothing', async (t) => {
  const { file } = storeIn(t)
  const text = `
    const { ServingLock } = await import(${JSON.stringify(source.href)})
    globalThis.lock = new ServingLock(${JSON.stringify(file)})
    console.log('taken')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(createInterface({ input: child.stdout }), 'line')
  assert.throws(() => new ServingLock(file, 0), taken)
  child.kill('SIGKILL')
  await once(child, 'exit')
  new ServingLock(file, 0).release()
})
