import type { Reason } from '../policy/types.ts'
import { auditRefusal } from './audit-refusal.ts'
import { headerValue } from './client-head.ts'
import type { CurrentRequest } from './current-request.ts'
import { type Refusal, renderRefusal } from './refusal/render.ts'

/** The answer that refuses the request under way, written down in its record, the metrics and the audit. `close`: nothing follows it. */
export function refuseRequest(current: CurrentRequest, reason: Reason, detail: string, challenge: string | null, close: boolean): Refusal {
  const { record, asked, runtime, principal, peer, services } = current
  const identity = principal?.identity ?? null
  const refusal = renderRefusal({
    reason,
    detail,
    requestId: record.requestId,
    shape: current.route?.route.settings.errors ?? runtime.errors,
    hideRoutes: runtime.hideRoutes,
    userAgent: asked.understood ? headerValue(asked, 'user-agent') : '',
    contact: runtime.contact,
    accept: asked.understood ? headerValue(asked, 'accept') : '',
    method: record.method,
    url: record.path,
    challenge,
    user: identity?.name ?? null,
    close,
  })
  record.reason = reason
  record.bytesOut = refusal.message.length
  if (record.decision === 'deny') current.meter.decide('deny')
  services.metrics.refused(reason)
  auditRefusal(services, reason, detail, identity, peer, current.remoteAddress)
  return refusal
}
