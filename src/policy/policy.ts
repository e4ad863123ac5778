import type { Identity } from '../identity/types.ts'
import { type CompiledMapping, compileMapping } from './mapping.ts'
import { type ClientCas, clientCasOf, readAuthorities } from './mapping-issuer.ts'
import { RouteTable } from './route-table.ts'
import type { Policy, RoleMapping, RoleSet, Route, RouteMiss, RouteSettings } from './types.ts'

/** What of the settings the policy is made from. */
export interface PolicySettings {
  readonly routes: readonly RouteSettings[]
}

/** All that a policy is made of. */
interface Source {
  readonly routes: readonly RouteSettings[]
  readonly mapping: RoleMapping
  /** PEM of every client CA where an entry has `issuers`, which DNs stand for them; null where none looks at them. */
  readonly clientCas: readonly string[] | null
}

class CompiledPolicy implements Policy {
  readonly routes: readonly Route[]
  readonly dependsOnAddress: boolean
  readonly #table: RouteTable
  readonly #mapping: CompiledMapping
  readonly #source: Source

  constructor(table: RouteTable, mapping: CompiledMapping, source: Source) {
    this.routes = table.routes
    this.dependsOnAddress = mapping.dependsOnAddress
    this.#table = table
    this.#mapping = mapping
    this.#source = source
  }

  isMadeOf({ routes, mapping, clientCas }: Source): boolean {
    const mine = this.#source
    return mapping === mine.mapping && isEqual(clientCas, mine.clientCas) && isEqual(routes, mine.routes)
  }

  findRoute(listener: string, host: string, path: string, method: string): Route | RouteMiss {
    return this.#table.find(listener, host, path, method)
  }

  captures(route: Route, path: string): ReadonlyMap<string, string> {
    return this.#table.captures(route, path)
  }

  rolesOf(identity: Identity, remoteAddress: string): RoleSet {
    return this.#mapping.rolesOf(identity, remoteAddress)
  }
}

/**
 * Compiles routes and mapping; throws an Error that names the route, or the mapping's file and line, of what cannot be used.
 * `listeners`: the material of every listener, whose client CAs the DNs in `issuers` stand for; null where it is not known.
 * `previous` is given again where it was made of the same mapping object, equal routes and, as far as they count, equal CAs: with
 * many users compiling takes longer than a change of trust may.
 */
export function compilePolicy(
  settings: PolicySettings,
  mapping: RoleMapping,
  listeners: Iterable<ClientCas> | null = null,
  previous: Policy | null = null,
): Policy {
  const known = listeners === null ? null : [...listeners]
  const looksAtIssuers = known !== null && mapping.entries.some(({ issuers }) => issuers.length > 0)
  const source = { routes: settings.routes, mapping, clientCas: looksAtIssuers ? clientCasOf(known) : null }
  if (previous instanceof CompiledPolicy && previous.isMadeOf(source)) return previous
  const authorities = known === null ? null : readAuthorities(known)
  return new CompiledPolicy(new RouteTable(settings.routes), compileMapping(mapping, authorities), source)
}

const isEqual = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other)
