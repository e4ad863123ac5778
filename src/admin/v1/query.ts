import { CLEARANCES } from '../../policy/rights.ts'
import type { EntryQuery, EntrySort, EntryState } from '../../store/types.ts'
import { malformed } from '../problem.ts'
import { given, QueryParameters } from './parameters.ts'

const STATES: readonly EntryState[] = ['valid', 'expiring', 'expired', 'disabled', 'revoked']
const SORTS: ReadonlyMap<string, EntrySort> = new Map([
  ['name', 'name'],
  ['not_after', 'notAfter'],
  ['not_before', 'notBefore'],
  ['created_at', 'createdAt'],
  ['last_seen', 'lastSeen'],
])
const KNOWN = ['state', 'clearance', 'text', 'name', 'thumbprint', 'sort', 'order', 'offset', 'limit']
const LARGEST_PAGE = 1_000

/** The query of a list of certificates; words that may be several are separated by commas. Throws AdminProblem 400. */
export function entryQuery(query: URLSearchParams): EntryQuery {
  const parameters = new QueryParameters(query, KNOWN)
  const sort = parameters.text('sort')
  const order = parameters.text('order') ?? 'asc'
  if (order !== 'asc' && order !== 'desc') throw malformed('order is neither asc nor desc')
  if (sort !== undefined && !SORTS.has(sort)) throw malformed('cannot sort by that', `sort by ${[...SORTS.keys()].join(', ')}`)
  return {
    ...given({
      name: parameters.text('name'),
      text: parameters.text('text'),
      thumbprint: parameters.text('thumbprint'),
      state: parameters.words('state', STATES),
      clearance: parameters.words('clearance', CLEARANCES),
      sort: sort === undefined ? undefined : SORTS.get(sort),
    }),
    descending: order === 'desc',
    ...pageOf(parameters),
  }
}

/** Which of many are asked for: 100 from the first unless told otherwise. */
export function pageOf(parameters: QueryParameters): { readonly offset: number; readonly limit: number } {
  return { offset: parameters.whole('offset') ?? 0, limit: parameters.whole('limit', LARGEST_PAGE) ?? 100 }
}
