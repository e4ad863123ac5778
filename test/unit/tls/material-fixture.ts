import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { CertificateSource, ListenerTlsSettings, TrustSettings } from '../../../src/config/settings.ts'
import type { PfxReader } from '../../../src/tls/key-pair.ts'
import { loadListenerMaterial } from '../../../src/tls/material.ts'
import { createAuthority, temporaryFolder } from '../../support/authority.ts'

export const root = await createAuthority('root')
export const middle = await root.intermediate('middle')
export const server = await root.server(['a.test'])
export const deep = await middle.server(['a.test'])
export const clients = await createAuthority('clients')
export const past = (minutes: number) => new Date(Date.now() - minutes * 60_000)

export type Cleaner = Parameters<typeof temporaryFolder>[0]

export const noPfx: PfxReader = () => {
  throw new TypeError('no PFX here')
}

export function files(t: Cleaner) {
  const folder = temporaryFolder(t)
  let count = 0
  const write = (content: string | Uint8Array, name = `${++count}.pem`) => folder.write(name, content)
  const source = (parts: Partial<CertificateSource>): CertificateSource => ({
    pfx: null,
    password: null,
    cert: null,
    key: null,
    passphrase: null,
    ...parts,
  })
  const trust = (parts: Partial<TrustSettings> = {}): TrustSettings => ({
    certificate: source({ cert: write(server.certificate + root.certificate), key: write(server.key) }),
    clientCa: [write(clients.certificate)],
    trust: 'ca',
    crl: { validate: false, files: [], onUnavailable: 'deny' },
    ...parts,
  })
  const listener = (parts: Partial<ListenerTlsSettings> = {}): ListenerTlsSettings => ({
    ...trust(parts),
    clientauthMode: 'REQUIRE',
    minVersion: 'TLSv1.2',
    names: new Map(),
    defaultName: null,
    ...parts,
  })
  return { folder, write, source, trust, listener }
}

export const load = (settings: ListenerTlsSettings, readPfx = noPfx) => loadListenerMaterial(settings, 'listeners.main.tls', readPfx)

/** The one problem of a load, as `severity path message`. */
export function problem(settings: ListenerTlsSettings, readPfx = noPfx): string {
  const { material, problems } = load(settings, readPfx)
  const [only, ...others] = problems
  assert.ok(only, 'there is a problem')
  assert.deepEqual(others, [])
  assert.equal(material === null, only.severity === 'error')
  return `${only.severity} ${only.path} ${only.message}`
}

export const subjects = (pem: string) =>
  (pem.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one).subject)
