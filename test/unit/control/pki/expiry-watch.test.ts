import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expiring } from '../../../../src/admin/expiring.ts'
import { ExpiryWatch } from '../../../../src/control/pki/expiry-watch.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../../support/registry-store.ts'

const HOUR = 3_600_000
const WITHIN = 14 * DAY

function watch() {
  const lines: string[] = []
  const note = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`)
  const made = new ExpiryWatch({ warn: note('warn'), error: note('error') } as never)
  return { made, take: () => lines.splice(0) }
}

const server = (notAfter: number, name = 'main') => ({ kind: 'server' as const, name, subject: 'CN=gate', notAfter })
const inventory = (...certificates: ReturnType<typeof server>[]) => ({ certificates, crls: [] })

test('what ends is told when it comes near, once a day, and when it has ended', () => {
  const { made, take } = watch()
  const notAfter = START + 20 * DAY
  const at = (now: number) => {
    made.tell(expiring(null, inventory(server(notAfter), server(notAfter, 'other')), now, WITHIN), now)
    return take()
  }
  assert.deepEqual(at(START), [])
  assert.deepEqual(at(notAfter - WITHIN), [])
  assert.deepEqual(at(notAfter - WITHIN + 1), ['warn: the server certificate ends in 13 days: CN=gate'])
  assert.deepEqual(at(notAfter - WITHIN + 23 * HOUR), [])
  assert.equal(at(notAfter - WITHIN + 25 * HOUR).length, 1)
  assert.deepEqual(at(notAfter - HOUR), ['warn: the server certificate ends in 1 h: CN=gate'])
  assert.deepEqual(at(notAfter + 1), ['error: the server certificate has ended: CN=gate'])
  assert.deepEqual(at(notAfter + HOUR), [])
})

test('a clock that was set back silences nothing, and a renewed certificate is told of anew', () => {
  const { made, take } = watch()
  const tell = (notAfter: number, now: number) => {
    made.tell(expiring(null, inventory(server(notAfter)), now, WITHIN), now)
    return take().length
  }
  assert.equal(tell(START + DAY, START), 1)
  assert.equal(tell(START + DAY, START - 30 * HOUR), 1)
  assert.equal(tell(START + 300 * DAY, START), 0)
  assert.equal(tell(START + 300 * DAY, START + 290 * DAY), 1)
})

test('a revocation list is late when three quarters of its time are over, whatever the threshold', () => {
  const crl = { issuer: 'CN=ca', thisUpdate: START, nextUpdate: START + 8 * DAY }
  const report = (now: number) =>
    expiring(null, { certificates: [], crls: [crl] }, now, WITHIN).own.map(({ kind, expired }) => [kind, expired])
  assert.deepEqual(report(START + 6 * DAY), [])
  assert.deepEqual(report(START + 6 * DAY + 1), [['crl', false]])
  assert.deepEqual(report(START + 8 * DAY + 1), [['crl', true]])
})

test('registered certificates are summed up, with the first of them', (t) => {
  const { store, clock } = temporaryStore(t)
  for (const [name, days] of [
    ['late', 100],
    ['third', 9],
    ['first', 2],
    ['second', 5],
  ] as const)
    store.registry.add([newEntry({ name, notBefore: START - 300 * DAY, notAfter: START + days * DAY })], CLI)
  const [gone] = store.registry.add([newEntry({ name: 'disabled', notAfter: START + DAY })], CLI)
  store.registry.disable(gone?.fingerprint ?? '', CLI)
  const { clients } = expiring(store, inventory(), clock.now, WITHIN)
  assert.deepEqual([clients.total, clients.first.map(({ name }) => name)], [3, ['first', 'second', 'third']])
  const { made, take } = watch()
  made.tell({ own: [], clients }, clock.now)
  assert.deepEqual(take(), ['warn: 3 client certificates end soon: first (2026-01-03), second (2026-01-06), third (2026-01-10)'])
  assert.deepEqual([...store.registry.countByState(clock.now)].sort(), [
    ['disabled', 1],
    ['expired', 0],
    ['expiring', 3],
    ['revoked', 0],
    ['valid', 1],
  ])
})
