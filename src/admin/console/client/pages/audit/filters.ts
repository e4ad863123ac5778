/** What of the log is looked at, as it stands in the fields and in the address; '' is any. */
export interface Filters {
  readonly text: string
  readonly action: string
  readonly actor: string
  readonly target: string
  /** Days of whoever looks, both inclusive: `2030-01-31`. */
  readonly since: string
  readonly until: string
}

export const ANY: Filters = { text: '', action: '', actor: '', target: '', since: '', until: '' }

const NAMES = Object.keys(ANY) as (keyof Filters)[]

export function filtersOf(query: URLSearchParams): Filters {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) as unknown as Filters
}

export const isAny = (filters: Filters): boolean => NAMES.every((name) => filters[name] === '')

/** For the address of the page. */
export function kept(filters: Filters, before: number | null): URLSearchParams {
  const query = new URLSearchParams(NAMES.filter((name) => filters[name] !== '').map((name) => [name, filters[name]]))
  if (before !== null) query.set('before', String(before))
  return query
}

/** For the API, which takes moments: a day begins and ends where one sits. */
export function asked(filters: Filters, more: Readonly<Record<string, number>> = {}): URLSearchParams {
  const query = kept(filters, null)
  if (filters.since !== '') query.set('since', moment(`${filters.since}T00:00:00.000`))
  if (filters.until !== '') query.set('until', moment(`${filters.until}T23:59:59.999`))
  for (const [name, value] of Object.entries(more)) query.set(name, String(value))
  return query
}

/** What is no day goes as it is: the API says so. */
function moment(local: string): string {
  const time = Date.parse(local)
  return Number.isNaN(time) ? local : new Date(time).toISOString()
}
