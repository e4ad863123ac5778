import { json } from '../answers.ts'
import type { AdministrationContext } from '../context.ts'
import type { Expiring, ExpiryReport } from '../expiring.ts'
import type { Overview } from '../overview.ts'
import { mayRead } from '../permission.ts'
import type { RouteEntry } from '../route-table.ts'
import { objectOf, withTimes } from './shapes.ts'

/** How the gateway is, with what went through it in the last minutes; events `metrics` bring the same, with what is new. */
export function overviewRoutes(context: AdministrationContext): readonly RouteEntry[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/overview',
      answer: async ({ caller }) => {
        mayRead(caller)
        return json(200, overviewShape(await context.overview()))
      },
    },
  ]
}

/** As /api/v1 tells it. */
export function overviewShape({ upstreams, expiring, registered, samples, ...rest }: Overview): unknown {
  return withTimes({
    ...rest,
    upstreams: upstreams.map(({ checkedAt, ...one }) => ({ ...one, checked_at: checkedAt })),
    expiring: expiringShape(expiring),
    registered: objectOf(registered),
    samples: samples.map(({ upstreamErrors, ...one }) => ({ ...one, upstream_errors: upstreamErrors })),
  })
}

function expiringShape({ own, clients }: ExpiryReport) {
  const ends = ({ notAfter, ...one }: Expiring) => ({ ...one, not_after: notAfter })
  return {
    own: own.map(ends),
    clients: {
      total: clients.total,
      first: clients.first.map(({ name, fingerprint, notAfter }) => ({ name, fingerprint, not_after: notAfter })),
    },
  }
}
