import type { Problem } from '../errors.ts'
import type { StoreStanding } from './registry/store-watch.ts'

/** What made a reload happen. */
export type ReloadCause = 'signal' | 'file' | 'command'

/** What came of one reload; also what `POST /reload` on the admin socket answers. */
export interface ReloadReport {
  readonly outcome: 'loaded' | 'unchanged' | 'failed'
  readonly cause: ReloadCause
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The snapshot in force afterwards. */
  readonly snapshot: number
  /** One line for people. */
  readonly message: string
  /** Errors and warnings in files; empty where the failure is none of a file's, e.g. a port in use. */
  readonly problems: readonly Problem[]
}

/** What `GET /status` on the admin socket answers. Times are milliseconds since the epoch; `certgate status --json` and REST tell them as ISO 8601. */
export interface Status {
  readonly version: string
  readonly pid: number
  readonly started_at: number
  /** null: started with flags instead of a file. */
  readonly config_file: string | null
  readonly state: 'starting' | 'serving' | 'draining'
  readonly snapshot: { readonly number: number; readonly loaded_at: number }
  /** null before the first. */
  readonly last_reload: ReloadReport | null
  readonly workers: readonly StatusWorker[]
  readonly listeners: readonly StatusListener[]
  readonly certificates: readonly StatusCertificate[]
  readonly crls: readonly StatusCrl[]
  /** null: started with flags, where nothing is issued. */
  readonly authority: StatusAuthority | null
  readonly addresses: StatusAddresses
  /** null: there is none. `registered`: how many certificates are in each state; null: it cannot be read. */
  readonly store: (StoreStanding & { readonly registered: Readonly<Record<string, number>> | null }) | null
}

/** `HOST:PORT`, or the path of the socket; null: not opened. */
export interface StatusAddresses {
  readonly admin: string | null
  readonly socket: string | null
  readonly est: string | null
  readonly pki: string | null
  readonly telemetry: string | null
}

export interface StatusWorker {
  readonly pid: number
  readonly state: 'starting' | 'serving' | 'leaving'
  readonly started_at: number
  readonly snapshot: number
  /** null: it did not answer in time. */
  readonly connections: number | null
  readonly restarts: number
}

export interface StatusListener {
  readonly name: string
  /** With the real port where 0 was configured. */
  readonly address: string
  readonly tls: boolean
  readonly clientauth_mode: string | null
}

export interface StatusCertificate {
  readonly kind: 'server' | 'ca'
  readonly listener: string
  /** The SNI name it is for; null for the listener's own. */
  readonly server_name: string | null
  readonly subject: string
  readonly not_after: number
}

export interface StatusCrl {
  readonly listener: string
  readonly file: string
  readonly issuer: string
  readonly this_update: number
  readonly next_update: number
  readonly revoked: number
}

/** What signs here, and what it published. */
export interface StatusAuthority {
  readonly issuing: { readonly subject: string; readonly not_after: number } | null
  /** Why nothing can be issued; '' where it can. */
  readonly problem: string
  /** Until when the root that was replaced is trusted too; null: none was. */
  readonly overlap_until: number | null
  readonly crls: readonly {
    readonly issuer: string
    readonly number: number
    readonly this_update: number
    readonly next_update: number
    readonly revoked: number
  }[]
  /** Registered client certificates that end within telemetry.expiry_warning. */
  readonly expiring_clients: number
}
