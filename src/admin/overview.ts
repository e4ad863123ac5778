import type { Problem } from '../errors.ts'
import type { TrafficSample } from '../observability/traffic-meter.ts'
import type { ExpiryReport } from './expiring.ts'

/** How a gateway is and what goes through it; times in milliseconds since the epoch. */
export interface Overview {
  readonly at: number
  readonly version: string
  readonly started_at: number
  readonly state: string
  /** null: started with flags instead of a file. */
  readonly config_file: string | null
  readonly snapshot: { readonly number: number; readonly loaded_at: number }
  readonly workers: readonly {
    readonly pid: number
    readonly state: string
    readonly started_at: number
    readonly snapshot: number
    readonly connections: number | null
    readonly restarts: number
  }[]
  /** null before the first. */
  readonly last_reload: OverviewReload | null
  readonly upstreams: readonly {
    readonly upstream: string
    readonly target: string
    /** null: nobody tried to connect yet. */
    readonly healthy: boolean | null
    readonly checkedAt: number | null
  }[]
  readonly expiring: ExpiryReport
  readonly registered: ReadonlyMap<string, number>
  /** The oldest first. */
  readonly samples: readonly TrafficSample[]
}

export interface OverviewReload {
  readonly outcome: string
  readonly cause: string
  readonly at: number
  readonly snapshot: number
  readonly message: string
  readonly problems: readonly Problem[]
}
