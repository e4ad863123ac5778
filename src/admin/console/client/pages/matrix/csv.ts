import type { AccessCell, AccessMatrix } from '../../api-types.ts'
import { spoken } from '../../format.ts'

/** What a cell says in words. */
export function cellWords({ access, methods, reason }: AccessCell): string {
  if (access === 'denied') return spoken(reason ?? 'denied')
  const words = access === 'allowed' ? 'allowed' : 'by database'
  return methods.length === 0 ? words : `${words}: ${methods.join(' ')}`
}

/** The page as rows of a spreadsheet. Pure. */
export function accessRows({ routes, identities }: AccessMatrix): readonly (readonly string[])[] {
  const head = ['name', 'source', 'fingerprint', 'state', 'identity', 'clearance', 'roles', ...routes.map(({ name }) => name)]
  const rows = identities.map(({ name, source, fingerprint, state, identity, clearance, roles, cells }) => [
    name,
    source,
    fingerprint ?? '',
    state ?? '',
    identity ?? '',
    clearance ?? '',
    roles.join(' '),
    ...cells.map(cellWords),
  ])
  return [head, ...rows]
}
