import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { Store } from '../../../src/store/store.ts'
import type { NewEntry, RegistryEntry } from '../../../src/store/types.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

const ADMIN = { name: 'alice', fingerprint: 'ab'.repeat(32), remote: '192.0.2.1' }

function added(store: Store, given: Partial<NewEntry> = {}): RegistryEntry {
  return store.registry.add([newEntry(given)], CLI)[0] as RegistryEntry
}

/** That `change` throws this code, and that neither registry nor audit log moved. */
function assertRefused(store: Store, code: string, change: () => unknown, message = /./): void {
  const before = [store.registry.current(), store.audit.head()]
  assert.throws(change, (error: Error & { code?: string }) => error.code === code && message.test(error.message))
  assert.deepEqual([store.registry.current(), store.audit.head()], before)
}

test('what was added comes back as it was, with what the store computes of it', (t) => {
  const { store } = temporaryStore(t)
  const given = newEntry({
    name: 'Jürgen, a/CN=admin',
    sans: ['dNSName:a.test', 'iPAddress:192.0.2.7'],
    issuerKey: Buffer.from('key of the CA'),
    clearance: 'Operator',
    permissions: new Map([
      ['__proto__', 'Read'],
      ['Movies', 'ReadWrite'],
    ]),
  })
  const [entry] = store.registry.add([given], ADMIN)
  const fingerprint = createHash('sha256').update(given.der).digest('hex')
  assert.deepEqual(entry, {
    ...given,
    der: Buffer.from(given.der),
    fingerprint,
    thumbprint: createHash('sha1').update(given.der).digest('hex').toUpperCase(),
    predecessor: null,
    group: fingerprint,
    disabled: false,
    revoked: null,
    keyRefusal: null,
    createdAt: START,
    createdBy: `alice ${ADMIN.fingerprint}`,
    lastSeen: null,
    version: 1,
  })
  assert.deepEqual(store.registry.get(fingerprint), entry)
  const [audited] = store.audit.read()
  assert.deepEqual([audited?.action, audited?.target, audited?.actor], ['certificate.add', fingerprint, ADMIN])
})

test('it is found by thumbprint in any spelling, by pin and by exactly its name', (t) => {
  const { store } = temporaryStore(t)
  const entry = added(store, { name: 'Bob' })
  added(store, { name: 'bob' })
  const colons = entry.thumbprint.toLowerCase().replace(/..(?=.)/g, '$&:')
  const found = [store.registry.byThumbprint(colons), store.registry.byPin(entry.pin), store.registry.byName('Bob')]
  assert.deepEqual(found, [[entry], [entry], [entry]])
  assert.equal(store.registry.get('00'.repeat(32)), null)
})

test('the same certificate is not added twice, and nothing of several is added if one of them cannot be', (t) => {
  const { store } = temporaryStore(t)
  const leaf = newEntry({ name: 'twice' })
  store.registry.add([leaf], CLI)
  assertRefused(store, 'entry_exists', () => store.registry.add([newEntry(), leaf], CLI), /already, as "twice" \(valid\)/)
  assertRefused(store, 'entry_refused', () => store.registry.add([newEntry(), newEntry({ pin: 'not hex' })], CLI))
  assert.equal(store.registry.list().total, 1)
})

test('names and permissions that would not come back as they were are refused', (t) => {
  const { store } = temporaryStore(t)
  for (const name of ['', 'a\0b', 'half \ud800 pair']) assertRefused(store, 'entry_refused', () => added(store, { name }))
  const permissions = new Map([['Movies', 'Read'] as const, ['movies', 'Admin'] as const])
  assertRefused(store, 'entry_refused', () => added(store, { permissions }), /named twice/)
  assertRefused(store, 'entry_refused', () => added(store, { permissions: new Map([['', 'Read']]) }), /empty/)
  assertRefused(store, 'entry_refused', () => added(store, { notAfter: START - 2 * DAY }))
})

test('an edit is recorded with what was before, reaches every leaf of a PFX, and is found by the new name', (t) => {
  const { store } = temporaryStore(t)
  const [first, second] = store.registry.add([newEntry({ name: 'old' }), newEntry({ name: 'old' })], CLI)
  const edited = store.registry.edit(second?.fingerprint ?? '', { name: 'Neu', clearance: 'Operator' }, ADMIN)
  assert.deepEqual(
    edited.map((entry) => [entry.fingerprint, entry.name, entry.clearance]),
    [
      [first?.fingerprint, 'Neu', 'Operator'],
      [second?.fingerprint, 'Neu', 'Operator'],
    ],
  )
  assert.equal(store.registry.list({ text: 'neu' }).total, 2)
  const [last] = store.audit.read({ before: Number.MAX_SAFE_INTEGER, limit: 1 })
  assert.deepEqual(last?.details, { name: 'old', changes: { name: ['old', 'Neu'], clearance: ['ValidUser', 'Operator'] } })
})

test('an edit that changes nothing is none', (t) => {
  const { store } = temporaryStore(t)
  const entry = added(store, { permissions: new Map([['a', 'Read']]) })
  const head = store.audit.head()
  assert.deepEqual(store.registry.edit(entry.fingerprint, { permissions: new Map([['a', 'Read']]) }, CLI), [entry])
  assert.deepEqual(store.audit.head(), head)
})

test('of two who edit the same version, the second is told', (t) => {
  const { store } = temporaryStore(t)
  const entry = added(store)
  const seen = { version: entry.version }
  store.registry.edit(entry.fingerprint, { clearance: 'Operator' }, ADMIN, seen)
  assertRefused(store, 'entry_changed', () => store.registry.edit(entry.fingerprint, { name: 'mine' }, CLI, seen))
  assertRefused(store, 'entry_changed', () => store.registry.remove(entry.fingerprint, CLI, seen))
  assertRefused(store, 'entry_changed', () => store.registry.revoke(entry.fingerprint, 'superseded', CLI, seen))
  assertRefused(store, 'entry_changed', () => store.registry.disable(entry.fingerprint, CLI, seen))
})

test('what is not there cannot be changed', (t) => {
  const { store } = temporaryStore(t)
  const nobody = '00'.repeat(32)
  for (const change of [
    () => store.registry.edit(nobody, {}, CLI),
    () => store.registry.enable(nobody, CLI),
    () => store.registry.revoke(nobody, 'unspecified', CLI),
    () => store.registry.remove(nobody, CLI),
    () => store.registry.renew(nobody, newEntry(), CLI),
  ]) {
    assertRefused(store, 'entry_unknown', change)
  }
})

test('disabling is taken back by enabling, and doing either twice is no change', (t) => {
  const { store } = temporaryStore(t)
  const { fingerprint } = added(store)
  const [disabled] = store.registry.disable(fingerprint, CLI)
  assert.equal(disabled?.disabled, true)
  assert.deepEqual(store.registry.disable(fingerprint, CLI), [disabled])
  assert.equal(store.registry.enable(fingerprint, CLI)[0]?.disabled, false)
  assert.deepEqual(
    store.audit.read().map((entry) => entry.action),
    ['certificate.add', 'certificate.disable', 'certificate.enable'],
  )
})

test('a revocation is for good, for every leaf, and for the CRL', (t) => {
  const { store, clock } = temporaryStore(t)
  const leaves = [newEntry({ issuerKeyId: 'ca' }), newEntry({ issuerKeyId: 'ca' })]
  const [first, second] = store.registry.add(leaves, CLI) as [RegistryEntry, RegistryEntry]
  clock.now += 5
  const revoked = { at: START + 5, reason: 'keyCompromise' as const }
  assert.deepEqual(
    store.registry.revoke(second.fingerprint, 'keyCompromise', CLI).map((entry) => entry.revoked),
    [revoked, revoked],
  )
  assert.deepEqual(new Set(store.issuance.revokedSerials('ca').map((one) => one.serial)), new Set(leaves.map((leaf) => leaf.serial)))
  assertRefused(store, 'entry_refused', () => store.registry.enable(first.fingerprint, CLI), /revoked for good/)
  assertRefused(store, 'entry_refused', () => store.registry.revoke(first.fingerprint, 'superseded', CLI), /already \(keyCompromise\)/)
  assertRefused(store, 'entry_refused', () => store.registry.renew(first.fingerprint, newEntry(), CLI))
})

test('a key that was disabled or revoked does not come back in another certificate', (t) => {
  const { store } = temporaryStore(t)
  const entry = added(store)
  store.registry.disable(entry.fingerprint, CLI)
  assertRefused(store, 'entry_refused', () => added(store, { pin: entry.pin }), /same key and is disabled/)
  store.registry.revoke(entry.fingerprint, 'keyCompromise', CLI)
  assertRefused(store, 'entry_refused', () => added(store, { pin: entry.pin }), /same key and is revoked/)
})

test('removing what a CA of ours issued revokes its serial', (t) => {
  const { store } = temporaryStore(t)
  const entry = added(store, { issuerKeyId: 'ca' })
  store.registry.remove(entry.fingerprint, CLI)
  assert.equal(store.registry.get(entry.fingerprint), null)
  assert.deepEqual(store.issuance.find('ca', entry.serial)?.revoked, { at: START, reason: 'cessationOfOperation' })
})

test('removing never lets in again what was shut out: disabled and revoked ones stay until they have expired', (t) => {
  const { store, clock } = temporaryStore(t)
  const [disabled, revoked] = [added(store), added(store)]
  store.registry.disable(disabled.fingerprint, CLI)
  store.registry.revoke(revoked.fingerprint, 'privilegeWithdrawn', CLI)
  for (const { fingerprint } of [disabled, revoked]) assertRefused(store, 'entry_refused', () => store.registry.remove(fingerprint, CLI))
  clock.now = disabled.notAfter + 1
  for (const { fingerprint } of [disabled, revoked]) store.registry.remove(fingerprint, CLI)
  assert.equal(store.registry.list().total, 0)
})

test('an expired one that was shut out stays as long as another has its key', (t) => {
  for (const shutOut of ['disable', 'revoke'] as const) {
    const { store, clock } = temporaryStore(t)
    const old = added(store)
    const young = added(store, { pin: old.pin, notAfter: old.notAfter + 10 * DAY, clearance: 'Operator' })
    if (shutOut === 'disable') store.registry.disable(old.fingerprint, CLI)
    else store.registry.revoke(old.fingerprint, 'keyCompromise', CLI)
    assert.equal(store.registry.countUsable(['Operator']), 0)
    clock.now = old.notAfter + 1
    assertRefused(store, 'entry_refused', () => store.registry.remove(old.fingerprint, CLI), /which has the same key, would be let in/)
    clock.now = young.notAfter + 1
    store.registry.remove(old.fingerprint, CLI)
    assert.equal(store.registry.get(old.fingerprint), null)
  }
})

test('a renewal has the rights its predecessor has now, and knows it', (t) => {
  const { store } = temporaryStore(t)
  const first = added(store, { clearance: 'ValidUser', permissions: new Map([['movies', 'Read']]) })
  store.registry.edit(first.fingerprint, { clearance: 'Operator' }, CLI)
  const renewed = store.registry.renew(first.fingerprint, newEntry({ pin: first.pin, clearance: 'ClusterAdmin' }), CLI)
  assert.deepEqual(
    [renewed.clearance, renewed.permissions, renewed.origin, renewed.predecessor],
    ['Operator', first.permissions, 'renewed', first.fingerprint],
  )
  assert.deepEqual(store.registry.renewalsOf(first.fingerprint), [renewed])
})

test('what has expired renews nothing by itself; an operator may still issue anew for it', (t) => {
  const { store, clock } = temporaryStore(t)
  const { fingerprint, notAfter } = added(store)
  clock.now = notAfter + 1
  assertRefused(store, 'entry_refused', () => store.registry.renew(fingerprint, newEntry(), CLI), /is expired: it cannot be renewed/)
  const again = added(store, { origin: 'issued', predecessor: fingerprint, notAfter: clock.now + DAY })
  assert.equal(again.predecessor, fingerprint)
})

test('purging removes the expired ones only, in parts that are each audited', async (t) => {
  const { store } = temporaryStore(t)
  const gone = { notBefore: START - 2 * DAY, notAfter: START - 1 }
  store.write(() => {
    for (let count = 0; count < 501; count++) added(store, gone)
  })
  const kept = [added(store, { notAfter: START }), added(store)]
  assert.equal(await store.registry.purgeExpired(CLI), 501)
  assert.deepEqual(
    store.registry
      .list()
      .entries.map((entry) => entry.fingerprint)
      .sort(),
    kept.map((entry) => entry.fingerprint).sort(),
  )
  const purges = store.audit
    .read({ filter: { action: 'certificate.purge' } })
    .map((entry) => (entry.details.certificates as unknown[]).length)
  assert.deepEqual(purges, [500, 1])
  assert.equal(await store.registry.purgeExpired(CLI), 0)
  assert.equal(store.audit.read({ filter: { action: 'certificate.purge' } }).length, 2)
})

test('a revoked one is not purged while another certificate with its key could be used', async (t) => {
  const { store, clock } = temporaryStore(t)
  const first = added(store, { notAfter: START + DAY })
  const second = store.registry.renew(first.fingerprint, newEntry({ pin: first.pin }), CLI)
  store.registry.revoke(first.fingerprint, 'keyCompromise', CLI)
  clock.now = START + 2 * DAY
  assert.equal(await store.registry.purgeExpired(CLI), 0)
  clock.now = second.notAfter + 1
  assert.equal(await store.registry.purgeExpired(CLI), 2)
})

test('times last seen are written back, only forwards, and are no change of the registry', (t) => {
  const { store } = temporaryStore(t)
  const entry = added(store)
  const before = [store.registry.current(), store.audit.head()]
  store.registry.noteSeen(
    new Map([
      [entry.fingerprint, START + 10],
      ['00'.repeat(32), START],
    ]),
  )
  store.registry.noteSeen(new Map([[entry.fingerprint, START + 3]]))
  assert.equal(store.registry.get(entry.fingerprint)?.lastSeen, START + 10)
  assert.deepEqual([store.registry.current(), store.audit.head()], before)
})

test('an admin whose key is shut out by another entry is not counted as usable', (t) => {
  const { store, clock } = temporaryStore(t)
  const first = added(store, { clearance: 'ClusterAdmin', notAfter: START + 2 * DAY })
  store.registry.renew(first.fingerprint, newEntry({ pin: first.pin }), CLI)
  added(store, { clearance: 'ClusterNode' })
  added(store, { clearance: 'ClusterAdmin', notBefore: START + 1 })
  added(store, { clearance: 'Operator' })
  const admins = () => store.registry.countUsable(['ClusterAdmin', 'ClusterNode'])
  assert.equal(admins(), 3)
  clock.now += 1
  assert.equal(admins(), 4)
  store.registry.disable(first.fingerprint, CLI)
  assert.equal(admins(), 2)
  assert.equal(store.registry.countUsable([]), 0)
})
