import type { Settings } from '../config/settings.ts'
import type { Gateway } from './gateway.ts'
import { formatAddress } from './listening/sockets.ts'
import { certificatesOf, crlsOf } from './loading/inventory.ts'
import type { RegistryService } from './registry/service.ts'
import type { ReloadReport, Status, StatusAuthority } from './status.ts'
import type { WorkerPool } from './workers/pool.ts'

/** What the status is told from, as it is when asked for. */
export interface StatusSources {
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly configFile: string | null
  readonly gateway: Gateway
  readonly pool: WorkerPool
  readonly registry: RegistryService | null
  /** null: nothing is issued here. */
  readonly authority: () => StatusAuthority | null
  readonly state: () => Status['state']
  readonly lastReload: () => ReloadReport | null
}

export async function statusOf(sources: StatusSources): Promise<Status> {
  const { version, startedAt, configFile, gateway, pool, registry } = sources
  const { inForce } = gateway
  const snapshot = inForce?.snapshot
  const workers = await pool.status()
  return {
    version,
    pid: process.pid,
    started_at: startedAt,
    config_file: configFile,
    state: sources.state(),
    snapshot: { number: snapshot?.number ?? 0, loaded_at: inForce?.loadedAt ?? startedAt },
    last_reload: sources.lastReload(),
    workers,
    listeners: [...(snapshot?.settings.listeners.values() ?? [])].map(({ name, address, tls }) => ({
      name,
      address: formatAddress(address.host, inForce?.sockets.get(name)?.port ?? address.port),
      tls: tls !== null,
      clientauth_mode: tls?.clientauthMode ?? null,
    })),
    certificates: snapshot === undefined ? [] : certificatesOf(snapshot),
    crls: snapshot === undefined ? [] : crlsOf(snapshot),
    authority: sources.authority(),
    addresses: gateway.addresses,
    store: storeStatus(registry, snapshot?.settings ?? null),
  }
}

/** Also where it cannot be read: that is what is to be told then. */
function storeStatus(registry: RegistryService | null, settings: Settings | null): Status['store'] {
  if (registry === null) return null
  const { store, watch } = registry
  let registered: Record<string, number> | null = null
  try {
    registered = Object.fromEntries(store.registry.countByState(Date.now(), settings?.telemetry.expiryWarning))
  } catch (error) {
    watch.lose(error)
  }
  return { ...watch.standing, registered }
}
