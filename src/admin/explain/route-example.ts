import type { ListenerSettings, Settings } from '../../config/settings.ts'
import { canonicalise } from '../../policy/path.ts'
import type { Policy, Route } from '../../policy/types.ts'
import type { Question } from './question.ts'

/** A request that a route answers, as explain is asked about it. */
export interface RouteExample {
  readonly listener: string
  readonly method: string
  readonly url: string
}

/** A listener, under the Host that a client would send there. */
export interface Place {
  readonly listener: ListenerSettings
  readonly host: string
}

/** Where a route is reached, and by what. */
export interface RoutePlace extends Place {
  /** null: earlier routes take every request that was tried. */
  readonly example: RouteExample | null
}

/** What is tried of a route without `methods`. */
const ANY = ['GET', 'POST', 'PUT', 'DELETE']

/** The first listener and host of a route, and a request that it is the first to match there. */
export function placeOf(route: Route, policy: Policy, settings: Settings): RoutePlace {
  const { listeners, methods } = route.settings
  const listener = settings.listeners.get(listeners[0] ?? '') ?? [...settings.listeners.values()][0]
  if (listener === undefined) throw new RangeError('a configuration has a listener')
  const host = hostOf(route, listener)
  const reaches = (method: string, path: string): boolean => {
    const target = canonicalise(path, method)
    return target.problem === null && policy.findRoute(listener.name, host, target.path, method) === route
  }
  const paths = [examplePath(route, null), `${examplePath(route, null).replace(/\/$/, '')}/x`]
  for (const path of paths)
    for (const method of methods.length === 0 ? ANY : methods)
      if (reaches(method, path)) return { listener, host, example: { listener: listener.name, method, url: urlOf(listener, host, path) } }
  return { listener, host, example: null }
}

/** The example with a database in the place of what the route's rules ask for. */
export function exampleWith(route: Route, { listener, host, example }: RoutePlace, database: string, method: string): RouteExample | null {
  return example === null ? null : { listener: listener.name, method, url: urlOf(listener, host, examplePath(route, database)) }
}

/** The route's first host, else the first name that the listener has a certificate for. */
export function hostOf({ settings: { hosts } }: Route, listener: ListenerSettings): string {
  return (hosts[0] ?? namedBy(listener) ?? 'localhost').replace('*.', 'www.')
}

/** Of somebody at home who asks for nothing in particular. */
export function questionAt({ listener, host }: Place): Question {
  const serverName = /^[\d.]+$/.test(host) ? null : host
  return { method: 'GET', target: '/', host, serverName, listener, remoteAddress: '127.0.0.1', assumptions: [] }
}

/** `/databases/{db}/**` -> `/databases/db`. */
function examplePath({ settings: { path }, databases }: Route, database: string | null): string {
  if (path === '*') return path
  const words = path
    .slice(1)
    .split('/')
    .map((word, index) => {
      if (word === '**') return null
      if (database !== null && databases.some(({ segment }) => segment === index)) return encodeURIComponent(database)
      return word.replace(/^\{(.*)\}$/, '$1').replaceAll('*', 'x')
    })
  return `/${words.filter((word) => word !== null).join('/')}`
}

function urlOf({ tls }: ListenerSettings, host: string, path: string): string {
  if (host === 'localhost' || path === '*') return path
  return `${tls === null ? 'http' : 'https'}://${host}${path}`
}

function namedBy({ tls }: ListenerSettings): string | undefined {
  return tls === null || tls.names.size === 0 ? undefined : (tls.defaultName ?? [...tls.names.keys()][0])
}
