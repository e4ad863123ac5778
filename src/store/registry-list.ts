import type { SQLInputValue } from 'node:sqlite'
import type { Connection, Row } from './connection.ts'
import { entryOf, foldForSearch, SELECT_ENTRY } from './entry-row.ts'
import { EXPIRING_WITHIN, STATE_CONDITIONS } from './entry-state.ts'
import type { EntryPage, EntryQuery, EntrySort } from './types.ts'

const MAX_PAGE = 1000

const SORT_COLUMNS: Readonly<Record<EntrySort, string>> = {
  name: 'name_key',
  notAfter: 'not_after',
  notBefore: 'not_before',
  createdAt: 'created_at',
  lastSeen: 'last_seen',
}

/** Of the leaves of one PFX the first that is there. */
const LEADS = `(leaf_group = fingerprint OR NOT EXISTS (SELECT 1 FROM entry AS first WHERE first.fingerprint = entry.leaf_group)
  AND NOT EXISTS (SELECT 1 FROM entry AS earlier
    WHERE earlier.leaf_group = entry.leaf_group AND earlier.leaf_group <> earlier.fingerprint AND earlier.id < entry.id))`

interface Condition {
  readonly sql: string
  readonly values: Readonly<Record<string, SQLInputValue>>
}

/** One page of what matches, and how many match. Sorted by name unless told otherwise; equal ones in the order they were added. */
export function listEntries(connection: Connection, query: EntryQuery, now: number): EntryPage {
  const { sql, values } = conditionOf(query, now)
  const column = SORT_COLUMNS[query.sort ?? 'name']
  const direction = query.descending === true ? 'DESC' : 'ASC'
  const limit = Math.max(0, Math.min(query.limit ?? 100, MAX_PAGE))
  const offset = Math.max(0, query.offset ?? 0)
  const order = `ORDER BY ${column} ${direction}, id ${direction}`
  const count = () => connection.select(`SELECT count(*) AS total FROM entry ${sql}`, values)[0]?.total as number
  return connection.read(() => {
    // Free text reads all there is, so the page and its count come of one pass; otherwise an index alone gives each of them faster.
    const counted = values.text === undefined ? '' : ', count(*) OVER () AS total'
    const page = connection.select(`SELECT id${counted} FROM entry ${sql} ${order} LIMIT :limit OFFSET :offset`, {
      ...values,
      limit,
      offset,
    })
    const total = (page[0]?.total as number | undefined) ?? (counted !== '' && offset === 0 && limit > 0 ? 0 : count())
    const entries = page.map(({ id }) => entryOf(connection.get(`${SELECT_ENTRY} WHERE entry.id = ?`, id as number) as Row))
    return { entries, total }
  })
}

function conditionOf(query: EntryQuery, at: number): Condition {
  const parts: string[] = []
  const values: Record<string, SQLInputValue> = {}
  const states = listOf(query.state)
  if (states !== null) {
    parts.push(anyOf(states.map((state) => STATE_CONDITIONS[state])))
    const now = query.now ?? at
    // Only what is used may be bound.
    const used = parts[parts.length - 1] ?? ''
    if (used.includes(':now')) values.now = now
    if (used.includes(':soon')) values.soon = now + (query.expiringWithin ?? EXPIRING_WITHIN)
  }
  const clearances = listOf(query.clearance)
  if (clearances !== null) {
    // The plus keeps it out of the choice of an index: the one to sort by has it too.
    parts.push(anyOf(clearances.map((_, index) => `+clearance = :clearance${index}`)))
    for (const [index, clearance] of clearances.entries()) values[`clearance${index}`] = clearance
  }
  if (query.name !== undefined) {
    parts.push('name = :name')
    values.name = query.name
  }
  if (query.thumbprint !== undefined) {
    const hex = plainHex(query.thumbprint)
    parts.push(hex.length === 64 ? 'fingerprint = :hex' : 'thumbprint = :hex')
    values.hex = hex.length === 64 ? hex : hex.toUpperCase()
  }
  if (query.text !== undefined && query.text !== '') {
    parts.push('id IN (SELECT id FROM entry_text WHERE instr(search, :text) > 0)')
    values.text = foldForSearch(query.text)
  }
  if (query.leaders === true) parts.push(LEADS)
  return { sql: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values }
}

/** Lower-case hex of a fingerprint as people paste it: colons, spaces and upper case allowed. */
export function plainHex(text: string): string {
  return text.replace(/[\s:]/g, '').toLowerCase()
}

function listOf<T>(given: T | readonly T[] | undefined): readonly T[] | null {
  if (given === undefined) return null
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}

/** An empty list matches nothing. */
function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '0' : `(${conditions.join(' OR ')})`
}
