/** The store among processes: killed in the middle, two at once, and on a disk that is really full. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../support/authority.ts'

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
