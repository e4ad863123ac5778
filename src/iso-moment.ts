/** A day, or a moment in UTC or with an offset. */
const MOMENT = /^\d{4}-\d\d-\d\d(?:T(?!24)\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

/**
 * Milliseconds since the epoch of what is written as RFC 3339 has it, or a day, which begins at midnight UTC. NaN where it is none: neither
 * 2026-02-30 nor 24:00 is taken for the next day that there is.
 */
export function isoMoment(text: string): number {
  const [day = ''] = text.split('T', 1)
  const midnight = MOMENT.test(text) ? Date.parse(day) : Number.NaN
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day) ? Date.parse(text) : Number.NaN
}
