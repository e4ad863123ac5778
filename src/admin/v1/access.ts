import { setImmediate } from 'node:timers/promises'
import { foldForSearch } from '../../store/entry-row.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { ACCESS_SOURCES, AccessMatrix, type AccessRow } from '../explain/access-matrix.ts'
import { type MappedName, MappedNames } from '../explain/mapped-names.ts'
import { mayRead, mayReadOn } from '../permission.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import type { UnderWay } from '../under-way.ts'
import { given, QueryParameters } from './parameters.ts'
import { routeShape } from './routes.ts'

const MOST_IDENTITIES = 100
const MOST_ROUTES = 100

/** Who gets through which route, page by page: registered certificates, then whom the mapping names and no certificate is registered of. */
export function accessRoutes(context: AdministrationContext, underWay: UnderWay): readonly RouteEntry[] {
  const mapped = new MappedNames(context)
  const answer = (request: ApiRequest) => underWay.run(request.caller, () => access(context, mapped, request))
  return [{ method: 'GET', path: '/api/v1/access', readsQuery: true, answer }]
}

async function access(context: AdministrationContext, mapped: MappedNames, { caller, query }: ApiRequest): Promise<ApiResponse> {
  mayRead(caller)
  const parameters = new QueryParameters(query, ['text', 'source', 'route', 'offset', 'limit'])
  const sources = parameters.words('source', ACCESS_SOURCES) ?? ACCESS_SOURCES
  const text = parameters.text('text') ?? ''
  const page = { offset: parameters.whole('offset') ?? 0, limit: parameters.whole('limit', MOST_IDENTITIES) ?? 25 }
  const names = sources.includes('mapping') ? found(await mapped.unregistered(), text) : []
  mayReadOn(context, caller)
  const inForce = context.inForce()
  const { policy, settings } = inForce
  const wanted = foldForSearch(parameters.text('route') ?? '')
  const routes = policy.routes.filter(({ settings: { name, path } }) => foldForSearch(`${name}\n${path}`).includes(wanted))
  const shown = routes.slice(0, MOST_ROUTES)
  const { entries, total } = sources.includes('registered')
    ? context.store.registry.list({ ...given({ text: text === '' ? undefined : text }), ...page, now: context.now() })
    : { entries: [], total: 0 }
  const matrix = new AccessMatrix(inForce, context, shown)
  const rows = [
    ...entries.map((entry) => () => matrix.rowOf(entry)),
    ...names
      .slice(Math.max(0, page.offset - total), Math.max(0, page.offset + page.limit - total))
      .map((name) => () => matrix.rowOfMapped(name)),
  ]
  const identities: AccessRow[] = []
  for (const row of rows) {
    identities.push(await row())
    // A row takes signatures: others get their turn, and who lost the right to read meanwhile reads no further.
    await setImmediate()
    mayReadOn(context, caller)
  }
  return json(200, {
    total: total + names.length,
    registered: total,
    file: settings.file,
    routes: shown.map(({ settings: route }) => routeShape(route, settings)),
    routes_total: routes.length,
    by_address: policy.dependsOnAddress,
    identities,
  })
}

function found(names: readonly MappedName[], text: string): readonly MappedName[] {
  const wanted = foldForSearch(text)
  return wanted === '' ? names : names.filter(({ search }) => search.includes(wanted))
}
