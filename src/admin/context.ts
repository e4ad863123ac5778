import type { OperatingAuthority } from '../certificates/operating-authority.ts'
import type { InternalUser, Settings } from '../config/settings.ts'
import type { Policy, RoleMapping } from '../policy/types.ts'
import type { Store } from '../store/store.ts'
import type { Actor } from '../store/types.ts'
import type { KnownStatus, StatusQuestion } from '../tls/status-types.ts'
import type { ListenerMaterial } from '../tls/types.ts'
import type { AuthorityService } from './authority-service.ts'
import type { Overview } from './overview.ts'

/** What the gateway serves now, or would serve were it running. */
export interface InForce {
  readonly settings: Settings
  readonly mapping: RoleMapping
  readonly users: readonly InternalUser[]
  /** Compiled from the two above. */
  readonly policy: Policy
  readonly listeners: ReadonlyMap<string, ListenerMaterial>
}

/** What came of taking up a changed file; `problems` as `check` prints them. */
export interface TakenUp {
  readonly outcome: 'loaded' | 'unchanged' | 'failed'
  readonly message: string
  readonly problems: readonly unknown[]
}

/**
 * What administration works on: the gateway that runs in this process, or the files of one that is stopped. Control and the commands
 * each make one.
 */
export interface AdministrationContext {
  readonly store: Store
  /** Asked anew for each request: a reload replaces it. */
  inForce(): InForce
  authority(): OperatingAuthority
  /** What rotates it and signs its lists; null: not there yet. */
  authorityService(): AuthorityService | null
  /** Resolves once every worker has the registry as it is now, or was killed for not taking it; at once where none runs. */
  published(): Promise<void>
  /** Has changed files taken up and waits for what came of it; `unchanged` where nothing runs. */
  reload(by: Actor): Promise<TakenUp>
  /** What `GET /api/v1/status` answers. */
  status(): Promise<unknown>
  /** What `GET /api/v1/overview` answers. Rejects with AdminProblem where nothing runs. */
  overview(): Promise<Overview>
  /** Tells whoever listens to /api/v1/events; never throws. */
  announce(event: AdminEvent): void
  /** What is known of a foreign certificate's status by OCSP or a fetched list, without asking for it; null: nobody here asks. */
  readonly knownStatus: ((question: StatusQuestion) => KnownStatus) | null
  /** Milliseconds since the epoch. */
  now(): number
}

/** One thing that happened, for live views. */
export interface AdminEvent {
  /** E.g. `certificate`, `mapping`, `reload`, `audit`, `metrics`. */
  readonly kind: string
  readonly data: unknown
}
