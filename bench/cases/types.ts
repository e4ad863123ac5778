import type { Workload } from '../load/generator.ts'
import type { ContenderName, Setup } from '../peers/types.ts'

/** One program in one setup. */
export interface Entrant {
  /** As printed. Entrants of one line-up have different labels. */
  readonly label: string
  readonly peer: ContenderName
  readonly setup: Setup
}

/** Entrants that are started together and share several cases; the first is the baseline. */
export interface LineUp {
  readonly name: string
  readonly entrants: readonly Entrant[]
}

/** All entrants are loaded at the same time; each one's CPU per request is compared with the baseline's. */
export interface DuelCase {
  readonly kind: 'duel'
  readonly name: string
  readonly title: string
  readonly lineUp: LineUp
  readonly workload: Workload
  readonly limit: Limit | null
}

/** Each entrant alone: memory over a growing number of idle connections, each of which has done one request. */
export interface MemoryCase {
  readonly kind: 'memory'
  readonly name: string
  readonly title: string
  readonly lineUp: LineUp
  readonly workload: Workload
  /** How many connections to stop and measure at, ascending. */
  readonly steps: readonly number[]
  readonly limit: Limit | null
}

export type Case = DuelCase | MemoryCase

/** What issue and design ask of one entrant: a ratio to the baseline, or bytes per connection. */
export interface Limit {
  readonly label: string
  readonly atMost: number
}
