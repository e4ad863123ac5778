import type { Outcome } from '../gateway.ts'
import type { ReloadCause, ReloadReport } from '../status.ts'

/** The snapshot in force afterwards, since when; times are milliseconds since the epoch. */
interface After {
  readonly snapshot: number
  readonly loadedAt: number
  readonly at: number
}

/** What came of a reload, told for people. */
export function reportOf(outcome: Outcome, cause: ReloadCause, { snapshot, loadedAt, at }: After): ReloadReport {
  const base = { outcome: outcome.kind, cause, at, snapshot }
  switch (outcome.kind) {
    case 'loaded':
      return { ...base, message: `snapshot ${snapshot} is in force`, problems: outcome.warnings }
    case 'unchanged':
      // Who changed a file a moment ago must not think that it was not read: the watcher was quicker.
      return {
        ...base,
        message: `snapshot ${snapshot} is in force, taken up ${ago(at - loadedAt)}; nothing has changed since`,
        problems: outcome.warnings,
      }
    case 'failed': {
      const errors = outcome.problems.filter(({ severity }) => severity === 'error').length
      const why = outcome.error === null ? `${errors} ${errors === 1 ? 'problem' : 'problems'}` : outcome.error.message
      return { ...base, message: `${why}; snapshot ${snapshot} stays in force`, problems: outcome.problems }
    }
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const

/** The largest unit of which it is two or more. */
function ago(milliseconds: number): string {
  const [unit, length] = UNITS.find((one) => milliseconds >= 2 * one[1]) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(milliseconds / length))} ${unit} ago`
}
