import type { Sort } from '../../parts/table.ts'

/** What of the certificates is shown. Pure: from the address, to it, and to what the API is asked. */
export interface Listing {
  readonly text: string
  /** Empty: any. */
  readonly state: string
  readonly clearance: string
  readonly sort: Sort
  /** Of the first row, counted from 0. */
  readonly from: number
}

export const PAGE_SIZE = 50
export const STATES = ['valid', 'expiring', 'expired', 'disabled', 'revoked'] as const
export const CLEARANCES = ['ValidUser', 'Operator', 'ClusterAdmin', 'ClusterNode'] as const
const SORTS: ReadonlySet<string> = new Set(['name', 'not_before', 'not_after', 'last_seen', 'created_at'])

/** What is no word of ours counts as not given: an address may be old, or written by hand. */
export function listingOf(query: URLSearchParams): Listing {
  const word = (name: string, known: readonly string[]): string => known.find((one) => one === query.get(name)) ?? ''
  const sort = query.get('sort') ?? ''
  const from = Number(query.get('from') ?? 0)
  return {
    text: query.get('text') ?? '',
    state: word('state', STATES),
    clearance: word('clearance', CLEARANCES),
    sort: { key: SORTS.has(sort) ? sort : 'name', order: query.get('order') === 'desc' ? 'desc' : 'asc' },
    from: Number.isSafeInteger(from) && from > 0 ? from : 0,
  }
}

/** Without what is so anyway. */
export function addressOf({ text, state, clearance, sort, from }: Listing): URLSearchParams {
  const all = { text, state, clearance, sort: sort.key === 'name' ? '' : sort.key, order: sort.order === 'asc' ? '' : 'desc' }
  const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''))
  if (from > 0) query.set('from', String(from))
  return query
}

export function requestOf({ text, state, clearance, sort, from }: Listing): string {
  const query = new URLSearchParams({ sort: sort.key, order: sort.order, offset: String(from), limit: String(PAGE_SIZE) })
  for (const [name, value] of Object.entries({ text: text.trim(), state, clearance })) if (value !== '') query.set(name, value)
  return `GET /api/v1/certificates?${query}`
}

/** Of the last page that there is. */
export const lastPage = (total: number): number => Math.max(0, Math.ceil(total / PAGE_SIZE) - 1) * PAGE_SIZE
