// A store that is lost while the gateway runs: what was known counts for a while, then nobody is let in, and it comes back by itself.
import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { StoreWatch } from '../../../../src/control/registry/store-watch.ts'
import type { Store } from '../../../../src/store/store.ts'
import { CLI, newEntry, temporaryStore } from '../../../support/registry-store.ts'
import { unprivileged } from '../../../support/unprivileged.ts'

const MAX = 900_000

function watching(store: Pick<Store, 'file' | 'probe' | 'suspend' | 'reopen'>, assertGoesOn = () => {}) {
  const clock = { now: 5_000 }
  const said: (boolean | string)[] = []
  const watch = new StoreWatch({
    store,
    maxStale: () => MAX,
    assertGoesOn,
    caughtUp: async () => {},
    setStale: async (stale) => void said.push(stale),
    log: (level, message) => said.push(`${level}: ${message.split(':')[0]}`),
    now: () => clock.now,
  })
  return { clock, said, watch }
}

/** Moves the whole store away, or back. */
function move(from: string, to: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    try {
      renameSync(`${from}${suffix}`, `${to}${suffix}`)
    } catch {
      // SQLite has removed what it needs no more.
    }
  }
}

const losses: readonly (readonly [what: string, lose: (file: string) => void])[] = [
  ['removed', (file) => rmSync(file)],
  ['overwritten with garbage', (file) => writeFileSync(file, 'garbage '.repeat(10_000))],
  ['emptied', (file) => writeFileSync(file, '')],
  ['replaced by another file', (file) => [copyFileSync(file, `${file}.copy`), renameSync(`${file}.copy`, file)]],
]

for (const [what, lose] of losses) {
  test(`a store that is ${what} takes no change, from the first moment`, (t) => {
    const { store, file } = temporaryStore(t)
    store.registry.add([newEntry()], CLI)
    lose(file)
    assert.throws(() => store.registry.add([newEntry()], CLI), { code: 'store_lost' })
    assert.throws(() => store.probe(), { code: 'store_lost' })
  })
}

test('one that may not be read any more is lost too', async (t) => {
  const { store, file } = temporaryStore(t)
  await unprivileged(dirname(file), () => {
    chmodSync(file, 0)
    assert.throws(() => store.probe(), { code: 'store_lost' })
  })
})

test('what was known counts for max_stale, then nobody is let in, and it comes back by itself', async (t) => {
  const { store, file } = temporaryStore(t)
  const [entry] = store.registry.add([newEntry()], CLI)
  const { watch, clock, said } = watching(store)
  await watch.look()
  assert.deepEqual([said, watch.standing.lost_for], [[], null])
  move(file, `${file}.away`)
  await watch.look()
  assert.deepEqual(said, ['error: the store is lost'])
  clock.now += MAX - 1
  await watch.look()
  await watch.look()
  assert.deepEqual([said.length, watch.standing.stale, watch.standing.lost_for], [1, false, MAX - 1])
  assert.match(watch.standing.problem, /was lost: it is not there, or empty/)
  clock.now += 1
  await watch.look()
  assert.deepEqual(said.slice(1), ['error: the store was lost for longer than store.max_stale', true])
  assert.throws(() => store.registry.list(), { code: 'store_lost' })
  move(`${file}.away`, file)
  clock.now += 1_000
  await watch.look()
  assert.deepEqual(said.slice(3), [false, 'info: the store is back'])
  assert.deepEqual(watch.standing, { file, lost_for: null, problem: '', stale: false })
  assert.equal(store.registry.get(entry?.fingerprint ?? '')?.name, entry?.name)
  store.registry.add([newEntry()], CLI)
})

test('garbage in its place is not opened; a short lock is no loss', async () => {
  const told: string[] = []
  let failure: Error | null = Object.assign(new Error('busy'), { code: 'store_locked' })
  const fail = () => {
    if (failure !== null) throw failure
  }
  const { watch, said, clock } = watching({ file: 'f', probe: fail, suspend: () => void told.push('suspend'), reopen: fail })
  await watch.look()
  assert.deepEqual(said, [])
  failure = Object.assign(new Error('damaged'), { code: 'store_corrupt' })
  await watch.look()
  await watch.look()
  assert.deepEqual([said.length, watch.standing.problem], [1, 'damaged'])
  failure = null
  clock.now += 1_000
  await watch.look()
  assert.equal(watch.standing.lost_for, null)
})

test('one that is older than what was known stays lost, and takes no change in between', async (t) => {
  const { store, file } = temporaryStore(t)
  let isOlder = true
  const { watch, clock } = watching(store, () => {
    if (isOlder) throw new Error('older than what was known')
  })
  move(file, `${file}.away`)
  await watch.look()
  move(`${file}.away`, file)
  clock.now += 1_000
  await watch.look()
  assert.deepEqual([watch.standing.lost_for, watch.standing.problem], [1_000, 'older than what was known'])
  assert.throws(() => store.registry.add([newEntry()], CLI))
  isOlder = false
  clock.now += 1_000
  await watch.look()
  assert.equal(watch.standing.lost_for, null)
})
