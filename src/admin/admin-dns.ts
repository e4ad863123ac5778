import { compileAdminDns } from '../gateway/authentication/admin-dns.ts'
import type { Peer } from '../tls/types.ts'
import type { InForce } from './context.ts'

type AdminDns = ReturnType<typeof compileAdminDns>

const compiled = new WeakMap<InForce, AdminDns>()

/** The DNs of `admin_dn` that count for who came to the admin address, which trusts as the listener that `admin.tls` names. */
export function adminDnsFor(inForce: InForce, { serverName }: Pick<Peer, 'serverName'>): ReadonlySet<string> {
  const known = compiled.get(inForce)
  if (known !== undefined) return known(serverName)
  const { settings, listeners } = inForce
  const name = settings.admin?.tls ?? ''
  const made = compileAdminDns(settings.admin, settings.listeners.get(name), listeners.get(name))
  compiled.set(inForce, made)
  return made(serverName)
}
