import { CLEARANCES } from '../../policy/rights.ts'
import type { EntryQuery, EntrySort, EntryState } from '../../store/types.ts'
import { malformed } from '../problem.ts'

const STATES: readonly EntryState[] = ['valid', 'expiring', 'expired', 'disabled', 'revoked']
const SORTS: ReadonlyMap<string, EntrySort> = new Map([
  ['name', 'name'],
  ['not_after', 'notAfter'],
  ['not_before', 'notBefore'],
  ['created_at', 'createdAt'],
  ['last_seen', 'lastSeen'],
])
const KNOWN: ReadonlySet<string> = new Set([...['state', 'clearance', 'text', 'name', 'thumbprint', 'sort', 'order', 'offset', 'limit']])
const LARGEST_PAGE = 1_000

/** The query of a list of certificates; words that may be several are separated by commas. Throws AdminProblem 400. */
export function entryQuery(query: URLSearchParams): EntryQuery {
  for (const name of query.keys()) {
    if (!KNOWN.has(name)) throw malformed(`unknown parameter ${JSON.stringify(name.slice(0, 100))}`, `there are ${[...KNOWN].join(', ')}`)
    if (query.getAll(name).length > 1) throw malformed(`the parameter ${name} is there twice`)
  }
  const text = (name: string): Record<string, string> => (query.get(name) === null ? {} : { [name]: query.get(name) as string })
  const sort = query.get('sort')
  const order = query.get('order') ?? 'asc'
  if (order !== 'asc' && order !== 'desc') throw malformed('order is neither asc nor desc')
  if (sort !== null && !SORTS.has(sort)) throw malformed('cannot sort by that', `sort by ${[...SORTS.keys()].join(', ')}`)
  return {
    ...text('name'),
    ...text('text'),
    ...text('thumbprint'),
    ...listed(query, 'state', STATES),
    ...listed(query, 'clearance', CLEARANCES),
    ...(sort === null ? {} : { sort: SORTS.get(sort) as EntrySort }),
    descending: order === 'desc',
    offset: wholeNumber(query, 'offset', 0, Number.MAX_SAFE_INTEGER),
    limit: wholeNumber(query, 'limit', 100, LARGEST_PAGE),
  }
}

function listed<T extends string>(query: URLSearchParams, name: string, words: readonly T[]): Record<string, T[]> {
  const given = query.get(name)
  if (given === null || given === '') return {}
  const chosen = given.split(',').map((text) => {
    const word = words.find((one) => one === text)
    if (word === undefined) throw malformed(`unknown ${name} ${JSON.stringify(text.slice(0, 100))}`, `one of ${words.join(', ')}`)
    return word
  })
  return { [name]: chosen }
}

/** Not negative, `most` at most. Throws AdminProblem 400. */
export function wholeNumber(query: URLSearchParams, name: string, absent: number, most: number): number {
  const text = query.get(name)
  if (text === null) return absent
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= most)) throw malformed(`${name} is not a whole number from 0 to ${most}`)
  return value
}
