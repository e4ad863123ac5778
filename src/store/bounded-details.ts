import type { AuditEvent } from './audit-log.ts'
import { canonicalJson, type Json } from './canonical-json.ts'

type Details = NonNullable<AuditEvent['details']>

/** Characters of the details of one entry: it is kept for good, and whoever looks at the log is sent many. */
const MOST = 64 * 1024
/** Values of each list that are kept, the first that fits. */
const KEPT = [1_000, 100, 10, 1]
const LONGEST_TEXT = 4_096

/** Details as they are where they are short; else long lists and texts without their ends, and with a count of what was left out. */
export function boundedDetails(details: Details): Details {
  if (canonicalJson(details).length <= MOST) return details
  for (const kept of KEPT) {
    const cut = shortened(details, kept) as Details
    if (canonicalJson(cut).length <= MOST) return cut
  }
  return { truncated: `${canonicalJson(details).length} characters` }
}

function shortened(value: Json, kept: number): Json {
  if (typeof value === 'string') return value.length <= LONGEST_TEXT ? value : `${value.slice(0, LONGEST_TEXT).toWellFormed()}...`
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) {
    const first = value.slice(0, kept).map((item) => shortened(item, kept))
    return value.length <= kept ? first : [...first, `and ${value.length - kept} more`]
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item, kept)]))
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
