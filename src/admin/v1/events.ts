import type { AdministrationContext } from '../context.ts'
import type { EventHub } from '../event-hub.ts'
import { mayRead, stillHolds } from '../permission.ts'
import { AdminProblem } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse, Caller } from '../types.ts'

/** Each of them costs a little with every event. */
const MOST_CLIENTS = 200

/** What happens, as server-sent events. `holds`: whether a listener may still hear it. */
export function eventRoutes(
  context: AdministrationContext,
  hub: EventHub,
  holds: (caller: Caller) => boolean = (caller) => stillHolds(context, caller),
): readonly RouteEntry[] {
  return [{ method: 'GET', path: '/api/v1/events', answer: (request) => events(request, hub, holds) }]
}

function events({ caller, headers }: ApiRequest, hub: EventHub, holds: (caller: Caller) => boolean): ApiResponse {
  mayRead(caller)
  if (hub.clients >= MOST_CLIENTS) throw new AdminProblem(503, 'too_many_listeners', `${MOST_CLIENTS} clients listen already`)
  const isAllowed = (): boolean => {
    try {
      return holds(caller)
    } catch {
      // Nobody can say so now: fails closed, and the client comes again.
      return false
    }
  }
  return {
    status: 200,
    headers: { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' },
    body: hub.subscribe(headers.get('last-event-id') ?? null, isAllowed),
  }
}
