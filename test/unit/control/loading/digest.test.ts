import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListenerSettings } from '../../../../src/config/settings.ts'
import { trustDigest } from '../../../../src/control/loading/digest.ts'
import type { ListenerMaterial } from '../../../../src/tls/types.ts'

const material = (changes: Partial<ListenerMaterial> = {}): ListenerMaterial => ({
  keyPair: { certificate: 'c', key: 'k' },
  clientCa: ['ca'],
  crl: { validate: false, onUnavailable: 'deny', lists: [] },
  names: new Map(),
  ticketKeys: new Uint8Array(48),
  ...changes,
})

const settings = { tls: { clientauthMode: 'REQUIRE', names: new Map() } } as unknown as ListenerSettings
const digest = (changes: Partial<ListenerMaterial> = {}) => trustDigest(settings, material(changes))

test('whom a listener trusts is part of what session tickets are good for, and its own certificate is not', () => {
  const before = digest({ trust: 'ca' })
  assert.equal(digest({ trust: 'ca', keyPair: { certificate: 'new', key: 'new' }, ticketKeys: new Uint8Array(48).fill(1) }), before)
  const others = [
    digest({ trust: 'either' }),
    digest({ trust: 'registry' }),
    digest({ trust: 'both' }),
    digest({ trust: 'ca', clientCa: ['ca', 'other'] }),
    digest({ trust: 'ca', ownCertificates: ['ab'.repeat(32)] }),
    digest({ trust: 'ca', names: new Map([['a.example', material({ trust: 'registry' })]]) }),
    digest({ trust: 'ca', names: new Map([['a.example', material({ trust: 'ca' })]]) }),
  ]
  assert.equal(new Set([before, ...others]).size, others.length + 1)
})
