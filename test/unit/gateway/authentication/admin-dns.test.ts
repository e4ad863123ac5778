import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminSettings, ListenerSettings } from '../../../../src/config/settings.ts'
import { compileAdminDns } from '../../../../src/gateway/authentication/admin-dns.ts'
import type { ListenerMaterial } from '../../../../src/tls/types.ts'

const admin = (changes: Partial<AdminSettings> = {}): AdminSettings => ({
  address: null,
  tls: 'main',
  adminDn: ['CN=root'],
  serverCertificate: 'allow',
  hosts: [],
  socket: '/a.sock',
  byDefault: false,
  ...changes,
})

/** With these server names, each with its client CAs. */
function dnsOf(
  settings: AdminSettings | null,
  name = 'main',
  names: Readonly<Record<string, string>> = {},
  defaultName: string | null = null,
) {
  const listener = { name, tls: { names: new Map(Object.keys(names).map((one) => [one, {}])), defaultName } } as unknown as ListenerSettings
  const material = { clientCa: ['own'], names: new Map(Object.entries(names).map(([one, ca]) => [one, { clientCa: [ca] }])) }
  const compiled = compileAdminDns(settings, listener, material as unknown as ListenerMaterial)
  return (serverName: string | null) => [...compiled(serverName)]
}

test('they hold on the listener that admin.tls names, and on no other', () => {
  assert.deepEqual(dnsOf(admin())(null), ['CN=root'])
  assert.deepEqual(dnsOf(admin())('any.example'), ['CN=root'])
  assert.deepEqual(dnsOf(admin(), 'other')(null), [])
  assert.deepEqual(dnsOf(admin({ adminDn: [] }))(null), [])
  assert.deepEqual(dnsOf(null)(null), [])
  assert.deepEqual([...compileAdminDns(admin(), { name: 'main', tls: null } as ListenerSettings, undefined)(null)], [])
})

test('under a server name with client CAs of its own they hold nothing', () => {
  const names = { 'a.example': 'own', '*.b.example': 'another' }
  const dns = dnsOf(admin(), 'main', names)
  assert.deepEqual([dns('a.example'), dns('x.b.example'), dns('c.example'), dns(null)], [['CN=root'], [], [], []])
  assert.deepEqual(dnsOf(admin(), 'main', names, 'a.example')(null), ['CN=root'])
  assert.deepEqual(dnsOf(admin(), 'main', names, '*.b.example')(null), [])
})
