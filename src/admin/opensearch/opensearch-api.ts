import type { AdministrationContext } from '../context.ts'
import type { MappingStore } from '../mapping/mapping-store.ts'
import { type RoutedHandler, type RouteEntry, routeTable } from '../route-table.ts'
import type { ApiHandler } from '../types.ts'
import { callerRoutes } from './caller-info.ts'
import { RolesMapping } from './roles-mapping.ts'

/** OpenSearch's prefix, and the one that Open Distro had. */
const PREFIXES = ['/_plugins/_security', '/_opendistro/_security'] as const

export function openSearchRoutes(context: AdministrationContext, mappings: MappingStore): RouteEntry[] {
  const rolesMapping = new RolesMapping(context, mappings)
  return PREFIXES.flatMap((prefix) => [...rolesMapping.routes(prefix), ...callerRoutes(context, prefix)])
}

/** Open Distro's REST family: see docs/operations.md. Slashes before and after a path do not matter, as in OpenSearch. */
export function openSearchApi(context: AdministrationContext, mappings: MappingStore): RoutedHandler {
  const answer = routeTable(openSearchRoutes(context, mappings))
  const handler: ApiHandler = (request) => {
    const path = request.path.replace(/^\/{2,}/, '/').replace(/(?<=.)\/$/, '')
    return answer(path === request.path ? request : { ...request, path })
  }
  return Object.assign(handler, { routes: answer.routes })
}
