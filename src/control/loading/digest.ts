import { createHash } from 'node:crypto'
import { rememberByObject } from '../../config/remember.ts'
import type { ListenerSettings } from '../../config/settings.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { ListenerMaterial, TrustMaterial } from '../../tls/types.ts'

/** Hex SHA-256 of everything in a snapshot that decides something: its number and the ticket keys do not. */
export function contentDigest(snapshot: Snapshot): string {
  const { settings, mapping, users, upstreams } = snapshot
  const listeners = [...snapshot.listeners].map(([name, material]) => {
    const names = [...material.names].map(([serverName, trust]) => [serverName, trust.keyPair, trustOf(trust)])
    return [name, material.keyPair, trustOf(material), names]
  })
  return digest([settings, digestOnce(mapping), digestOnce(users), listeners, upstreams])
}

/**
 * Hex SHA-256 of whom a listener trusts: CAs, revocations and rules, for every name. Session tickets are good for as long as
 * this stays the same; our own certificate and key are no part of it.
 */
export function trustDigest(settings: ListenerSettings, material: ListenerMaterial): string {
  const { tls } = settings
  const names = [...material.names].map(([name, trust]) => [name, tls?.names.get(name)?.trust, trustOf(trust)])
  return digest([tls?.clientauthMode, tls?.minVersion, tls?.defaultName, tls?.trust, trustOf(material), names])
}

const trustOf = ({ clientCa, crl, ocsp, trust = 'ca', ownCertificates = [] }: TrustMaterial) => ({
  clientCa,
  trust,
  ownCertificates,
  ocsp,
  ...crl,
  lists: crl.lists.map((list) => digestOnce(list)),
})

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, plain)).digest('hex')
}

/** For what may be large: mappings, users and revocation lists are asked about several times per load. */
const digestOnce = rememberByObject<object, string>(digest)

function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { map: [...value] }
  if (value instanceof Set) return { set: [...value] }
  return value
}
