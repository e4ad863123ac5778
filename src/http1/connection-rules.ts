import type { HeaderTable } from './header-table.ts'

/** Milliseconds and bytes; 0 is none. */
export interface ConnectionLimits {
  readonly head: number
  readonly headBytes: number
  readonly headers: number
  readonly targetBytes: number
  readonly bodyBytes: number
  readonly bodyIdle: number
  readonly keepalive: number
}

/** What a connection reads by; looked up anew for each head, so that a reload applies to the next request. */
export interface ConnectionRules {
  readonly table: HeaderTable
  readonly limits: ConnectionLimits
  /** Connections are being drained: each closes after the response to its current request. */
  readonly draining: boolean
}
