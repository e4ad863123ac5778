import type { InternalUser, Settings } from '../config/settings.ts'
import type { RoleMapping } from '../policy/types.ts'
import type { RegistryDelta } from '../tls/registry-types.ts'
import type { CertificateStatus, StatusQuestion } from '../tls/status-types.ts'
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

/**
 * On which socket each listener belongs; a worker that does not have it yet gets it in a `listen` message.
 * The text is opaque to workers: another text for the same listener means another server.
 */
export type Openings = ReadonlyMap<string, string>

/** A snapshot as it is sent: what can be large and is as in the snapshot in force there is left out, as null. */
export type SnapshotUpdate = Omit<Snapshot, 'mapping' | 'users'> & {
  readonly mapping: Snapshot['mapping'] | null
  readonly users: Snapshot['users'] | null
}

/**
 * Read this file, which holds the registry at that version or a later one, and lay what is known since over it. `bytes`: what it held, where
 * it is gone, else null.
 */
export interface RegistryBaseMessage {
  readonly kind: 'registry_base'
  readonly id: number
  readonly file: string
  readonly epoch: string
  readonly version: number
  readonly bytes: Uint8Array | null
}

/** The registry as it comes to a worker; `id` is that of the answer, `registry`. */
export type RegistryMessage =
  | RegistryBaseMessage
  /** Take this up, and judge those it is about, before it is answered. */
  | { readonly kind: 'registry_delta'; readonly id: number; readonly delta: RegistryDelta }
  /** The registry was lost for longer than it may be relied on (true), or is back: answered once nobody is let in by it, or again. */
  | { readonly kind: 'registry_stale'; readonly id: number; readonly stale: boolean }
/** What was found out about foreign certificates; answered by `statuses_taken`, once whoever is refused by it is cut off. */
export interface StatusesMessage {
  readonly kind: 'statuses'
  readonly number: number
  readonly statuses: readonly CertificateStatus[]
}

/** Everything that control says to a worker. */
export type ToWorker =
  | RegistryMessage
  /** Build beside; answered by `prepared` or `rejected`. It replaces what was prepared before and not committed. */
  | { readonly kind: 'prepare'; readonly snapshot: SnapshotUpdate; readonly openings: Openings }
  /** Swap to what was prepared and close what its `openings` no longer have; answered by `applied` or `rejected`. */
  | { readonly kind: 'commit'; readonly snapshot: number }
  /** Travels with the bound socket's handle; answered by `listening` or `listen_failed`. */
  | { readonly kind: 'listen'; readonly listener: string; readonly opening: string }
  /** New session ticket keys per listener: tickets under the old ones are full handshakes from now on. */
  | { readonly kind: 'ticket_keys'; readonly keys: ReadonlyMap<string, Uint8Array> }
  /** How many workers share the connection limits; see shareOf. */
  | { readonly kind: 'workers'; readonly count: number }
  /** Answers `lease`: so many connections more may be held; 0: the limit is reached. */
  | ({ readonly kind: 'leased'; readonly granted: number } & LeaseKey)
  /** Log files were rotated away: open them anew. */
  | { readonly kind: 'reopen_logs' }
  /** `scrape`: what is measured since the last scrape begins anew. */
  | { readonly kind: 'metrics'; readonly id: number; readonly scrape: boolean }
  | { readonly kind: 'status'; readonly id: number }
  | StatusesMessage
  /** Stop accepting, finish what runs, exit 0; what still runs after `deadline` milliseconds is cut off. 0: no deadline. */
  | { readonly kind: 'drain'; readonly deadline: number }

/** Everything that a worker says to control. */
export type FromWorker =
  | { readonly kind: 'ready' }
  /** The registry that it holds now. `gap`: not what it was to take up, because something before it is missing here. */
  | { readonly kind: 'registry'; readonly id: number; readonly epoch: string; readonly version: number; readonly gap: string | null }
  | SightingMessage
  | { readonly kind: 'prepared'; readonly snapshot: number }
  | { readonly kind: 'applied'; readonly snapshot: number }
  | { readonly kind: 'rejected'; readonly snapshot: number; readonly message: string }
  | { readonly kind: 'listening'; readonly listener: string; readonly opening: string }
  | {
      readonly kind: 'listen_failed'
      readonly listener: string
      readonly opening: string
      /** The operating system's, e.g. `EADDRINUSE`. */
      readonly code: string
      readonly message: string
    }
  /** Asks for room for more connections than its share. */
  | ({ readonly kind: 'lease' } & LeaseKey)
  /** Gives back room that was leased. */
  | ({ readonly kind: 'lease_return'; readonly amount: number } & LeaseKey)
  /** `values` is opaque here: the observability folder made it and reads it. Unasked, with id 0, before a worker ends. */
  | { readonly kind: 'metrics'; readonly id: number; readonly values: unknown }
  | { readonly kind: 'status'; readonly id: number; readonly open: number }
  /** Somebody's status is needed and not known, or old. Answered by `statuses`, sooner or later. */
  | { readonly kind: 'status_wanted'; readonly question: StatusQuestion }
  | { readonly kind: 'statuses_taken'; readonly number: number }

/** What a worker learned from certificates in handshakes. */
export type SightingMessage =
  /** When registered certificates were last seen: fingerprint -> milliseconds since the epoch. At most MAX_SIGHTINGS. */
  | { readonly kind: 'seen'; readonly seen: ReadonlyMap<string, number> }
  /** base64 of the DER of one that was trusted as the renewal of a registered one. Control judges that by itself. */
  | { readonly kind: 'renewal'; readonly certificate: string }

export const MAX_SIGHTINGS = 4_096

/** What a connection limit counts: connections of one listener, or those of one address there. */
export interface LeaseKey {
  readonly listener: string
  /** null: `limits.connections`; else `limits.connections_per_address` of that address. */
  readonly address: string | null
}

/**
 * Of a limit on connections, how many each worker may hold without asking. Most of it is left to be leased from control, so that
 * the limit is never exceeded by all workers together, and is reached within an eighth however unevenly connections arrive.
 */
export function shareOf(limit: number, workers: number): number {
  return Math.floor(limit / (8 * Math.max(1, workers)))
}
