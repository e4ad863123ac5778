import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { RegistryPublisher } from '../../../../src/control/registry/publisher.ts'
import type { WorkerPool } from '../../../../src/control/workers/pool.ts'
import type { FromWorker, ToWorker } from '../../../../src/ipc/messages.ts'
import { restoreStore } from '../../../../src/store/backup.ts'
import { openStore, type Store } from '../../../../src/store/store.ts'
import { eventually } from '../../../support/eventually.ts'
import { pool, serving } from '../../../support/fake-pool.ts'
import { CLI, newEntry, temporaryStore } from '../../../support/registry-store.ts'

type Behaviour = (worker: number, message: ToWorker) => FromWorker | null | undefined

/** A publisher over a store, and fake workers that it brings the registry to. */
async function publisher(t: { after(callback: () => unknown): void }, behaviour: Behaviour = () => undefined, poll = 60_000) {
  const { store, file } = temporaryStore(t)
  const given = { workers: [] as WorkerPool['workers'], busyFor: 0 }
  const lines: string[] = []
  const made = await RegistryPublisher.open({
    store,
    pool: given,
    log: (_level, message) => lines.push(message),
    deadlines: { change: 100, leisure: 2_000, poll },
  })
  t.after(() => made.close())
  const fake = pool(behaviour, { welcome: (worker) => made.welcome(worker) })
  Object.defineProperty(given, 'workers', { get: () => fake.made.workers })
  t.after(() => fake.made.kill())
  const add = () => store.registry.add([newEntry()], CLI)[0]?.fingerprint ?? ''
  return { made, store, file, fake, lines, add, given }
}

const registryKinds = (messages: readonly ToWorker[]) =>
  messages.flatMap((message) => (/^registry|^listen/.test(message.kind) ? [message.kind] : []))

test('a worker that starts has base and changes before it accepts anything', async (t) => {
  const { made, fake, add } = await publisher(t)
  add()
  await made.published()
  await fake.made.start(2, serving(1))
  for (const worker of fake.workers) {
    assert.deepEqual(registryKinds(worker.received), ['registry_base', 'registry_delta', 'listen'])
  }
})

test('one that does not have it yet does not accept', async (t) => {
  const held: (() => void)[] = []
  const { fake } = await publisher(t, (_worker, message) => {
    if (message.kind !== 'registry_base') return undefined
    const { id, epoch, version } = message
    held.push(() => fake.workers[0]?.emit('message', { kind: 'registry', id, epoch, version, gap: null }))
    return null
  })
  const started = fake.made.start(1, serving(1))
  await fake.until(() => held.length === 1)
  assert.deepEqual(fake.workers[0]?.kinds(), ['registry_base'])
  held[0]?.()
  await started
  assert.equal(fake.made.servingCount, 1)
})

test('published resolves when every worker has it; one that does not answer is killed and replaced', async (t) => {
  const { made, fake, add, store } = await publisher(t, (worker, message) =>
    worker === 0 && message.kind === 'registry_delta' ? null : undefined,
  )
  await fake.made.start(2, serving(1))
  const fingerprint = add()
  await made.published()
  assert.equal(fake.workers[0]?.ended, true)
  assert.ok(fake.lines.some((line) => /killing worker 1000: no answer within 100 ms \(registry\)/.test(line)))
  assert.equal(made.registry.version, store.registry.current().version)
  assert.ok([...made.registry.withPin(store.registry.get(fingerprint)?.pin ?? '')].length === 1)
  await fake.until(() => fake.workers.length === 3 && fake.made.servingCount === 2)
  assert.deepEqual(registryKinds(fake.workers[2]?.received ?? []), ['registry_base', 'registry_delta', 'listen'])
})

test('nobody is killed for compiling a large snapshot', async (t) => {
  const { made, fake, add, given } = await publisher(t, (worker, message) => {
    if (message.kind !== 'registry_delta') return undefined
    const { id, delta } = message
    const answer: FromWorker = { kind: 'registry', id, epoch: delta.epoch, version: delta.version, gap: null }
    setTimeout(() => fake.workers[worker]?.emit('message', answer), 200)
    return null
  })
  await fake.made.start(1, serving(1))
  given.busyFor = 5_000
  add()
  await made.published()
  assert.equal(fake.workers[0]?.ended, false)
  given.busyFor = 0
  add()
  await made.published()
  assert.equal(fake.workers[0]?.ended, true)
})

test('workers that drain are waited for as well', async (t) => {
  const held: (() => void)[] = []
  const { made, fake, add } = await publisher(t, (worker, message) => {
    if (message.kind === 'drain') return null
    if (worker !== 0 || message.kind !== 'registry_delta') return undefined
    const { id, delta } = message
    held.push(() => fake.workers[0]?.emit('message', { kind: 'registry', id, epoch: delta.epoch, version: delta.version, gap: null }))
    return null
  })
  await fake.made.start(1, serving(1))
  await fake.made.replaceAll()
  assert.equal(fake.workers[0]?.kinds().at(-1), 'drain')
  const order: string[] = []
  add()
  const published = made.published().then(() => order.push('published'))
  await fake.until(() => held.length === 1)
  order.push('answered')
  held[0]?.()
  await published
  assert.deepEqual(order, ['answered', 'published'])
})

test('what another process changes is found by looking', async (t) => {
  const { made, file, fake } = await publisher(t, undefined, 10)
  await fake.made.start(1, serving(1))
  const told: unknown[] = []
  made.onChange((pins) => told.push(pins === null ? null : [...pins]))
  const other = openStore(file)
  t.after(() => other.close())
  const entry = newEntry()
  other.registry.add([entry], CLI)
  await eventually('it to be told', () => fake.workers[0]?.kinds().includes('registry_delta') ?? false)
  assert.deepEqual(told, [[entry.pin]])
})

const gapIn = (message: ToWorker): FromWorker | undefined =>
  message.kind === 'registry_base' || message.kind === 'registry_delta'
    ? { kind: 'registry', id: message.id, epoch: 'e', version: 0, gap: 'something is missing' }
    : undefined

test('a worker that lacks something gets a new base, and goes on', async (t) => {
  let gaps = 0
  const { made, fake, add, lines } = await publisher(t, (_worker, message) => (gaps-- > 0 ? gapIn(message) : undefined))
  await fake.made.start(1, serving(1))
  gaps = 1
  add()
  await made.published()
  assert.deepEqual(lines, ['worker 1000 gets the registry anew: something is missing'])
  assert.equal(fake.workers[0]?.ended, false)
  assert.deepEqual(registryKinds(fake.workers[0]?.received ?? []).slice(-2), ['registry_base', 'registry_base'])
})

test('a worker that cannot be mended is killed before anything counts as published', async (t) => {
  let broken = false
  const { made, fake, add } = await publisher(t, (worker, message) => (broken && worker === 0 ? gapIn(message) : undefined))
  await fake.made.start(1, serving(1))
  broken = true
  add()
  await made.published()
  assert.equal(fake.workers[0]?.ended, true)
  assert.ok(fake.lines.some((line) => line === 'killing worker 1000: it could not take up the registry: something is missing'))
})

test('after many changes a new base is sealed, and workers go over to it without being hurried', async (t) => {
  const { made, fake, store } = await publisher(t)
  await fake.made.start(1, serving(1))
  store.write(() => {
    for (let count = 0; count < 1_000; count++) store.registry.add([newEntry()], CLI)
  })
  await made.published()
  await eventually('a new base', () => fake.workers[0]?.kinds().at(-1) === 'registry_base')
  const last = fake.workers[0]?.received.at(-1)
  assert.ok(last?.kind === 'registry_base' && last.version === 1_000)
  assert.equal(made.registry.changes, 0)
})

test('removals that were forgotten mean a new base, which is as urgent as the change in it', async (t) => {
  const held: (() => void)[] = []
  const { made, fake, store, add } = await publisher(t, (_worker, message) => {
    if (message.kind !== 'registry_base' || fake.made.servingCount === 0) return undefined
    const { id, epoch, version } = message
    held.push(() => fake.workers[0]?.emit('message', { kind: 'registry', id, epoch, version, gap: null }))
    return null
  })
  await fake.made.start(1, serving(1))
  const fingerprint = add()
  store.registry.remove(fingerprint, CLI)
  store.registry.forgetRemovals(store.registry.current().version)
  const order: string[] = []
  const published = made.published().then(() => order.push('published'))
  await fake.until(() => held.length === 1)
  order.push('answered')
  held[0]?.()
  await published
  assert.deepEqual(order, ['answered', 'published'])
  assert.equal(made.registry.version, store.registry.current().version)
})

test('what changes while a base is written is told before that base', async (t) => {
  const { made, fake, store, add } = await publisher(t)
  await fake.made.start(1, serving(1))
  store.write(() => {
    for (let count = 0; count < 1_000; count++) store.registry.add([newEntry()], CLI)
  })
  const published = made.published()
  const late = add()
  await published
  await eventually('a new base', () => fake.workers[0]?.kinds().at(-1) === 'registry_base')
  const told = fake.workers[0]?.received.flatMap((message) => (message.kind === 'registry_delta' ? message.delta.changes : [])) ?? []
  assert.ok(told.some((change) => change.kind === 'put' && change.record.fingerprint === late))
})

test('a base that cannot be written ends the start', async (t) => {
  const { store, file } = temporaryStore(t)
  const open = () => RegistryPublisher.open({ store, pool: { workers: [], busyFor: 0 }, log: () => {} })
  const made = await open()
  made.close()
  assert.ok(existsSync(`${file}.base`))
  rmSync(`${file}.base`)
  mkdirSync(`${file}.base`)
  writeFileSync(`${file}.base/in-the-way`, '')
  await assert.rejects(open(), { code: 'EISDIR' })
})

/** Puts a copy in the place of the store, as somebody does by hand, and opens it as StoreWatch does. */
function putBack(store: Store, copy: string): void {
  store.suspend(new Error('it is gone'))
  for (const suffix of ['-wal', '-shm']) rmSync(`${store.file}${suffix}`, { force: true })
  renameSync(copy, store.file)
  store.reopen()
}

test('an older copy is not gone on from: what it counts as changes would be taken for known ones', async (t) => {
  const { made, store, file, add } = await publisher(t)
  const [first, second] = [add(), add()]
  await made.published()
  await store.backup(`${file}.copy`)
  store.registry.revoke(first, 'keyCompromise', CLI)
  await made.published()
  putBack(store, `${file}.copy`)
  // As many changes as were known, and more.
  for (const fingerprint of [second, add(), add()]) {
    store.registry.revoke(fingerprint, 'keyCompromise', CLI)
    await assert.rejects(made.published(), { code: 'store_lost' })
  }
  assert.throws(() => made.assertGoesOn(), { code: 'store_lost', message: /it is older than what was known/ })
  const entry = store.registry.get(first)
  assert.equal(made.registry.standing(first, entry?.pin ?? '').refused?.refusal, 'certificate_revoked')
})

test('an older copy leaves the base as it was: a worker that starts gets what is known', async (t) => {
  const { store, file } = temporaryStore(t)
  store.registry.add([newEntry()], CLI)
  await store.backup(`${file}.copy`)
  store.registry.add([newEntry(), newEntry()], CLI)
  const made = await RegistryPublisher.open({ store, pool: { workers: [], busyFor: 0 }, log: () => {}, deadlines: { poll: 60_000 } })
  t.after(() => made.close())
  const before = readFileSync(`${file}.base`)
  putBack(store, `${file}.copy`)
  await assert.rejects(made.published())
  assert.deepEqual(readFileSync(`${file}.base`), before)
})

test('one that restore made is gone on from, however old it is', async (t) => {
  const { made, store, file, add } = await publisher(t)
  add()
  await store.backup(`${file}.backup`)
  add()
  await made.published()
  await restoreStore(`${file}.backup`, `${file}.restored`, CLI, { replaces: store.registry.current().epoch })
  putBack(store, `${file}.restored`)
  await made.published()
  const fingerprint = add()
  await made.published()
  assert.equal([...made.registry.withPin(store.registry.get(fingerprint)?.pin ?? '')].length, 1)
})

test('one from before a restore is older too, and so is one that took the place of another', async (t) => {
  const { store, file } = temporaryStore(t)
  store.registry.add([newEntry()], CLI)
  await store.backup(`${file}.before`)
  await store.backup(`${file}.backup`)
  const { epoch } = store.registry.current()
  await restoreStore(`${file}.backup`, `${file}.restored`, CLI, { replaces: epoch })
  await restoreStore(`${file}.backup`, `${file}.elsewhere`, CLI)
  putBack(store, `${file}.restored`)
  const made = await RegistryPublisher.open({ store, pool: { workers: [], busyFor: 0 }, log: () => {}, deadlines: { poll: 60_000 } })
  t.after(() => made.close())
  for (const copy of ['before', 'elsewhere']) {
    putBack(store, `${file}.${copy}`)
    assert.throws(() => made.assertGoesOn(), { code: 'store_lost' }, copy)
  }
})
