import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RegistrySightings } from '../../../../src/control/registry/sightings.ts'
import type { NewEntry } from '../../../../src/store/types.ts'
import { Registry } from '../../../../src/tls/registry.ts'
import { createAuthority, type Issued, selfSigned } from '../../../support/authority.ts'
import { eventually } from '../../../support/eventually.ts'
import { entryOf, issuerKeyIdOf } from '../../../support/registered.ts'
import { baseOf, fingerprintOf } from '../../../support/registry.ts'
import { CLI, temporaryStore } from '../../../support/registry-store.ts'

const root = await createAuthority('root')
const alice = await root.issue({ subject: 'CN=alice' })
const base64 = ({ der }: Issued) => der.toString('base64')

/** Over a store that holds alice. */
async function sightings(t: { after(callback: () => void): void }, changes: Partial<NewEntry> = {}, disabled = false) {
  const { store, clock } = temporaryStore(t)
  clock.now = Date.now()
  store.registry.add([entryOf(alice, root, { name: 'Alice', clearance: 'Operator', ...changes })], CLI)
  if (disabled) store.registry.disable(fingerprintOf(alice), CLI)
  const snapshot = store.snapshot()
  const registry = new Registry(await baseOf(snapshot.records(), snapshot.version, snapshot.epoch))
  snapshot.close()
  const lines: string[] = []
  let published = 0
  const made = new RegistrySightings({
    store,
    registry,
    published: async () => void published++,
    log: (_level, message) => lines.push(message),
  })
  const hear = (...certificates: string[]) => {
    for (const certificate of certificates) made.hear({ kind: 'renewal', certificate })
  }
  const get = (issued: Issued) => store.registry.get(fingerprintOf(issued))
  return { made, store, lines, hear, get, published: () => published }
}

test('a renewal gets the name and the rights of what it renews, is audited, and then published', async (t) => {
  const { store, hear, get, published } = await sightings(t)
  const renewed = await root.issue({ subject: 'CN=alice', key: alice.key })
  hear(base64(renewed), base64(renewed))
  const entry = await eventually('it', () => get(renewed))
  assert.deepEqual(
    [entry.name, entry.clearance, entry.origin, entry.predecessor, entry.createdBy],
    ['Alice', 'Operator', 'renewed', fingerprintOf(alice), 'certgate'],
  )
  assert.equal(store.issuance.byFingerprint(entry.fingerprint), null)
  await eventually('it to be published', () => published() === 1)
  assert.equal(store.audit.read({ filter: { action: 'certificate.renew' } }).length, 1)
  hear(base64(renewed))
  await new Promise(setImmediate)
  assert.deepEqual([store.registry.list().total, published()], [2, 1])
})

test('the serial of a renewal by our own CA is recorded, for lists and OCSP', async (t) => {
  const issuerKeyId = issuerKeyIdOf(root)
  const { store, hear, get } = await sightings(t, { issuerKeyId })
  const renewed = await root.issue({ subject: 'CN=alice', key: alice.key })
  hear(base64(renewed))
  await eventually('it', () => get(renewed))
  assert.equal(store.issuance.find(issuerKeyId, renewed.serial)?.fingerprint, fingerprintOf(renewed))
})

test('a worker that tells of what is no renewal is not believed', async (t) => {
  const { store, hear, lines, published } = await sightings(t)
  const other = await createAuthority('root')
  const told = await Promise.all([
    root.issue({ subject: 'CN=alice' }),
    root.issue({ subject: 'CN=bob', key: alice.key }),
    root.issue({ subject: 'CN=alice', key: alice.key, san: ['DNS:more.example'] }),
    other.issue({ subject: 'CN=alice', key: alice.key }),
    selfSigned({ subject: 'CN=alice', key: alice.key }),
    root.issue({ subject: 'CN=alice', key: alice.key, eku: ['serverAuth'] }),
    root.issue({ subject: 'CN=alice', key: alice.key, notAfter: new Date(Date.now() - 60_000) }),
  ])
  hear(...told.map(base64))
  hear('no certificate')
  await eventually('the last', () => lines.length === 1)
  assert.match(lines[0] ?? '', /could not be recorded/)
  assert.deepEqual([store.registry.list().total, published()], [1, 0])
})

test('nothing renews what is disabled', async (t) => {
  const { store, hear } = await sightings(t, {}, true)
  hear(base64(await root.issue({ subject: 'CN=alice', key: alice.key })))
  await new Promise(setImmediate)
  assert.equal(store.registry.list().total, 1)
})

test('a flood is bounded, and does not stop what comes after it', async (t) => {
  const { hear, get, lines } = await sightings(t)
  const renewed = await root.issue({ subject: 'CN=alice', key: alice.key })
  const [dropped, later] = [base64(renewed), base64(renewed)]
  hear(...Array.from({ length: 300 }, (_, index) => `no certificate ${index}`), dropped)
  await eventually('the flood to end', () => lines.length === 256 || lines.length === 257)
  assert.equal(get(renewed), null)
  hear(later)
  await eventually('it', () => get(renewed))
})

test('times last seen are written back; where they cannot be, that is told and nothing else happens', async (t) => {
  const { made, store, lines, get } = await sightings(t)
  const seen = new Map([
    [fingerprintOf(alice), 5],
    ['0'.repeat(64), 6],
  ])
  made.hear({ kind: 'seen', seen })
  assert.equal(get(alice)?.lastSeen, 5)
  store.close()
  made.hear({ kind: 'seen', seen })
  assert.deepEqual(lines, ['when certificates were last seen could not be recorded'])
})

test('what is told once the store is about to close is dropped without a word', async (t) => {
  const { made, store, lines, hear, published } = await sightings(t)
  hear(base64(await root.issue({ subject: 'CN=alice', key: alice.key })), base64(await root.issue({ subject: 'CN=alice', key: alice.key })))
  made.close()
  store.close()
  made.hear({ kind: 'seen', seen: new Map([[fingerprintOf(alice), Date.now()]]) })
  hear(base64(await root.issue({ subject: 'CN=alice', key: alice.key })))
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.deepEqual(lines, ['a renewal of the registered certificate "Alice" was recorded'], 'the first, before it closed')
  assert.equal(published(), 1)
})
