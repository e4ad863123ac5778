import type { AuthorityService } from '../../admin/authority-service.ts'
import type { AdminEvent, AdministrationContext, InForce, TakenUp } from '../../admin/context.ts'
import type { Overview } from '../../admin/overview.ts'
import { AdminProblem } from '../../admin/problem.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import { compilePolicy } from '../../policy/policy.ts'
import type { Policy } from '../../policy/types.ts'
import type { Store } from '../../store/store.ts'
import type { Actor } from '../../store/types.ts'

/** What the administration of a gateway is put together from; each is asked anew, as a reload may replace it. */
export interface AdministrationParts {
  readonly store: Store
  /** null: nothing is served yet. */
  snapshot(): Snapshot | null
  /** null: not there yet. */
  authority(): AuthorityService | null
  published(): Promise<void>
  reload(by: Actor): Promise<TakenUp>
  status(): Promise<unknown>
  overview(): Promise<Overview>
  announce(event: AdminEvent): void
  readonly knownStatus: AdministrationContext['knownStatus']
}

export function administrationOf(parts: AdministrationParts): AdministrationContext {
  const compiled = new CompiledSnapshot()
  return {
    store: parts.store,
    inForce: () => {
      const snapshot = parts.snapshot()
      if (snapshot === null) throw new AdminProblem(503, 'starting', 'the gateway does not serve yet', { hint: 'try again in a moment' })
      return compiled.of(snapshot)
    },
    authority: () => parts.authority()?.authority() ?? NO_AUTHORITY,
    authorityService: () => parts.authority(),
    published: () => parts.published(),
    reload: (by) => parts.reload(by),
    status: () => parts.status(),
    overview: () => parts.overview(),
    announce: (event) => parts.announce(event),
    knownStatus: parts.knownStatus,
    now: Date.now,
  }
}

const NO_AUTHORITY = { issuing: null, problem: 'the gateway does not serve yet', issuers: [], roots: [] }

/** Compiled once per snapshot, and as far as it is the same not even then. */
class CompiledSnapshot {
  #snapshot: Snapshot | null = null
  #inForce: InForce | null = null
  #policy: Policy | null = null

  of(snapshot: Snapshot): InForce {
    if (this.#snapshot === snapshot && this.#inForce !== null) return this.#inForce
    const { settings, mapping, users, listeners } = snapshot
    const policy = compilePolicy(settings, mapping, listeners.values(), this.#policy)
    this.#policy = policy
    this.#snapshot = snapshot
    this.#inForce = { settings, mapping, users, policy, listeners }
    return this.#inForce
  }
}
