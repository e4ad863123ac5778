import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../../src/store/store.ts'
import type { RegistryEntry, RegistryRecord, TrustedRecord } from '../../../src/store/types.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

function added(store: Store): RegistryEntry {
  return store.registry.add([newEntry()], CLI)[0] as RegistryEntry
}

function withoutDer({ der, keyRefusal, ...record }: RegistryEntry): RegistryRecord {
  assert.ok(der.length > 0)
  return record
}

/** What a worker does: a base, and page after page of changes on it. */
function follow(store: Store, held: Map<string, TrustedRecord>, from: number, limit?: number): number {
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
    const expected: TrustedRecord[] = store.registry.list().entries.map(withoutDer)
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

const PIN = 'ab'.repeat(32)

test('a certificate of ours that was removed is told as revoked until it expires, in changes and in a base', (t) => {
  const { store, clock } = temporaryStore(t)
  const [entry] = store.registry.add([newEntry({ issuerKeyId: 'ca', pin: PIN, clearance: 'ClusterAdmin', notAfter: START + DAY })], CLI)
  assert.ok(entry !== undefined)
  store.registry.remove(entry.fingerprint, CLI)
  const [change] = store.registry.changesSince(1)?.changes ?? []
  assert.ok(change?.kind === 'put')
  assert.deepEqual(change.record.revoked, { at: START, reason: 'cessationOfOperation' })
  assert.deepEqual([change.record.fingerprint, change.record.pin, change.record.clearance], [entry.fingerprint, PIN, 'ValidUser'])
  const sealed = () => {
    const snapshot = store.snapshot()
    const records = [...snapshot.records()]
    assert.equal(snapshot.size, records.length)
    snapshot.close()
    return records
  }
  assert.deepEqual(sealed(), [change.record])
  clock.now = START + DAY + 1
  assert.deepEqual([store.registry.changesSince(1)?.changes[0]?.kind, sealed()], ['remove', []])
})

test('what another CA signed is gone when it is removed', (t) => {
  const { store } = temporaryStore(t)
  store.registry.remove(added(store).fingerprint, CLI)
  assert.deepEqual(
    store.registry.changesSince(0)?.changes.map(({ kind }) => kind),
    ['remove'],
  )
})

test('a revoked serial that was never in the registry is told as well, where its key is known', (t) => {
  const { store } = temporaryStore(t)
  const issuance = { issuerKeyId: 'ca', subjectDn: 'CN=device', notAfter: START + DAY }
  store.issuance.record({ ...issuance, serial: '01', fingerprint: '1'.repeat(64), pin: PIN }, CLI)
  store.issuance.record({ ...issuance, serial: '02', fingerprint: '2'.repeat(64), pin: null }, CLI)
  for (const digit of ['1', '2']) store.issuance.revoke(digit.repeat(64), 'keyCompromise', CLI)
  const changes = store.registry.changesSince(0)?.changes ?? []
  assert.deepEqual(
    changes.map(({ kind, version }) => [kind, version]),
    [
      ['put', 1],
      ['remove', 2],
    ],
  )
})

test('the key of what was removed is not taken again, and one that a live entry has cannot be removed', (t) => {
  const { store } = temporaryStore(t)
  const refused = (message: RegExp) => (error: Error & { code?: string }) => error.code === 'entry_refused' && message.test(error.message)
  const [first, second] = [
    newEntry({ issuerKeyId: 'ca', pin: PIN, serial: '0A' }),
    newEntry({ issuerKeyId: 'ca', pin: PIN, name: 'second' }),
  ]
  const [entry] = store.registry.add([first], CLI)
  store.registry.add([second], CLI)
  assert.throws(() => store.registry.remove(entry?.fingerprint ?? '', CLI), refused(/has the same key as "second"/))
  const alone = store.registry.add([newEntry({ issuerKeyId: 'ca', pin: 'cd'.repeat(32), serial: '0B' })], CLI)[0]
  store.registry.remove(alone?.fingerprint ?? '', CLI)
  assert.throws(
    () => store.registry.add([newEntry({ pin: 'cd'.repeat(32) })], CLI),
    refused(/with serial 0B has the same key, and was removed/),
  )
})
