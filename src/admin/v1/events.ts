import { clearanceIncludes } from '../../policy/rights.ts'
import type { AdministrationContext } from '../context.ts'
import type { EventHub } from '../event-hub.ts'
import { mayRead, stillHolds } from '../permission.ts'
import { AdminProblem } from '../problem.ts'
import type { RouteEntry } from '../route-table.ts'
import type { ApiRequest, ApiResponse, Caller } from '../types.ts'

/** Each of them costs a little with every event. */
const MOST_CLIENTS = 200
/** Of those, how many are for ClusterAdmins alone: an Operator can issue certificates enough for all others. */
const RESERVED = 40
/** Of one certificate, so that nobody keeps all others from listening. */
const MOST_STREAMS = 8

/** What happens, as server-sent events. `holds`: whether a listener may still hear it. */
export function eventRoutes(
  context: AdministrationContext,
  hub: EventHub,
  holds: (caller: Caller) => boolean = (caller) => stillHolds(context, caller),
): readonly RouteEntry[] {
  const streams = new LiveStreams()
  return [{ method: 'GET', path: '/api/v1/events', answer: (request) => events(request, hub, holds, streams) }]
}

function events({ caller, headers }: ApiRequest, hub: EventHub, holds: (caller: Caller) => boolean, streams: LiveStreams): ApiResponse {
  mayRead(caller)
  const { fingerprint } = caller.actor
  if (streams.of(fingerprint) >= MOST_STREAMS) {
    const hint = 'close some of them: every open page of the console is one'
    throw new AdminProblem(503, 'too_many_listeners', `${MOST_STREAMS} streams of this certificate are open already`, { hint })
  }
  const most = clearanceIncludes(caller.rights.clearance, 'ClusterAdmin') ? MOST_CLIENTS : MOST_CLIENTS - RESERVED
  if (hub.clients >= most) throw new AdminProblem(503, 'too_many_listeners', `${most} clients listen already`)
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
    body: streams.counted(fingerprint, hub.subscribe(headers.get('last-event-id') ?? null, isAllowed)),
  }
}

/** How many streams each certificate reads now. The local socket has none, and is not counted. */
class LiveStreams {
  readonly #live = new Map<string, number>()

  of(fingerprint: string | null): number {
    return fingerprint === null ? 0 : (this.#live.get(fingerprint) ?? 0)
  }

  /** Counts from when it is read, as an answer to HEAD never is, to its end, or to when its reader says that it goes. */
  counted(fingerprint: string | null, stream: AsyncGenerator<string, void, undefined>): AsyncIterable<string> {
    if (fingerprint === null) return stream
    return {
      [Symbol.asyncIterator]: () => {
        this.#add(fingerprint, 1)
        let isLive = true
        const leave = (): void => {
          if (isLive) this.#add(fingerprint, -1)
          isLive = false
        }
        return {
          next: async () => {
            try {
              const next = await stream.next()
              if (next.done === true) leave()
              return next
            } catch (error) {
              leave()
              throw error
            }
          },
          // At once: a generator that waits for an event itself returns only after it.
          return: () => {
            leave()
            return stream.return()
          },
        }
      },
    }
  }

  #add(fingerprint: string, change: 1 | -1): void {
    const count = this.of(fingerprint) + change
    if (count === 0) this.#live.delete(fingerprint)
    else this.#live.set(fingerprint, count)
  }
}
