import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../../src/store/store.ts'
import type { RegistryEntry, RegistryRecord } from '../../../src/store/types.ts'
import { CLI, newEntry, temporaryStore } from '../../support/registry-store.ts'

function added(store: Store): RegistryEntry {
  return store.registry.add([newEntry()], CLI)[0] as RegistryEntry
}

function withoutDer({ der, ...record }: RegistryEntry): RegistryRecord {
  assert.ok(der.length > 0)
  return record
}

/** What a worker does: a base, and page after page of changes on it. */
function follow(store: Store, held: Map<string, RegistryRecord>, from: number, limit?: number): number {
  for (let version = from; ; ) {
    const delta = store.registry.changesSince(version, limit)
    assert.ok(delta)
    for (const change of delta.changes) {
      assert.ok(change.version > version && change.version <= delta.version)
      if (change.kind === 'put') held.set(change.record.fingerprint, change.record)
      else held.delete(change.fingerprint)
    }
    version = delta.version
    if (!delta.more) return version
  }
}

test('a base and its deltas, in pages of any size, give the registry as it is', (t) => {
  for (const limit of [1, 2, 3, 100]) {
    const { store } = temporaryStore(t)
    const entries = [added(store), added(store), added(store)] as const
    const snapshot = store.snapshot()
    const held = new Map([...snapshot.records()].map((record) => [record.fingerprint, record]))
    snapshot.close()
    store.registry.remove(entries[0].fingerprint, CLI)
    store.registry.edit(entries[1].fingerprint, { name: 'other' }, CLI)
    store.registry.revoke(entries[2].fingerprint, 'superseded', CLI)
    const late = newEntry()
    store.registry.add([late], CLI)
    store.registry.remove(store.registry.byName(late.name)[0]?.fingerprint ?? '', CLI)
    store.registry.add([late], CLI)
    assert.equal(follow(store, held, snapshot.version, limit), store.registry.current().version)
    const expected = store.registry.list().entries.map(withoutDer)
    assert.deepEqual(held, new Map(expected.map((record) => [record.fingerprint, record])))
  }
})

test('nothing changed: nothing is told', (t) => {
  const { store } = temporaryStore(t)
  assert.deepEqual(store.registry.changesSince(0), { changes: [], version: 0, more: false })
  added(store)
  assert.deepEqual(store.registry.changesSince(1), { changes: [], version: 1, more: false })
})

test('who knows a version that was never given, or one from before forgotten removals, needs a new base', (t) => {
  const { store } = temporaryStore(t)
  const { fingerprint } = added(store)
  assert.equal(store.registry.changesSince(2), null)
  store.registry.remove(fingerprint, CLI)
  store.registry.forgetRemovals(2)
  assert.equal(store.registry.changesSince(1), null)
  assert.deepEqual(store.registry.changesSince(2)?.changes, [])
  store.registry.forgetRemovals(1_000_000)
  assert.deepEqual(store.registry.changesSince(store.registry.current().version)?.changes, [])
})

test('a snapshot sees nothing of what comes after it, and has the certificates too', (t) => {
  const { store } = temporaryStore(t)
  const [first, second] = [added(store), added(store)]
  const snapshot = store.snapshot()
  const reading = snapshot.entries()
  assert.deepEqual(reading.next().value, first)
  store.registry.remove(second.fingerprint, CLI)
  added(store)
  assert.deepEqual([...reading], [second])
  assert.deepEqual([snapshot.size, snapshot.version, snapshot.epoch], [2, 2, store.registry.current().epoch])
  snapshot.close()
  assert.equal(store.registry.list().total, 2)
})

test('reading that is broken off leaves nothing open', (t) => {
  const { store } = temporaryStore(t)
  added(store)
  added(store)
  const snapshot = store.snapshot()
  for (const record of snapshot.records()) {
    assert.ok(record)
    break
  }
  snapshot.close()
  added(store)
})
