import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { AdminSettings, ListenerTlsSettings } from '../../../../src/config/settings.ts'
import { adminTrustOf } from '../../../../src/control/administration/listener.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import type { TrustMaterial } from '../../../../src/tls/types.ts'
import { createAuthority, type Issued } from '../../../support/authority.ts'
import { listenerSettings, settingsWith } from '../../../support/settings.ts'

const root = await createAuthority('CN=root')
const [main, named] = [await root.server(['main.example']), await root.server(['named.example'])]
const fingerprint = ({ der }: Issued) => createHash('sha256').update(der).digest('hex')

const materialOf = (server: Issued): TrustMaterial => ({
  keyPair: { certificate: server.chain, key: server.key },
  clientCa: [root.certificate],
  crl: { validate: false, onUnavailable: 'deny', lists: [] },
  trust: 'either',
})

const tls: ListenerTlsSettings = {
  certificate: { pfx: null, password: null, cert: 'a', key: 'b', passphrase: null },
  clientCa: ['ca.crt'],
  trust: 'either',
  crl: { validate: false, files: [], onUnavailable: 'deny' },
  clientauthMode: 'NONE',
  minVersion: 'TLSv1.2',
  names: new Map(),
  defaultName: null,
}

function snapshot(admin: Partial<AdminSettings>): Snapshot {
  const whole = {
    address: { host: '127.0.0.1', port: 0 },
    tls: 'main',
    adminDn: [],
    serverCertificate: 'allow',
    hosts: [],
    socket: '/x',
    byDefault: false,
    ...admin,
  } as const
  const listeners = new Map([['main', listenerSettings('main', { tls })]])
  const names = new Map([['named.example', materialOf(named)]])
  return {
    number: 1,
    settings: settingsWith({ listeners, admin: whole }),
    mapping: { file: '', entries: [] },
    users: [],
    listeners: new Map([['main', { ...materialOf(main), names, ticketKeys: new Uint8Array(48) }]]),
    upstreams: new Map(),
  }
}

test('a certificate is always asked for, whatever the listener does, and its tickets are not taken over', () => {
  const trust = adminTrustOf(snapshot({}))
  assert.equal(trust?.settings.clientauthMode, 'REQUIRE')
  assert.notDeepEqual(trust?.material.ticketKeys, new Uint8Array(48))
})

test("the gateway's own certificate counts under its own name alone, and only where that is allowed", () => {
  const allowed = adminTrustOf(snapshot({}))
  assert.deepEqual(allowed?.material.ownCertificates, [fingerprint(main)])
  assert.deepEqual(allowed?.material.names.get('named.example')?.ownCertificates, [fingerprint(named)])
  const denied = adminTrustOf(snapshot({ serverCertificate: 'deny' }))
  assert.deepEqual([denied?.material.ownCertificates, denied?.material.names.get('named.example')?.ownCertificates], [[], []])
})

test('without an address there is nothing to open', () => {
  assert.equal(adminTrustOf(snapshot({ address: null })), null)
  assert.equal(adminTrustOf({ ...snapshot({}), settings: settingsWith() }), null)
})
