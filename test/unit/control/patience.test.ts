import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeForSize } from '../../../src/control/patience.ts'
import type { Snapshot } from '../../../src/ipc/messages.ts'
import type { ListenerMaterial, RevocationList } from '../../../src/tls/types.ts'
import { roleMapping } from '../../support/role-mapping.ts'
import { settingsWith } from '../../support/settings.ts'

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
