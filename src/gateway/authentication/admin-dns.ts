import type { AdminSettings, ListenerSettings } from '../../config/settings.ts'
import { trustFor, UNNAMED } from '../../tls/handshake-server.ts'
import type { ListenerMaterial } from '../../tls/types.ts'

const NO_DNS: ReadonlySet<string> = new Set()

/**
 * Which DNs hold ClusterAdmin on a listener, by the server name that a client sent: those of `admin_dn` on the listener that `admin.tls`
 * names. Under a server name with client CAs of its own nobody administers: they may certify the same DN for somebody else.
 */
export function compileAdminDns(
  admin: AdminSettings | null,
  listener: ListenerSettings | undefined,
  material: ListenerMaterial | undefined,
): (serverName: string | null) => ReadonlySet<string> {
  const tls = listener?.tls ?? null
  if (admin === null || admin.adminDn.length === 0 || tls === null || material === undefined || admin.tls !== listener?.name) {
    return () => NO_DNS
  }
  const dns = new Set(admin.adminDn)
  const own = JSON.stringify(material.clientCa)
  const names = [...material.names].filter(([, { clientCa }]) => JSON.stringify(clientCa) === own).map(([name]) => name)
  const under = new Set<string | null>([UNNAMED, ...names])
  return (serverName) => (under.has(trustFor(tls, serverName)) ? dns : NO_DNS)
}
