import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import type { Limits, ListenerTlsSettings } from '../../config/settings.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { ListenerMaterial, TrustMaterial } from '../../tls/types.ts'
import { ownHosts } from './own-hosts.ts'

/** Whom the admin address trusts, and what it shows: as the listener that `admin.tls` names, but never without a certificate. */
export interface AdminTrust {
  readonly settings: ListenerTlsSettings
  readonly material: ListenerMaterial
  readonly limits: Limits
  /** Names by which browsers may reach it. */
  readonly hosts: ReadonlySet<string>
  /** What the gateway's own certificate may do there is so by default, and nobody has written it: the log tells. */
  readonly ownUnwritten?: boolean
}

/** null where the snapshot has no admin address, or no listener to take over (which the configuration refuses). */
export function adminTrustOf({ settings: { admin, listeners, limits }, listeners: materials }: Snapshot): AdminTrust | null {
  if (admin === null || admin.address === null || admin.tls === null) return null
  const tls = listeners.get(admin.tls)?.tls
  const material = materials.get(admin.tls)
  if (tls === null || tls === undefined || material === undefined) return null
  const allowed = admin.serverCertificate === 'allow'
  const names = new Map([...material.names].map(([name, trust]) => [name, withOwn(trust, allowed)] as const))
  // Its tickets are its own: a session of the data plane proves nothing here.
  return {
    settings: { ...tls, clientauthMode: 'REQUIRE' },
    material: { ...withOwn(material, allowed), names, ticketKeys: randomBytes(48) },
    limits,
    hosts: ownHosts(material, admin.hosts),
    ownUnwritten: allowed && admin.serverCertificateIsWritten !== true,
  }
}

function withOwn<T extends TrustMaterial>(trust: T, allowed: boolean): T {
  return { ...trust, ownCertificates: allowed ? [fingerprintOf(trust.keyPair.certificate)] : [] }
}

function fingerprintOf(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')
}
