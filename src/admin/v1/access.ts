import { setImmediate } from 'node:timers/promises'
import { foldForSearch } from '../../store/entry-row.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { AccessMatrix, type AccessRow } from '../explain/access-matrix.ts'
import { mayRead, mayReadOn } from '../permission.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import type { UnderWay } from '../under-way.ts'
import { given, QueryParameters } from './parameters.ts'
import { routeShape } from './routes.ts'

const MOST_IDENTITIES = 100
const MOST_ROUTES = 100

/** Who gets through which route: registered certificates, page by page, by routes. */
export function accessRoutes(context: AdministrationContext, underWay: UnderWay): readonly RouteEntry[] {
  const answer = (request: ApiRequest) => underWay.run(request.caller, () => access(context, request))
  return [{ method: 'GET', path: '/api/v1/access', answer }]
}

async function access(context: AdministrationContext, { caller, query }: ApiRequest): Promise<ApiResponse> {
  mayRead(caller)
  const parameters = new QueryParameters(query, ['text', 'route', 'offset', 'limit'])
  const page = { offset: parameters.whole('offset') ?? 0, limit: parameters.whole('limit', MOST_IDENTITIES) ?? 25 }
  const inForce = context.inForce()
  const { policy, settings } = inForce
  const wanted = foldForSearch(parameters.text('route') ?? '')
  const routes = policy.routes.filter(({ settings: { name, path } }) => foldForSearch(`${name}\n${path}`).includes(wanted))
  const shown = routes.slice(0, MOST_ROUTES)
  const { entries, total } = context.store.registry.list({ ...given({ text: parameters.text('text') }), ...page, now: context.now() })
  const matrix = new AccessMatrix(inForce, context, shown)
  const identities: AccessRow[] = []
  for (const entry of entries) {
    identities.push(await matrix.rowOf(entry))
    // A row takes signatures: others get their turn, and who lost the right to read meanwhile reads no further.
    await setImmediate()
    mayReadOn(context, caller)
  }
  return json(200, {
    total,
    file: settings.file,
    routes: shown.map(({ settings: route }) => routeShape(route, settings)),
    routes_total: routes.length,
    by_address: policy.dependsOnAddress,
    identities,
  })
}
