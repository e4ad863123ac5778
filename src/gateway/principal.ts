import type { Identity, PeerCertificate } from '../identity/types.ts'
import { NO_SUBJECT, subjectFragment } from '../observability/access-fragments.ts'
import type { SubjectFragment } from '../observability/types.ts'
import { decide, type Permit } from '../policy/decide.ts'
import type { Denial, RoleSet, Route } from '../policy/types.ts'
import type { Addressee } from './addressee.ts'
import type { HeaderSubject } from './headers/types.ts'
import type { Runtime } from './runtime.ts'

const NO_ROLES: RoleSet = { names: new Set(), grants: [] }

/** Where a principal speaks from. */
export interface Origin {
  readonly remoteAddress: string
  readonly scheme: 'https' | 'http'
  /** Trusted, whether or not it gave the identity. */
  readonly certificate: PeerCertificate | null
}

/**
 * An identity as one snapshot sees it: its roles, the headers that say so upstream, and what was decided so far. Made once per
 * connection and snapshot where only the certificate speaks, so that a request on it resolves nothing twice.
 */
export class Principal {
  readonly identity: Identity | null
  readonly roles: RoleSet
  readonly subject: HeaderSubject
  /** The gateway's own header lines. */
  readonly lines: string
  /** Why no dialect can express this identity; '' where they all can. */
  readonly unusable: string
  /** Items that a dialect could not express and that were left out. */
  readonly dropped: readonly string[]
  readonly logged: SubjectFragment
  #decidedRoute: Route | null = null
  #decision: Permit | Denial | null = null

  constructor(runtime: Runtime, identity: Identity | null, origin: Origin) {
    this.identity = identity
    this.roles = identity === null ? NO_ROLES : runtime.policy.rolesOf(identity, origin.remoteAddress)
    const roles = [...this.roles.names].sort()
    this.subject = { identity, roles, ...origin }
    const block = runtime.headers.block(this.subject)
    this.lines = 'lines' in block ? block.lines : ''
    this.unusable = 'unusable' in block ? block.unusable : ''
    this.dropped = 'dropped' in block ? block.dropped : []
    const certificate = identity === null ? origin.certificate : identity.certificate
    this.logged =
      identity === null && certificate === null
        ? NO_SUBJECT
        : subjectFragment(identity?.name ?? null, certificate?.dn ?? null, certificate?.fingerprint ?? null, roles)
  }

  /**
   * The decision for a route, which depends on nothing but the identity, its roles and the route. The last one is kept: making one
   * costs less than finding it among those for many routes.
   */
  decide(route: Route): Permit | Denial {
    if (this.#decision === null || this.#decidedRoute !== route) {
      this.#decision = decide({ route, identity: this.identity, roles: this.roles })
      this.#decidedRoute = route
    }
    return this.#decision
  }

  /** The decision for a route with rules about databases: of this very request, so it is never kept here. */
  decideAsked(route: Route, { record, addressee }: AskedOf): Permit | Denial {
    const request = { method: record.method, path: addressee.path, forwarded: addressee.target }
    return decide({ route, identity: this.identity, roles: this.roles, request })
  }
}

/** Where the method and the canonical path of the request under way are. */
interface AskedOf {
  readonly record: { readonly method: string }
  readonly addressee: Pick<Addressee, 'path' | 'target'>
}
