/** The store among processes: killed in the middle, two at once, and on a disk that is really full. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CLI, newEntry } from '../../support/registry-store.ts'

const writer = fileURLToPath(new URL('../../support/store-writer.ts', import.meta.url))

function startWriter(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [writer, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('killed in the middle of adding: what was told is recorded, everything is whole, and the store opens again', async (t) => {
  const file = join(temporaryFolder(t).path, 'certgate.db')
  const told: string[] = []
  for (const after of [1, 20, 45]) {
    const child = startWriter('forever', file)
    let count = 0
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      told.push(line)
      if (++count === after) child.kill('SIGKILL')
    }
    assert.ok(count >= after)
    const store = openStore(file)
    try {
      for (const fingerprint of told) {
        const entry = store.registry.get(fingerprint)
        assert.ok(entry, fingerprint)
        assert.equal(store.issuance.find('ca', entry.serial)?.fingerprint, fingerprint)
      }
      const { entries, serials, audit } = await store.check()
      assert.deepEqual([serials, audit.entries], [entries, entries])
      // At most one per kill was recorded and not told any more.
      assert.ok(entries >= told.length && entries <= told.length + 3)
    } finally {
      store.close()
    }
  }
})

test('two processes write at once: nothing is lost, and versions and audit log have no gap', async (t) => {
  const file = join(temporaryFolder(t).path, 'certgate.db')
  const children = [startWriter('count', file, '100'), startWriter('count', file, '100')]
  const ends = await Promise.all(children.map((child) => once(child, 'exit')))
  assert.deepEqual(ends, [
    [0, null],
    [0, null],
  ])
  const store = openStore(file)
  t.after(() => store.close())
  const changes = store.registry.changesSince(0)?.changes.map((change) => change.version)
  assert.deepEqual(
    changes,
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  assert.equal((await store.check()).audit.entries, 200)
})

/** Runs the writer under a shell command that ends in running its arguments. */
function confined(prefix: readonly string[], script: string, file: string) {
  const [command = '', ...args] = [...prefix, 'sh', '-c', `${script} && exec "$@"`, 'sh', process.execPath, writer, 'fill', file]
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 0, stderr)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

function assertGotOver([full, after]: readonly Record<string, unknown>[], code: string): void {
  assert.ok(full && after)
  assert.equal(full.code, code)
  const added = full.added as number
  assert.ok(added > 10)
  // The one that failed left nothing: as many entries as serials as audit entries.
  assert.deepEqual([full.entries, full.serials, full.audit], [added, added, added])
  assert.deepEqual(after, { entries: added + 1, serials: added + 1, audit: added + 1 })
}

test('a disk that runs full: told as such, nothing half done, and it goes on when there is room', (t) => {
  const folder = temporaryFolder(t).path
  const script = `mount -t tmpfs -o size=2m tmpfs '${folder}'`
  const unshare = ['unshare', '--user', '--map-root-user', '--mount']
  if (process.platform !== 'linux' || spawnSync(unshare[0] as string, [...unshare.slice(1), 'sh', '-c', script]).status !== 0) {
    return t.skip('this user may not mount a small file system')
  }
  assertGotOver(confined(unshare, script, join(folder, 'certgate.db')), 'store_full')
})

test('a file that may not grow further: told, and nothing half done', (t) => {
  if (process.platform === 'win32') return t.skip('there is no ulimit')
  const file = join(temporaryFolder(t).path, 'certgate.db')
  // In blocks of 512 bytes; the ballast of 512 KiB fits.
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -f 2048 && exec "$@"', 'sh', process.execPath, writer, 'fill', file], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  const [first = ''] = stdout.split('\n')
  const full = JSON.parse(first)
  assert.equal(full.code, 'io_failed')
  assert.deepEqual([full.entries, full.serials, full.audit], [full.added, full.added, full.added])
})

/** What any other program with SQLite does to a store: opens it, reads, and closes it, which merges the log where it believes to be alone. */
const OTHER = `
const { DatabaseSync } = require('node:sqlite')
const other = new DatabaseSync(process.argv[1])
const { count } = other.prepare('SELECT count(*) AS count FROM entry').get()
other.close()
const alone = new DatabaseSync(process.argv[1])
let inUse = false
try { alone.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE') } catch { inUse = true }
console.log(JSON.stringify({ count, inUse }))
`

test('another program that reads the store takes nothing from it: what is written after that outlasts a death', (t) => {
  const { path } = temporaryFolder(t)
  const file = join(path, 'certgate.db')
  const store = openStore(file)
  t.after(() => store.close())
  const look = () => JSON.parse(spawnSync(process.execPath, ['-e', OTHER, file], { encoding: 'utf8' }).stdout)
  const logOf = () => statSync(`${file}-wal`).ino
  store.registry.add([newEntry({ name: 'alice' })], CLI)
  const log = logOf()
  // One that reads beside it, as sealing does, closes its own connection.
  store.snapshot().close()
  store.probe()
  assert.deepEqual(look(), { count: 1, inUse: true })
  assert.equal(logOf(), log)
  const [alice] = store.registry.byName('alice')
  store.registry.revoke(alice?.fingerprint ?? '', 'keyCompromise', CLI)
  store.suspend('it is tried')
  store.reopen()
  store.registry.add([newEntry({ name: 'bob' })], CLI)
  assert.deepEqual(look(), { count: 2, inUse: true })
  // All that a process which dies now leaves behind.
  for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, join(path, `left.db${suffix}`))
  const left = openStore(join(path, 'left.db'))
  t.after(() => left.close())
  assert.equal(left.registry.byName('alice')[0]?.revoked?.reason, 'keyCompromise')
  assert.equal(left.registry.byName('bob').length, 1)
})

const noProc = !existsSync('/proc/self/fd') && 'there is no /proc here'

test('a store that is closed is nobody’s any more, and no descriptor of it stays', { skip: noProc }, (t) => {
  const { path } = temporaryFolder(t)
  const file = join(path, 'certgate.db')
  const opened = () => readdirSync('/proc/self/fd').filter((name) => leadsTo(`/proc/self/fd/${name}`).startsWith(file)).length
  const store = openStore(file)
  const snapshot = store.snapshot()
  store.registry.add([newEntry({ name: 'alice' })], CLI)
  store.close()
  snapshot.close()
  assert.equal(opened(), 0)
  assert.equal(JSON.parse(spawnSync(process.execPath, ['-e', OTHER, file], { encoding: 'utf8' }).stdout).inUse, false)
})

function leadsTo(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    // The descriptor by which the folder was read.
    return ''
  }
}
