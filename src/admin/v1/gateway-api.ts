import type { AdministrationContext } from '../context.ts'
import type { EventHub } from '../event-hub.ts'
import { MappingStore } from '../mapping/mapping-store.ts'
import { openSearchApi } from '../opensearch/opensearch-api.ts'
import { type RoutedHandler, routeTable } from '../route-table.ts'
import { UnderWay } from '../under-way.ts'
import { accessRoutes } from './access.ts'
import { auditRoutes } from './audit.ts'
import { eventRoutes } from './events.ts'
import { explainRoutes } from './explain.ts'
import { mappingRoutes } from './mapping.ts'
import { OPENAPI_ROUTES } from './openapi.ts'
import { overviewRoutes } from './overview.ts'
import { gatewayRoutes } from './routes.ts'

/** Mapping and insight: our own paths, and Open Distro's. One for each context, as edits of one mapping wait for each other. */
export function gatewayApi(context: AdministrationContext, hub: EventHub): readonly RoutedHandler[] {
  const mappings = new MappingStore(context)
  const underWay = new UnderWay()
  const routes = [
    ...mappingRoutes(context, mappings, underWay),
    ...gatewayRoutes(context),
    ...explainRoutes(context),
    ...accessRoutes(context, underWay),
    ...auditRoutes(context, underWay),
    ...overviewRoutes(context),
    ...eventRoutes(context, hub),
    ...OPENAPI_ROUTES,
  ]
  return [routeTable(routes, { strict: true }), openSearchApi(context, mappings)]
}
