import type { Outcome } from './gateway.ts'
import type { ReloadCause, ReloadReport } from './status.ts'

/** What came of a reload, told for people. `snapshot` is the one in force afterwards; times are milliseconds since the epoch. */
export function reportOf(outcome: Outcome, cause: ReloadCause, snapshot: number, at: number): ReloadReport {
  const base = { outcome: outcome.kind, cause, at, snapshot }
  switch (outcome.kind) {
    case 'loaded':
      return { ...base, message: `snapshot ${snapshot} is in force`, problems: outcome.warnings }
    case 'unchanged':
      return { ...base, message: `nothing has changed since snapshot ${snapshot} was loaded`, problems: outcome.warnings }
    case 'failed': {
      const errors = outcome.problems.filter(({ severity }) => severity === 'error').length
      const why = outcome.error === null ? `${errors} ${errors === 1 ? 'problem' : 'problems'}` : outcome.error.message
      return { ...base, message: `${why}; snapshot ${snapshot} stays in force`, problems: outcome.problems }
    }
  }
}
