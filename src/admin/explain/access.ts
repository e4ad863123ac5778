import type { MaterialError } from '../../errors.ts'
import type { Route } from '../../policy/types.ts'
import type { InForce } from '../context.ts'
import type { CertificateClaim, Knowledge } from './presentation.ts'
import { judgeRoute, type RouteAccess, standingAt } from './route-access.ts'
import { hostOf, type Place } from './route-example.ts'
import type { Standing } from './verdict.ts'

/** One route on one listener. */
export interface PlacedRoute extends Place {
  readonly route: Route
}

export type PlacedAccess = PlacedRoute & RouteAccess

export function placesOf({ settings, policy }: Pick<InForce, 'settings' | 'policy'>): PlacedRoute[] {
  return policy.routes.flatMap((route) => {
    const { listeners } = route.settings
    const all = [...settings.listeners.values()]
    return all
      .filter(({ name }) => listeners.length === 0 || listeners.includes(name))
      .map((listener) => ({ route, listener, host: hostOf(route, listener) }))
  })
}

/** What somebody may do on each of these routes, from this machine's own address. One handshake for each listener and server name. */
export async function accessAt(
  inForce: InForce,
  claim: CertificateClaim,
  places: readonly PlacedRoute[],
  now: number,
  knowledge: Knowledge,
): Promise<PlacedAccess[]> {
  const met = new Map<string, Promise<Standing | MaterialError>>()
  const judged: PlacedAccess[] = []
  for (const place of places) {
    const key = `${place.listener.name} ${place.host}`
    const meeting = met.get(key) ?? standingAt(inForce, claim, place, now, knowledge)
    met.set(key, meeting)
    judged.push({ ...place, ...judgeRoute(place.route, await meeting) })
  }
  return judged
}
