import type { Lifetime } from '../../support/lifetime.ts'
import type { Report } from './report.ts'

/** One way in which the world fails, and what certgate promises then. */
export interface Fault {
  readonly name: string
  /** One line: what is done, and what must hold all the same. */
  readonly promise: string
  run(context: FaultContext): Promise<void>
}

export interface FaultContext {
  /** For CI: the same fault with smaller numbers. */
  readonly short: boolean
  /** How long, where the fault takes a time; null: its own. */
  readonly minutes: number | null
  readonly t: Lifetime
  readonly report: Report
  /** Progress, for whoever watches. */
  say(text: string): void
}

/** This machine cannot have the fault: a program is not installed. */
export class Skipped extends Error {}

/** It could, but this user may not. */
export class NotPermitted extends Skipped {}
