import type { Random } from './random.ts'

/** What one input led to: the first word is counted, the whole tells new behaviour from old. */
export type Outcome = `accepted${string}` | `refused${string}` | `skipped${string}`

/** Limits of one execution, beyond which it is a finding: time of the processor, not of the clock. */
export interface Bounds {
  readonly milliseconds: number
  readonly bytes: number
}

export interface Target {
  readonly name: string
  /** The promise, in a line. */
  readonly promise: string
  readonly bounds: Bounds
  /** What to begin from, beside the corpus. */
  seeds(): Promise<readonly Buffer[]> | readonly Buffer[]
  /** An input of its own making; null: mutate what is there. */
  generate(random: Random): Buffer | null
  /** Words that bytes are mutated with. */
  readonly words: readonly string[]
  /** Mutates by structure, where bytes alone would seldom lead anywhere. */
  mutate?(input: Buffer, random: Random): Buffer
  /** Throws Finding, or anything unexpected, where the promise is broken. */
  run(input: Buffer): Outcome
  /** Counters beyond the outcomes, for the report. */
  counters?(): Readonly<Record<string, number>>
}

export const BOUNDS: Bounds = { milliseconds: 1000, bytes: 128 * 1024 * 1024 }
