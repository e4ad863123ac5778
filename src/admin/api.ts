import { Certificates } from './certificates/certificates.ts'
import { LiveNames } from './certificates/live-names.ts'
import { consoleHandler } from './console/console.ts'
import type { AdministrationContext } from './context.ts'
import { EventHub } from './event-hub.ts'
import { ravenCertificates } from './raven/certificates.ts'
import { recordRefusal } from './refusal-records.ts'
import { type Api, createRouter } from './router.ts'
import type { ApiHandler, ApiRequest } from './types.ts'
import { authorityHandler } from './v1/authority.ts'
import { backupV1 } from './v1/backup.ts'
import { certificatesV1 } from './v1/certificates.ts'
import { gatewayApi } from './v1/gateway-api.ts'
import { tokensV1 } from './v1/tokens.ts'
import { whoamiV1 } from './v1/whoami.ts'

/**
 * The whole administration over one context: what every transport calls. `failed` hears of faults of ours; `hub` is where the context's
 * announcements go, absent where nobody listens; `names` may be shared with enrolment.
 */
export function createApi(
  context: AdministrationContext,
  failed: (error: unknown, request: ApiRequest) => void,
  hub = new EventHub(),
  names = new LiveNames(context),
): Api {
  const certificates = new Certificates(context, names)
  const handlers = [
    certificatesV1(certificates),
    tokensV1(certificates),
    whoamiV1(),
    authorityOf(context),
    backupV1(context),
    ravenCertificates(certificates),
    ...gatewayApi(context, hub),
    consoleHandler(),
  ]
  return createRouter(handlers, {
    failed,
    refusedOwnCertificate: ({ method, path, caller }) => {
      const details = { code: 'own_certificate', method: method.slice(0, 20), path: path.toWellFormed().slice(0, 256) }
      recordRefusal(context.store.audit, () => context.now(), { action: 'access', target: null, details }, caller.actor)
    },
  })
}

/** The authority comes with the first configuration that is served. */
function authorityOf(context: AdministrationContext): ApiHandler {
  let handler: ApiHandler | null = null
  return async (request) => {
    const service = context.authorityService()
    if (service === null) return null
    handler ??= authorityHandler(service, context)
    return handler(request)
  }
}
