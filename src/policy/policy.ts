import type { Identity } from '../identity/types.ts'
import { type CompiledMapping, compileMapping } from './mapping.ts'
import { type ClientCas, readAuthorities } from './mapping-issuer.ts'
import { RouteTable } from './route-table.ts'
import type { Policy, RoleMapping, RoleSet, Route, RouteMiss, RouteSettings } from './types.ts'

/** What of the settings the policy is made from. */
export interface PolicySettings {
  readonly routes: readonly RouteSettings[]
}

class CompiledPolicy implements Policy {
  readonly routes: readonly Route[]
  readonly dependsOnAddress: boolean
  readonly #table: RouteTable
  readonly #mapping: CompiledMapping

  constructor(table: RouteTable, mapping: CompiledMapping) {
    this.routes = table.routes
    this.dependsOnAddress = mapping.dependsOnAddress
    this.#table = table
    this.#mapping = mapping
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
 */
export function compilePolicy(settings: PolicySettings, mapping: RoleMapping, listeners: Iterable<ClientCas> | null = null): Policy {
  const authorities = listeners === null ? null : readAuthorities(listeners)
  return new CompiledPolicy(new RouteTable(settings.routes), compileMapping(mapping, authorities))
}
