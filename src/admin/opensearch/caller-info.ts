import { backendRolesOf, clearanceIncludes } from '../../policy/rights.ts'
import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse, Caller } from '../types.ts'

/** Who am I, and is the gateway well: for every certificate that is trusted. Whatever `Authorization` says, only the certificate counts. */
export function callerRoutes(context: AdministrationContext, prefix: string): RouteEntry[] {
  const authinfo = ({ caller }: ApiRequest) => json(200, authinfoBody(context, caller))
  const whoami = ({ caller }: ApiRequest) => json(200, whoamiBody(caller))
  const health = (request: ApiRequest) => healthAnswer(context, request)
  const both = (path: string, answer: RouteEntry['answer']): RouteEntry[] => [
    { method: 'GET', path: `${prefix}${path}`, answer },
    { method: 'POST', path: `${prefix}${path}`, answer },
  ]
  return [...both('/authinfo', authinfo), ...both('/whoami', whoami), ...both('/api/whoami', whoami), ...both('/health', health)]
}

function authinfoBody(context: AdministrationContext, { identity, peer, actor }: Caller) {
  const backendRoles = identity === null ? [] : backendRolesOf(identity)
  const roles = identity === null ? [] : [...context.inForce().policy.rolesOf(identity, actor.remote ?? '').names].sort()
  return {
    user: identity === null ? null : `User [name=${identity.name}, backend_roles=[${backendRoles.join(', ')}], requestedTenant=null]`,
    user_name: identity?.name ?? null,
    remote_address: actor.remote ?? null,
    backend_roles: backendRoles,
    custom_attribute_names: [],
    roles,
    principal: peer?.certificate?.dn ?? null,
    peer_certificates: peer?.certificate == null ? '0' : '1',
  }
}

function whoamiBody({ peer, rights }: Caller) {
  return {
    dn: peer?.certificate?.dn ?? null,
    is_admin: clearanceIncludes(rights.clearance, 'ClusterAdmin'),
    is_node_certificate_request: peer?.isServerCertificate === true,
  }
}

/** `mode=lenient` asks only whether anybody answers. */
function healthAnswer(context: AdministrationContext, { query }: ApiRequest): ApiResponse {
  const mode = query.get('mode') ?? 'strict'
  const problem = mode.toLowerCase() === 'strict' ? whyUnwell(context) : null
  return json(problem === null ? 200 : 503, { message: problem, mode, status: problem === null ? 'UP' : 'DOWN' })
}

function whyUnwell(context: AdministrationContext): string | null {
  try {
    context.inForce()
    context.store.audit.head()
    return null
  } catch {
    return 'Not initialized'
  }
}
