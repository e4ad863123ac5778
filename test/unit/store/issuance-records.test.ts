import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../../../src/store/store.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

const issuance = (serial: string, given: { issuerKeyId?: string; notAfter?: number; pin?: string } = {}) => ({
  issuerKeyId: 'ca',
  serial,
  fingerprint: serial.padStart(64, '0').toLowerCase(),
  pin: null,
  subjectDn: 'CN=server',
  notAfter: START + DAY,
  ...given,
})

function code(expected: string) {
  return (error: Error & { code?: string }) => error.code === expected
}

test('what is in the registry is recorded with it, what is not by itself; both are found by serial', (t) => {
  const { store } = temporaryStore(t)
  const leaf = newEntry({ issuerKeyId: 'ca', serial: 'AB12' })
  const [entry] = store.registry.add([leaf], CLI)
  store.issuance.record(issuance('FF01'), CLI)
  assert.equal(store.issuance.find('ca', 'ab12')?.fingerprint, entry?.fingerprint)
  assert.deepEqual(store.issuance.find('ca', 'FF01'), { ...issuance('FF01'), issuedAt: START, revoked: null })
  assert.equal(store.issuance.find('other', 'FF01'), null)
  assert.equal(store.issuance.find('ca', '00'), null)
})

test('a CA gives a serial once; another CA may give the same', (t) => {
  const { store } = temporaryStore(t)
  store.issuance.record(issuance('01'), CLI)
  const head = store.audit.head()
  assert.throws(() => store.issuance.record({ ...issuance('01'), fingerprint: 'a'.repeat(64) }, CLI), code('entry_exists'))
  assert.throws(() => store.registry.add([newEntry({ issuerKeyId: 'ca', serial: '01' })], CLI), code('entry_exists'))
  assert.equal(store.registry.list().total, 0)
  assert.deepEqual(store.audit.head(), head)
  store.issuance.record({ ...issuance('01', { issuerKeyId: 'new' }), fingerprint: 'b'.repeat(64) }, CLI)
})

test('the CRL of a CA has its own revoked serials, each until after its end', (t) => {
  const { store } = temporaryStore(t)
  for (const [serial, given] of [
    ['0A', {}],
    ['0B', {}],
    ['0C', { notAfter: START + 5 * DAY }],
    ['0D', { issuerKeyId: 'other' }],
  ] as const) {
    store.issuance.record(issuance(serial, given), CLI)
    if (serial !== '0B') store.issuance.revoke(issuance(serial).fingerprint, 'superseded', CLI)
  }
  const serials = (endingAfter?: number) => store.issuance.revokedSerials('ca', endingAfter).map((one) => one.serial)
  assert.deepEqual(serials(), ['0A', '0C'])
  assert.deepEqual(serials(START + DAY), ['0A', '0C'])
  assert.deepEqual(serials(START + DAY + 1), ['0C'])
  assert.deepEqual(store.issuance.revokedSerials('ca')[0], { serial: '0A', notAfter: START + DAY, at: START, reason: 'superseded' })
})

test('the first revocation stays, and what is in the registry is revoked there', (t) => {
  const { store } = temporaryStore(t)
  const [entry] = store.registry.add([newEntry({ issuerKeyId: 'ca' })], CLI)
  store.issuance.record(issuance('0A'), CLI)
  const { fingerprint } = issuance('0A')
  assert.deepEqual(store.issuance.revoke(fingerprint, 'keyCompromise', CLI).revoked, { at: START, reason: 'keyCompromise' })
  assert.throws(() => store.issuance.revoke(fingerprint, 'superseded', CLI), code('entry_refused'))
  assert.throws(() => store.issuance.revoke(entry?.fingerprint ?? '', 'superseded', CLI), code('entry_refused'))
  assert.throws(() => store.issuance.revoke('0'.repeat(64), 'superseded', CLI), code('entry_unknown'))
})

test('a serial outlives its registry entry', async (t) => {
  const { store, clock } = temporaryStore(t)
  const [entry] = store.registry.add([newEntry({ issuerKeyId: 'ca', serial: '0E', notAfter: START + DAY })], CLI)
  clock.now = START + 2 * DAY
  assert.equal(await store.registry.purgeExpired(CLI), 1)
  assert.equal(store.issuance.find('ca', '0E')?.fingerprint, entry?.fingerprint)
  assert.equal(store.issuance.find('ca', '0E')?.revoked, null)
})

test('CRL numbers rise, per CA, over a restart and over a clock that runs back', (t) => {
  const { store, file, clock } = temporaryStore(t)
  const seconds = START / 1000
  assert.equal(store.issuance.nextCrlNumber('ca'), seconds)
  assert.equal(store.issuance.nextCrlNumber('ca'), seconds + 1)
  assert.equal(store.issuance.nextCrlNumber('other'), seconds)
  clock.now = START - DAY
  assert.equal(store.issuance.nextCrlNumber('ca'), seconds + 2)
  const again = openStore(file, { now: () => START })
  t.after(() => again.close())
  assert.equal(again.issuance.nextCrlNumber('ca'), seconds + 3)
})
