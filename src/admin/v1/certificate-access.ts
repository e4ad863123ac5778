import { json } from '../answers.ts'
import type { Certificates } from '../certificates/certificates.ts'
import { accessAt, placesOf, type RouteAccess } from '../explain/access.ts'
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
  const shown = { ders: shownWithChain(der, context), registry: await registryAbout(der, context), knownStatus: context.knownStatus }
  const routes = await accessAt(inForce, shown, all.slice(offset, offset + limit), context.now())
  return json(200, { total: all.length, by_address: inForce.policy.dependsOnAddress, routes: routes.map(accessShape) })
}

function accessShape({ route, listener, access, reason, detail, databases }: RouteAccess) {
  const { name, line, hosts, path, methods } = route.settings
  return { route: name, line, listener: listener.name, hosts, path, methods, access, reason, detail, databases }
}
