import type { Settings } from '../../config/settings.ts'
import type { AllowWord, RouteSettings } from '../../policy/types.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import { Fields } from '../fields.ts'
import { mayDo, mayRead } from '../permission.ts'
import { AdminProblem } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse } from '../types.ts'
import { withProblems } from './mapping.ts'
import { withTimes } from './shapes.ts'

/** What is in force, how the gateway is, and having its files read again. */
export function gatewayRoutes(context: AdministrationContext): readonly RouteEntry[] {
  return [
    { method: 'GET', path: '/api/v1/routes', answer: ({ caller }) => routes(context, caller) },
    { method: 'GET', path: '/api/v1/status', answer: ({ caller }) => status(context, caller) },
    { method: 'POST', path: '/api/v1/reload', answer: (request) => reload(context, request) },
  ]
}

function routes(context: AdministrationContext, caller: ApiRequest['caller']): ApiResponse {
  mayRead(caller)
  const { settings } = context.inForce()
  return json(200, { file: settings.file, routes: settings.routes.map((route) => routeShape(route, settings)) })
}

/** A route as /api/v1 tells it. */
export function routeShape(route: RouteSettings, { upstreams }: Pick<Settings, 'upstreams'>) {
  const targets = upstreams.get(route.upstream)?.targets.map(({ url }) => url) ?? []
  const { name, line, listeners, hosts, path, methods, allow, upstream, upgrade, crossSite } = route
  return { name, line, listeners, hosts, path, methods, allow: allow.map(wordShape), upstream, targets, upgrade, cross_site: crossSite }
}

function wordShape(word: AllowWord) {
  if (word.kind === 'database') return { database: `{${word.capture}}`, access: word.access }
  return word.kind === 'role' ? word.role : word.kind
}

async function status(context: AdministrationContext, caller: ApiRequest['caller']): Promise<ApiResponse> {
  mayRead(caller)
  return json(200, withTimes(await context.status()))
}

async function reload(context: AdministrationContext, { caller, path, body }: ApiRequest): Promise<ApiResponse> {
  const deed = { action: 'configuration.reload', target: context.inForce().settings.file }
  mayDo(context, caller, 'policy', deed)
  Fields.ofAny(body, [])
  context.store.audit.append(deed, caller.actor)
  const { outcome, message, problems } = await context.reload(caller.actor)
  if (outcome !== 'failed') return json(200, { outcome, message, problems })
  const hint = 'what was in force stays so'
  return withProblems(new AdminProblem(409, 'reload_failed', message, { hint }), problems, path)
}
