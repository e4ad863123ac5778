import type { Clearance } from './certificate.ts'
import type { FileProblem } from './problem.ts'

export interface Whoami {
  readonly name: string
  readonly dn: string | null
  readonly fingerprint: string | null
  readonly clearance: Clearance | null
  readonly permissions: Readonly<Record<string, string>>
  readonly roles: readonly string[]
}

export interface Sample {
  readonly at: string
  readonly seconds: number
  readonly requests: number
  readonly statuses: readonly { readonly class: number; readonly count: number }[]
  readonly refusals: readonly { readonly reason: string; readonly count: number }[]
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null
  readonly connections: number
  readonly upstream_errors: number
}

export interface Reload {
  readonly outcome: 'loaded' | 'unchanged' | 'failed'
  readonly cause: 'signal' | 'file' | 'command'
  readonly at: string
  readonly snapshot: number
  readonly message: string
  readonly problems: readonly FileProblem[]
}

export interface Overview {
  readonly at: string
  readonly version: string
  readonly started_at: string
  readonly state: 'starting' | 'serving' | 'draining'
  readonly config_file: string | null
  readonly snapshot: { readonly number: number; readonly loaded_at: string }
  readonly workers: readonly Worker[]
  readonly last_reload: Reload | null
  readonly upstreams: readonly Upstream[]
  readonly expiring: {
    readonly own: readonly {
      readonly kind: 'server' | 'ca' | 'crl'
      readonly name: string
      readonly subject: string
      readonly not_after: string
      readonly expired: boolean
    }[]
    readonly clients: {
      readonly total: number
      readonly first: readonly { readonly name: string; readonly fingerprint: string; readonly not_after: string }[]
    }
  }
  readonly registered: Readonly<Record<string, number>>
  readonly samples: readonly Sample[]
}

export interface Worker {
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'leaving'
  readonly started_at: string
  readonly snapshot: number
  readonly connections: number | null
  readonly restarts: number
}

export interface Upstream {
  readonly upstream: string
  readonly target: string
  readonly healthy: boolean | null
  readonly checked_at: string | null
}
