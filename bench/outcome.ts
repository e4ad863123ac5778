import type { Limit } from './cases/types.ts'
import type { Machine } from './lab/machine.ts'
import type { Point, Spread } from './statistics.ts'

/** Everything a run found out; written as JSON as it is. */
export interface Results {
  /** ISO 8601. */
  readonly date: string
  /** Of the checkout, where git knows it. */
  readonly commit: string | null
  readonly machine: Machine
  readonly method: Method
  readonly contenders: readonly ContenderFacts[]
  readonly outcomes: readonly Outcome[]
  /** Why the figures, or some of them, do not count. */
  readonly problems: readonly string[]
  /** What was left out, and why. */
  readonly notes: readonly string[]
}

export interface Method {
  readonly repeats: number
  readonly seconds: number
  readonly connections: number
  readonly warmUpRequests: number
}

export interface ContenderFacts {
  readonly title: string
  readonly version: string
  /** As negotiated with a client of OpenSSL's defaults; null: not validated in this run. */
  readonly cipher: string | null
}

export type Outcome = DuelOutcome | MemoryOutcome

export interface DuelOutcome {
  readonly kind: 'duel'
  readonly name: string
  readonly title: string
  readonly limit: Limit | null
  /** The baseline first. */
  readonly rows: readonly DuelRow[]
}

export interface DuelRow {
  readonly label: string
  /** CPU per request against the baseline, round by round. */
  readonly ratio: Spread
  /** Medians over the rounds. */
  readonly cpuUs: number
  readonly requestsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  /** Over all rounds. */
  readonly requests: number
  readonly errors: number
  readonly not200: number
  /** Of all handshakes. */
  readonly resumedShare: number
  /** Of the contender's CPU: what its busiest process used. */
  readonly busiestShare: number
}

export interface MemoryOutcome {
  readonly kind: 'memory'
  readonly name: string
  readonly title: string
  readonly limit: Limit | null
  readonly rows: readonly MemoryRow[]
}

export interface MemoryRow {
  readonly label: string
  /** Bytes per connection: the slope of the proportional set size over the number of connections. */
  readonly perConnection: number
  /** The same of pages that belong to the contender alone. */
  readonly privatePerConnection: number
  /** Bytes before the first connection. */
  readonly atStart: number
  /** x: connections, y: bytes. */
  readonly points: readonly Point[]
}

export type Verdict = 'met' | 'missed' | 'not measured'

/** Whether the limit is kept, and the figure that says so (null: there is none). */
export function judge(outcome: Outcome): { readonly verdict: Verdict; readonly figure: number | null } {
  const { limit } = outcome
  const figure =
    outcome.kind === 'duel'
      ? outcome.rows.find(({ label }) => label === limit?.label)?.ratio.median
      : outcome.rows.find(({ label }) => label === limit?.label)?.perConnection
  if (limit === null || figure === undefined) return { verdict: 'not measured', figure: null }
  return { verdict: figure <= limit.atMost ? 'met' : 'missed', figure }
}
