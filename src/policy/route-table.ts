import { compileDatabaseRules } from './database-rule.ts'
import { ORDINARY_METHODS } from './methods.ts'
import { ASTERISK, parseRoutePattern, type RoutePattern, readCaptures } from './route-pattern.ts'
import { type Leaf, NO_INDEX, RouteTrie, type Search } from './route-trie.ts'
import type { Route, RouteMiss, RouteSettings } from './types.ts'

/** The routes of one listener by host. */
class HostTable {
  private readonly any = new RouteTrie()
  private readonly exact = new Map<string, RouteTrie>()
  /** Keyed by `.x` for `*.x`. */
  private readonly wildcards = new Map<string, RouteTrie>()

  add(hosts: readonly string[], pattern: RoutePattern, leaf: Leaf): void {
    if (hosts.length === 0) this.any.add(pattern, leaf)
    for (const host of new Set(hosts)) {
      const [map, key] = host.startsWith('*.') ? [this.wildcards, host.slice(1)] : [this.exact, host]
      const trie = map.get(key) ?? new RouteTrie()
      map.set(key, trie)
      trie.add(pattern, leaf)
    }
  }

  find(host: string, search: Search): void {
    this.any.find(search, 1)
    if (this.exact.size > 0) this.exact.get(withoutRootDot(host))?.find(search, 1)
    if (this.wildcards.size > 0) this.findWildcard(withoutRootDot(host), search)
  }

  /** `*.x` has one label before x, as in certificates and in a listener's `names`. */
  private findWildcard(host: string, search: Search): void {
    const dot = host.indexOf('.')
    if (dot > 0) this.wildcards.get(host.slice(dot))?.find(search, 1)
  }
}

/** `db.example.` and `db.example` are one host (RFC 1034 section 3.1). */
function withoutRootDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host
}

/** The routes of one form of target by listener. */
class ListenerTables {
  /** Listeners that some route names; every other one has the routes that name none. */
  private readonly named: ReadonlyMap<string, HostTable>
  private readonly unnamed = new HostTable()

  constructor(listeners: Iterable<string>) {
    this.named = new Map([...listeners].map((name) => [name, new HostTable()]))
  }

  add(route: RouteSettings, pattern: RoutePattern, leaf: Leaf): void {
    if (route.listeners.length === 0) this.unnamed.add(route.hosts, pattern, leaf)
    for (const [name, table] of this.named) {
      if (route.listeners.length === 0 || route.listeners.includes(name)) table.add(route.hosts, pattern, leaf)
    }
  }

  of(listener: string): HostTable {
    return this.named.size === 0 ? this.unnamed : (this.named.get(listener) ?? this.unnamed)
  }
}

/** The compiled routes: immutable. Throws an Error naming the route where a pattern is unusable. */
export class RouteTable {
  readonly routes: readonly Route[]
  private readonly patterns: readonly RoutePattern[]
  private readonly paths: ListenerTables
  /** Routes for the target `*`, which no path pattern matches. */
  private readonly asterisks: ListenerTables
  private readonly search: Search = { path: '', method: '', ordinary: false, best: NO_INDEX, wrongMethod: false }

  constructor(settings: readonly RouteSettings[]) {
    this.patterns = settings.map((route) => parsePattern(route))
    this.routes = settings.map((route, index) => compileRoute(route, index, this.patterns[index] as RoutePattern))
    const listeners = new Set(settings.flatMap((route) => route.listeners))
    this.paths = new ListenerTables(listeners)
    this.asterisks = new ListenerTables(listeners)
    settings.forEach((route, index) => {
      const pattern = this.patterns[index] as RoutePattern
      const leaf: Leaf = { index, anyMethod: route.methods.length === 0, methods: route.methods }
      const tables = pattern.text === ASTERISK ? this.asterisks : this.paths
      tables.add(route, pattern, leaf)
    })
  }

  /**
   * First route in file order that matches. `path` is canonical, `host` lower case without port. A miss says whether some route
   * matched in all but the method. Allocates nothing for literal and `**` patterns.
   */
  find(listener: string, host: string, path: string, method: string): Route | RouteMiss {
    const { search } = this
    search.path = path === ASTERISK ? '/' : path
    search.method = method
    search.ordinary = method === 'GET' || ORDINARY_METHODS.has(method)
    search.best = NO_INDEX
    search.wrongMethod = false
    const tables = path === ASTERISK ? this.asterisks : this.paths
    tables.of(listener).find(host, search)
    if (search.best !== NO_INDEX) return this.routes[search.best] as Route
    return search.wrongMethod ? 'method_not_allowed' : 'route_missing'
  }

  captures(route: Route, path: string): ReadonlyMap<string, string> {
    return readCaptures(this.patterns[route.index] as RoutePattern, path)
  }
}

function compileRoute(settings: RouteSettings, index: number, pattern: RoutePattern): Route {
  const databases = compileDatabaseRules(settings, pattern)
  const allowsAnonymous = settings.allow.some((word) => word.kind === 'anonymous')
  return { index, settings, allowsAnonymous, databases, dependsOnRequest: databases.length > 0 }
}

function parsePattern(route: RouteSettings): RoutePattern {
  try {
    return parseRoutePattern(route.path)
  } catch (error) {
    throw new Error(`route '${route.name}': ${(error as Error).message}`, { cause: error })
  }
}
