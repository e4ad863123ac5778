import type { ListenerSettings } from '../../config/settings.ts'
import type { Identity } from '../../identity/types.ts'
import { neededAccess } from '../../policy/database-rule.ts'
import { allowText, decide } from '../../policy/decide.ts'
import { accessIncludes, accessTo, clearanceIncludes } from '../../policy/rights.ts'
import type { DatabaseRule, RoleSet, Route } from '../../policy/types.ts'
import type { InForce } from '../context.ts'
import { type Knowledge, present } from './presentation.ts'
import type { Question } from './question.ts'
import { refusedBeforeRoles, type Standing, standingOf } from './verdict.ts'

/** One route on one listener. */
export interface Place {
  readonly route: Route
  readonly listener: ListenerSettings
}

/** What a certificate may do there; `some_databases`: it depends on which one a request names. */
export interface RouteAccess extends Place {
  readonly access: 'allowed' | 'some_databases' | 'denied'
  /** Null where it is not denied. */
  readonly reason: string | null
  readonly detail: string
  readonly databases: readonly string[]
}

/** A certificate as a client would show it: with what it would send behind it. */
export interface Shown extends Knowledge {
  readonly ders: readonly Uint8Array[]
}

const ADDRESS = '127.0.0.1'

export function placesOf({ settings, policy }: Pick<InForce, 'settings' | 'policy'>): Place[] {
  return policy.routes.flatMap((route) => {
    const { listeners } = route.settings
    const all = [...settings.listeners.values()]
    return all.filter(({ name }) => listeners.length === 0 || listeners.includes(name)).map((listener) => ({ route, listener }))
  })
}

/**
 * What the holder of a certificate may do on each of these routes, from this machine's own address, by the parts that decide about
 * requests. Each route by itself: that an earlier one may take its paths is not looked at.
 */
export async function accessAt(
  inForce: InForce,
  { ders, ...knowledge }: Shown,
  places: readonly Place[],
  now: number,
): Promise<RouteAccess[]> {
  // One handshake for each listener and server name.
  const met = new Map<string, ReturnType<typeof meet>>()
  const judged: RouteAccess[] = []
  for (const place of places) {
    const host = hostFor(place)
    const key = `${place.listener.name} ${host}`
    const meeting = met.get(key) ?? meet(inForce, ders, knowledge, place, host, now)
    met.set(key, meeting)
    judged.push({ ...place, ...judgeRoute(await meeting, place.route) })
  }
  return judged
}

interface Met {
  /** Why no request would be looked at; null: it would. */
  readonly unreached: string | null
  readonly standing: Standing
}

async function meet(
  inForce: InForce,
  ders: readonly Uint8Array[],
  knowledge: Knowledge,
  { listener }: Place,
  host: string,
  now: number,
): Promise<Met> {
  const question: Question = { method: 'GET', target: '/', host, serverName: host, listener, remoteAddress: ADDRESS, assumptions: [] }
  const { peer, unreached } = present(inForce, question, { shown: { file: 'the registry', ders } }, now, knowledge)
  return { unreached, standing: await standingOf(inForce, inForce.policy, question, { peer, user: null }) }
}

function judgeRoute({ unreached, standing }: Met, route: Route): Omit<RouteAccess, keyof Place> {
  if (unreached !== null) return { access: 'denied', reason: 'misdirected_request', detail: unreached, databases: [] }
  const refused = refusedBeforeRoles(standing, route)
  if (refused !== null) return { access: 'denied', ...refused, databases: [] }
  const { identity, roles } = standing
  const decision = decide({ route, identity, roles })
  if (decision.allowed) return { access: 'allowed', reason: null, detail: byWhat(route, identity, roles), databases: [] }
  const held = identity === null ? [] : route.databases.flatMap((rule) => databasesOf(identity, rule))
  if (held.includes(EVERY)) return { access: 'allowed', reason: null, detail: `by clearance ${identity?.clearance}`, databases: [] }
  if (held.length > 0) {
    const databases = [...new Set(held)].sort()
    return { access: 'some_databases', reason: null, detail: 'where the path names one of its databases', databases }
  }
  return { access: 'denied', reason: decision.reason, detail: decision.detail, databases: [] }
}

const EVERY = '*'

/** Of its databases those that the rule lets in for some method; EVERY, which is the name of none, for all there are. */
function databasesOf(identity: Identity, { access }: DatabaseRule): readonly string[] {
  if (identity.clearance !== undefined && clearanceIncludes(identity.clearance, 'Operator')) return [EVERY]
  const needed = neededAccess(access, 'GET')
  return [...(identity.permissions?.keys() ?? [])].filter((database) => accessIncludes(accessTo(identity, database), needed))
}

/** The words of the route that let it in. */
function byWhat({ settings }: Route, identity: Identity | null, roles: RoleSet): string {
  const words = settings.allow.filter((word) => word.kind !== 'database' && (word.kind !== 'role' || roles.names.has(word.role)))
  const granting = words.filter(({ kind }) => kind !== 'authenticated' || identity !== null)
  return `by ${granting.map((word) => (word.kind === 'role' ? `role ${word.role}` : allowText(word))).join(', ')}`
}

/** What a client would ask for: the route's first host, else the first name that the listener has a certificate for. */
function hostFor({ route, listener }: Place): string {
  const named = route.settings.hosts[0] ?? [...(listener.tls?.names.keys() ?? [])][0] ?? 'localhost'
  return named.startsWith('*.') ? `any${named.slice(1)}` : named
}
