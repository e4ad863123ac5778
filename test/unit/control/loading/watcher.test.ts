import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FileWatcher, type WatcherTimes } from '../../../../src/control/loading/watcher.ts'
import { temporaryFolder } from '../../../support/authority.ts'

const quick: WatcherTimes = { settle: 10, patience: 200, poll: 60_000 }

/** A watcher and the next change it reports. */
function watching(t: TestContext, times: Partial<WatcherTimes> = {}) {
  let report: () => void = () => {}
  const counts = { changes: 0 }
  const watcher = new FileWatcher(
    () => {
      counts.changes++
      report()
    },
    { ...quick, ...times },
  )
  t.after(() => watcher.close())
  const change = async (act: () => void) => {
    const reported = new Promise<void>((resolve) => {
      report = resolve
    })
    act()
    await reported
  }
  return { watcher, change, counts }
}

const soon = () => Date.now() + 60_000

test('a file that is written, replaced, removed and made again is reported each time', async (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('certgate.yml', 'one')
  const { watcher, change } = watching(t)
  await watcher.watch([file], soon(), false)
  await change(() => writeFileSync(file, 'two'))
  await change(() => renameSync(folder.write('.new', 'three'), file))
  await change(() => unlinkSync(file))
  await change(() => writeFileSync(file, 'four'))
})

test('a swapped symbolic link is a change, as Kubernetes mounts secrets', async (t) => {
  const folder = temporaryFolder(t)
  const version = (name: string, content: string) => {
    mkdirSync(join(folder.path, name))
    folder.write(join(name, 'tls.crt'), content)
  }
  version('..1', 'one')
  symlinkSync('..1', join(folder.path, '..data'))
  symlinkSync(join('..data', 'tls.crt'), join(folder.path, 'tls.crt'))
  const { watcher, change } = watching(t)
  await watcher.watch([join(folder.path, 'tls.crt')], soon(), false)
  for (const [from, to] of [
    ['..1', '..2'],
    ['..2', '..3'],
  ] as const) {
    await change(() => {
      version(to, to)
      symlinkSync(to, join(folder.path, '..data_tmp'))
      renameSync(join(folder.path, '..data_tmp'), join(folder.path, '..data'))
      rmSync(join(folder.path, from), { recursive: true })
    })
  }
})

test('other files in the folder, and the same content touched by nobody, are no change', async (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('certgate.yml', 'one')
  const { watcher, change, counts } = watching(t)
  await watcher.watch([file], soon(), false)
  for (let count = 0; count < 5; count++) folder.write(`log.${count}`, 'x')
  await change(() => writeFileSync(file, 'two'))
  assert.equal(counts.changes, 1)
})

test('without events the poll finds the change', async (t) => {
  const folder = temporaryFolder(t)
  const missing = join(folder.path, 'later', 'ca.crt')
  const { watcher, change } = watching(t, { poll: 20 })
  await watcher.watch([missing], soon(), false)
  await change(() => {
    mkdirSync(join(folder.path, 'later'))
    writeFileSync(missing, 'ca')
  })
})

test('a file changed after it was read is reported once, and not again when nothing happens', async (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('certgate.yml', 'one')
  utimesSync(file, 0, 0)
  const { watcher, change, counts } = watching(t)
  const before = Date.now() - 10_000
  await change(() => void watcher.watch([file], before, false))
  await watcher.watch([file], before, false)
  assert.equal(counts.changes, 1)
  await change(() => writeFileSync(file, 'two'))
})

test('a file that went away after it was read is reported', async (t) => {
  const folder = temporaryFolder(t)
  const { watcher, change } = watching(t)
  await change(() => void watcher.watch([join(folder.path, 'gone')], soon(), true))
})

test('a file that is being written is waited for', async (t) => {
  const folder = temporaryFolder(t)
  const file = folder.write('certgate.yml', 'one')
  const { watcher, change, counts } = watching(t, { settle: 30, patience: 10_000 })
  await watcher.watch([file], soon(), false)
  let size = 0
  const writing = setInterval(() => {
    writeFileSync(file, 'x'.repeat(++size))
    if (size === 10) clearInterval(writing)
  }, 5)
  await change(() => {})
  clearInterval(writing)
  assert.ok(size >= 2, `reported after ${size} writes`)
  assert.equal(counts.changes, 1)
})
