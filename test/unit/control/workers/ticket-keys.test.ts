import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentDigest } from '../../../../src/control/loading/digest.ts'
import { rotationDue, TicketKeyring } from '../../../../src/control/workers/ticket-keys.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import type { ListenerMaterial, RevocationList } from '../../../../src/tls/types.ts'
import { createAuthority } from '../../../support/authority.ts'
import { listenerSettings, settingsWith } from '../../../support/settings.ts'

const authority = await createAuthority('one', { notAfter: new Date(Date.now() + 60_000) })
const other = await createAuthority('two')
const keyPair = { certificate: 'certificate', key: 'key' }

const list = (serials: string[], nextUpdate = Date.now() + 3_600_000): RevocationList => ({
  file: 'ca.crl',
  issuerDn: 'CN=one',
  issuerHex: '',
  issuerName: '',
  authorityKeyId: null,
  thisUpdate: 0,
  nextUpdate,
  serials: new Set(serials),
  unusable: null,
  scope: { covers: 'all', points: null },
  signerKey: null,
  signed: null,
})

const material = (given: Partial<ListenerMaterial> = {}): ListenerMaterial => ({
  keyPair,
  clientCa: [other.certificate],
  crl: { validate: false, onUnavailable: 'deny', lists: [] },
  names: new Map(),
  ticketKeys: new Uint8Array(48),
  ...given,
})

const snapshot = (listeners: Record<string, ListenerMaterial>, number = 1): Snapshot => ({
  number,
  settings: settingsWith({ listeners: new Map(Object.keys(listeners).map((name) => [name, listenerSettings(name)])) }),
  mapping: { file: '', entries: [] },
  users: [],
  listeners: new Map(Object.entries(listeners)),
  upstreams: new Map(),
})

const keysOf = (of: Snapshot, name = 'main') => Buffer.from(of.listeners.get(name)?.ticketKeys ?? []).toString('hex')

test('keys are kept while the trust of their listener is unchanged, also when our certificate is renewed', () => {
  const keyring = new TicketKeyring()
  const first = keyring.fit(snapshot({ main: material(), other: material() }))
  keyring.adopt(first)
  assert.notEqual(keysOf(first), keysOf(first, 'other'), 'each listener has its own')
  const renewed = snapshot({ main: material({ keyPair: { certificate: 'new', key: 'new' } }), other: material() })
  assert.equal(keyring.changesTrust(renewed), false)
  assert.equal(keysOf(keyring.fit(renewed)), keysOf(first))
})

test('another CA, a revocation, or a rule means new keys for that listener only', () => {
  for (const changed of [
    material({ clientCa: [other.certificate, authority.certificate] }),
    material({ crl: { validate: true, onUnavailable: 'deny', lists: [list(['01'])] } }),
    material({ names: new Map([['db.example', material()]]) }),
  ]) {
    const keyring = new TicketKeyring()
    const first = keyring.fit(snapshot({ main: material(), other: material() }))
    keyring.adopt(first)
    const second = snapshot({ main: changed, other: material() }, 2)
    assert.equal(keyring.changesTrust(second), true)
    const fitted = keyring.fit(second)
    assert.notEqual(keysOf(fitted), keysOf(first))
    assert.equal(keysOf(fitted, 'other'), keysOf(first, 'other'))
  }
})

test('one serial more on a list is a change of trust', () => {
  const withSerials = (...serials: string[]) =>
    snapshot({ main: material({ crl: { validate: true, onUnavailable: 'deny', lists: [list(serials, 5)] } }) })
  const keyring = new TicketKeyring()
  keyring.adopt(keyring.fit(withSerials('01')))
  assert.equal(keyring.changesTrust(withSerials('01')), false)
  assert.equal(keyring.changesTrust(withSerials('01', '02')), true)
})

test('what was not adopted leaves the keys in use as they are', () => {
  const keyring = new TicketKeyring()
  const first = keyring.fit(snapshot({ main: material() }))
  keyring.adopt(first)
  keyring.fit(snapshot({ main: material({ clientCa: [authority.certificate] }) }))
  assert.equal(keysOf(keyring.fit(snapshot({ main: material() }))), keysOf(first))
})

test('keys older than 300 s are not used again', () => {
  const keyring = new TicketKeyring()
  const first = keyring.fit(snapshot({ main: material() }), 1_000)
  keyring.adopt(first, 1_000)
  assert.equal(keysOf(keyring.fit(snapshot({ main: material() }), 300_999)), keysOf(first))
  assert.notEqual(keysOf(keyring.fit(snapshot({ main: material() }), 301_000)), keysOf(first))
})

test('renewed keys differ for every listener, and nothing else does', () => {
  const keyring = new TicketKeyring()
  const first = keyring.fit(snapshot({ main: material(), other: material() }))
  const renewed = keyring.renew(first)
  assert.notEqual(keysOf(renewed), keysOf(first))
  assert.notEqual(keysOf(renewed, 'other'), keysOf(first, 'other'))
  assert.equal(contentDigest(renewed), contentDigest(first))
})

test('keys are due after 300 s, or when a CA or a checked list runs out before', () => {
  const now = Date.now()
  assert.equal(rotationDue(snapshot({ main: material() }), now), now + 300_000)
  const expiry = Math.floor((now + 60_000) / 1_000) * 1_000
  const due = rotationDue(snapshot({ main: material({ clientCa: [authority.certificate] }) }), now)
  assert.ok(Math.abs(due - expiry) <= 2_000, `${due - now} ms`)
  const crl = { onUnavailable: 'deny' as const, lists: [list([], now + 5_000)] }
  assert.equal(rotationDue(snapshot({ main: material({ crl: { validate: true, ...crl } }) }), now), now + 5_000)
  assert.equal(rotationDue(snapshot({ main: material({ crl: { validate: false, ...crl } }) }), now), now + 300_000)
  const past = { onUnavailable: 'deny' as const, lists: [list([], now - 5_000)], validate: true }
  assert.equal(rotationDue(snapshot({ main: material({ crl: past }) }), now), now + 300_000)
})

test('content is the same whatever its number and keys are, and differs with any setting', () => {
  const one = snapshot({ main: material() }, 1)
  assert.equal(contentDigest(one), contentDigest({ ...one, number: 2 }))
  assert.notEqual(contentDigest(one), contentDigest({ ...one, settings: { ...one.settings, hideRoutes: true } }))
  assert.notEqual(contentDigest(one), contentDigest({ ...one, users: [{ name: 'a', hash: 'h', backendRoles: [], line: 1 }] }))
  assert.notEqual(contentDigest(one), contentDigest(snapshot({ main: material({ keyPair: { certificate: 'new', key: 'key' } }) })))
})
