import type { Permit } from '../policy/decide.ts'
import type { Denial } from '../policy/types.ts'
import { crossSite } from './asked.ts'
import type { CurrentRequest } from './current-request.ts'
import type { Principal } from './principal.ts'

/** Whether the principal may what the request under way asks: all that speaks against it, in the order in which it is told. */
export function decideRequest(current: CurrentRequest, principal: Principal): Permit | Denial {
  const { asked, record, listener, addressee } = current
  const { found } = asked
  if (principal.unusable !== '') return { allowed: false, reason: 'identity_unusable', detail: principal.unusable }
  if (typeof found === 'string') return { allowed: false, reason: found, detail: `${record.method} ${record.path} matches no route` }
  const decision = found.dependsOnRequest ? principal.decideAsked(found, current) : principal.decide(found)
  if (!decision.allowed) return decision
  const problem = crossSite(asked, found, record.method, listener, addressee.host)
  return problem === null ? decision : { allowed: false, reason: 'cross_site', detail: problem }
}
