import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patienceFor, timeForSize } from '../../../../src/control/workers/patience.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import type { ListenerMaterial, RevocationList } from '../../../../src/tls/types.ts'
import { roleMapping } from '../../../support/role-mapping.ts'
import { settingsWith } from '../../../support/settings.ts'

const many = (count: number) => Array.from({ length: count }, (_, index) => `value ${index}`)

function snapshot(mapping: Snapshot['mapping'], serials: number, underName = 0): Snapshot {
  const trust = (count: number) => {
    const list = { serials: new Set(many(count)) } as unknown as RevocationList
    return { keyPair: { certificate: '', key: '' }, clientCa: [], crl: { validate: true, onUnavailable: 'deny', lists: [list] } } as const
  }
  const material: ListenerMaterial = { ...trust(serials), names: new Map([['x', trust(underName)]]), ticketKeys: new Uint8Array(48) }
  return { number: 1, settings: settingsWith(), mapping, users: [], listeners: new Map([['main', material]]), upstreams: new Map() }
}

test('what is small needs no time of its own', () => {
  assert.ok(timeForSize(snapshot(roleMapping({ user: { users: many(1_000) } }), 1_000), null) <= 40)
})

test('a large mapping has time where it is new, large revocation lists always', () => {
  const mapping = roleMapping({
    a: { users: many(60_000), hosts: many(10_000) },
    b: { backendRoles: many(20_000), andBackendRoles: many(10_000) },
  })
  const before = snapshot(mapping, 0)
  assert.equal(Math.round(timeForSize(snapshot(mapping, 0), null)), 3_000)
  assert.equal(timeForSize(snapshot(mapping, 0), before), 0)
  assert.equal(Math.round(timeForSize(snapshot(mapping, 80_000, 20_000), before)), 1_000)
})

test('a change of trust has one deadline for all its steps, and each of them a quarter of it', (t) => {
  let now = 5_000
  t.mock.method(performance, 'now', () => now)
  const small = snapshot(roleMapping({}), 0)
  const patience = patienceFor(small, null, { trust: 1_000, change: 10_000 }, true)
  assert.equal(patience(), 1_000)
  now += 600
  assert.equal(patience(), 400)
  now += 3_000
  assert.equal(patience(), 250)
})

test('each step of any other change has the whole time, and what is large has more', () => {
  const deadlines = { trust: 1_000, change: 10_000 }
  const [small, large] = [snapshot(roleMapping({}), 0), snapshot(roleMapping({}), 100_000)]
  assert.equal(patienceFor(small, null, deadlines, false)(), 10_000)
  assert.equal(patienceFor(large, null, deadlines, false)(), 11_000)
  assert.ok(patienceFor(large, null, deadlines, true)() > 1_900)
})
