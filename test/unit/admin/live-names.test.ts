import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveNames } from '../../../src/admin/certificates/live-names.ts'
import { issuedEntry } from '../../../src/certificates/issuance-record.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import type { ClientCertDomain } from '../../../src/config/settings.ts'
import type { Store } from '../../../src/store/store.ts'
import { CLI, temporaryStore } from '../../support/registry-store.ts'
import { clientCertDomain, settingsWith } from '../../support/settings.ts'
import { authority } from './enrolment/fixture.ts'

const byName = clientCertDomain({ name: 'cert' })

function settings(domain: ClientCertDomain = byName) {
  return settingsWith({ auth: { combine: 'first', usernameMustMatch: true, anonymous: false, domains: [domain] } })
}

function naming(t: Parameters<typeof temporaryStore>[0]) {
  const { store, clock } = temporaryStore(t)
  const read = { count: 0 }
  // The store itself, and how often it was read whole.
  const counted: Store = Object.assign(Object.create(store), {
    snapshot: () => {
      read.count++
      return store.snapshot()
    },
  })
  const inForce = { settings: settings() }
  const names = new LiveNames({ store: counted, now: () => clock.now, inForce: () => inForce as never })
  const issue = async (name: string, others: readonly string[] = []) => {
    const { der } = await issueClient(authority.issuer, { commonName: name, names: others, now: clock.now })
    const [entry] = store.registry.add([issuedEntry(authority.issuer, der, { name, clearance: 'ValidUser', permissions: new Map() })], CLI)
    return entry?.fingerprint ?? ''
  }
  const pins = (...wanted: string[]) => [...names.sharing(wanted)].map(({ pin }) => pin)
  return { store, clock, names, read, inForce, issue, pins }
}

test('names are found however they are written, as long as somebody could come by them', async (t) => {
  const { store, clock, names, read, issue, pins } = naming(t)
  const alice = await issue('Alice')
  await names.prepare()
  assert.deepEqual([pins('ＡＬＩＣＥ').length, pins('cn=alice').length, pins('bob').length], [1, 1, 0])
  const bob = await issue('bob')
  assert.equal(pins('bob').length, 1)
  store.registry.edit(alice, { name: 'carol' }, CLI)
  assert.deepEqual([pins('carol').length, pins('alice').length], [1, 1])
  store.registry.disable(bob, CLI)
  assert.equal(pins('bob').length, 1)
  store.registry.revoke(bob, 'unspecified', CLI)
  assert.equal(pins('bob').length, 0)
  store.registry.remove(alice, CLI)
  assert.equal(pins('alice', 'carol').length, 0)
  await issue('late')
  clock.now += 3660 * 86_400_000
  assert.equal(pins('late').length, 0)
  assert.equal(read.count, 1)
})

test('a configuration that names people otherwise has everybody read anew, before the transaction and not in it', async (t) => {
  const { names, read, inForce, issue, pins } = naming(t)
  await issue('web', ['host.example'])
  await names.prepare()
  assert.equal(pins('host.example').length, 0)
  // Loaded again, the same domains are no reason.
  inForce.settings = settings({ ...byName })
  await names.prepare()
  assert.equal(read.count, 1)
  inForce.settings = settings({ ...byName, usernameAttribute: 'san:dNSName' })
  assert.throws(() => pins('host.example'), { status: 503, reason: 'names_changing' })
  await Promise.all([names.prepare(), names.prepare()])
  assert.deepEqual([pins('host.example').length, read.count], [1, 2])
})

test('what the store has forgotten of those that went is no reason to read everything anew', async (t) => {
  const { store, names, read, issue, pins } = naming(t)
  await issue('web')
  await names.prepare()
  const gone = await issue('gone')
  store.registry.remove(gone, CLI)
  await issue('late')
  store.registry.forgetRemovals(store.registry.current().version)
  assert.deepEqual([pins('web').length, pins('late').length, pins('gone').length], [1, 1, 0])
  await names.prepare()
  assert.equal(read.count, 1)
})
