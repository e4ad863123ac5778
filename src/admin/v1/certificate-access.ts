import { json } from '../answers.ts'
import type { Certificates } from '../certificates/certificates.ts'
import { accessAt, type PlacedAccess, placesOf } from '../explain/access.ts'
import { registryAbout, shownWithChain } from '../explain/registry-about.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { QueryParameters } from './parameters.ts'
import { pageOf } from './query.ts'

/** What a registered certificate may do, route by route. */
export function accessRoutes(certificates: Certificates): readonly RouteEntry[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/certificates/{ref}/access',
      readsQuery: true,
      answer: (request, parameters) => access(certificates, request, parameters.get('ref') ?? ''),
    },
  ]
}

async function access({ reading, desk }: Certificates, { caller, query }: ApiRequest, reference: string): Promise<ApiResponse> {
  const { offset, limit } = pageOf(new QueryParameters(query, ['offset', 'limit']))
  const { der } = reading.find(caller, reference)
  const { context } = desk
  const inForce = context.inForce()
  const all = placesOf(inForce)
  const claim = { shown: { file: 'the registry', ders: shownWithChain(der, context) } }
  const knowledge = { registry: await registryAbout(der, context), knownStatus: context.knownStatus }
  const routes = await accessAt(inForce, claim, all.slice(offset, offset + limit), context.now(), knowledge)
  return json(200, { total: all.length, by_address: inForce.policy.dependsOnAddress, routes: routes.map(accessShape) })
}

/** `methods`: those of the route; what is allowed of them is in the matrix. */
function accessShape({ route, listener, access, reason, detail, databases }: PlacedAccess) {
  const { name, line, hosts, path, methods } = route.settings
  const names = databases.map((one) => one.name).sort()
  return { route: name, line, listener: listener.name, hosts, path, methods, access, reason, detail, databases: names }
}
