import type { InternalUser, Settings } from '../config/settings.ts'
import type { RoleMapping } from '../policy/types.ts'
import type { ListenerMaterial, UpstreamMaterial } from '../tls/types.ts'

/**
 * Everything a worker needs to serve, as plain data: built and checked by control, compiled by each worker
 * beside the one in force, then swapped by one reference. Sent with the `advanced` (structured clone) serialisation.
 */
export interface Snapshot {
  /** Rises by one with each accepted load. */
  readonly number: number
  readonly settings: Settings
  readonly mapping: RoleMapping
  readonly users: readonly InternalUser[]
  readonly listeners: ReadonlyMap<string, ListenerMaterial>
  readonly upstreams: ReadonlyMap<string, UpstreamMaterial>
}
