import type { Identity } from '../identity/types.ts'
import { type AskedRequest, judgeDatabase } from './database-rule.ts'
import type { AllowWord, DatabaseVerdict, Denial, RoleSet, Route } from './types.ts'

const MAKE = Symbol('only decide makes permits')

/**
 * Proof that a request was decided and may go to its route's upstream. Forwarding takes a Permit and nothing else, and only `decide`
 * can make one: a look-alike object fails `Permit.is`, and the constructor throws without this module's key.
 */
export class Permit {
  readonly #route: Route
  readonly #identity: Identity | null

  constructor(key: symbol, route: Route, identity: Identity | null) {
    if (key !== MAKE) throw new TypeError('only decide makes a Permit')
    this.#route = route
    this.#identity = identity
  }

  get allowed(): true {
    return true
  }

  get route(): Route {
    return this.#route
  }

  /** null: nobody was authenticated, and the route allows that. */
  get identity(): Identity | null {
    return this.#identity
  }

  static is(value: unknown): value is Permit {
    return typeof value === 'object' && value !== null && #route in value
  }
}

/** What a decision is made from. */
export interface DecisionInput {
  readonly route: Route
  /** null: no credentials were sent. */
  readonly identity: Identity | null
  /** Roles of that identity, empty where there is none. */
  readonly roles: RoleSet
  /** Read only where `route.dependsOnRequest`; without it no rule about databases grants: fails closed. */
  readonly request?: AskedRequest
}

/** Any one word of the route's `allow` grants; a route whose words all fail, or that has none, denies. */
export function decide({ route, identity, roles, request }: DecisionInput): Permit | Denial {
  if (route.allowsAnonymous) return new Permit(MAKE, route, identity)
  if (identity === null) {
    return {
      allowed: false,
      reason: 'credentials_required',
      detail: `route '${route.settings.name}' asks for an identity and there is none`,
    }
  }
  for (const word of route.settings.allow) {
    if (word.kind === 'role' && roles.names.has(word.role)) return new Permit(MAKE, route, identity)
    if (word.kind === 'authenticated' && identity.source !== 'anonymous') return new Permit(MAKE, route, identity)
  }
  if (!route.dependsOnRequest) return { allowed: false, reason: 'role_missing', detail: describeMissing(route, identity, roles) }
  return decideByDatabase(route, identity, roles, request)
}

function decideByDatabase(route: Route, identity: Identity, roles: RoleSet, request: AskedRequest | undefined): Permit | Denial {
  const verdicts = request === undefined ? [] : judgeDatabases(route, identity, request)
  if (verdicts.some(({ granted }) => granted)) return new Permit(MAKE, route, identity)
  const why = verdicts.map(({ detail }) => `; ${detail}`).join('')
  return { allowed: false, reason: 'role_missing', detail: describeMissing(route, identity, roles) + why, databases: verdicts }
}

/** What each of a route's rules about databases says about a request; empty where it has none. Any one that grants is enough. */
export function judgeDatabases(route: Route, identity: Identity, request: AskedRequest): DatabaseVerdict[] {
  return route.databases.map((rule) => judgeDatabase(rule, identity, request))
}

/** A word of `allow` as it is written. */
export function allowText(word: AllowWord): string {
  if (word.kind === 'role') return word.role
  return word.kind === 'database' ? `{ database: "{${word.capture}}", access: ${word.access} }` : word.kind
}

function describeMissing(route: Route, identity: Identity, roles: RoleSet): string {
  const wanted = route.settings.allow.map(allowText).join(', ')
  const held = roles.names.size === 0 ? 'no role' : `only ${[...roles.names].sort().join(', ')}`
  return `'${identity.name}' has ${held}; route '${route.settings.name}' allows ${wanted === '' ? 'nobody' : wanted}`
}
