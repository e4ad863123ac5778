import { MaterialError } from '../../errors.ts'
import type { DatabaseAccess, Identity } from '../../identity/types.ts'
import { neededAccess } from '../../policy/database-rule.ts'
import { allowText, decide } from '../../policy/decide.ts'
import { accessIncludes, accessTo, clearanceIncludes } from '../../policy/rights.ts'
import type { Reason, RoleSet, Route } from '../../policy/types.ts'
import type { InForce } from '../context.ts'
import { type CertificateClaim, type Knowledge, present } from './presentation.ts'
import { type Place, questionAt } from './route-example.ts'
import { refusedBeforeRoles, type Standing, standingOf } from './verdict.ts'

/** `conditional`: by what its rules say about the database that is asked for. */
export type Access = 'allowed' | 'denied' | 'conditional'

/** Whether somebody gets through a route. */
export interface RouteAccess {
  readonly access: Access
  /** Those that are allowed; empty with `allowed` or `conditional`: all that the route takes. */
  readonly methods: readonly string[]
  /** null: not denied. */
  readonly reason: Reason | null
  /** One clause. */
  readonly detail: string
  /** Where it is `conditional`: those that its rules let in, by name. */
  readonly databases: readonly HeldDatabase[]
}

export interface HeldDatabase {
  readonly name: string
  /** Methods that may be asked for there. */
  readonly methods: readonly string[]
}

/** A database is named in the detail as long as there are no more than these. */
const MOST_DATABASES = 10
/** What stands for all methods where a route names none; the last for every one that may change something. */
const PROBES = ['GET', 'HEAD', 'OPTIONS', 'POST']

/** Who somebody is at a place, by the parts that decide about requests. MaterialError: a certificate that no handshake could present. */
export async function standingAt(
  inForce: InForce,
  claim: CertificateClaim,
  place: Place,
  now: number,
  knowledge: Knowledge,
): Promise<Standing | MaterialError> {
  const question = questionAt(place)
  try {
    const { peer, unreached } = present(inForce, question, claim, now, knowledge)
    const standing = await standingOf(inForce, inForce.policy, question, { peer, user: null })
    return unreached === null ? standing : { ...standing, refused: { reason: 'misdirected_request', detail: unreached } }
  } catch (error) {
    if (error instanceof MaterialError) return error
    throw error
  }
}

/** The route by itself: that an earlier one may take its paths is not looked at. */
export function judgeRoute(route: Route, standing: Standing | MaterialError): RouteAccess {
  if (standing instanceof MaterialError) return denied('certificate_invalid', standing.message)
  const refused = refusedBeforeRoles(standing, route)
  if (refused !== null) return denied(refused.reason, refused.detail)
  const { identity, roles } = standing
  const decision = decide({ route, identity, roles })
  if (decision.allowed) {
    const detail = `the route allows ${grantingWord(route, roles)}`
    return { access: 'allowed', methods: route.settings.methods, reason: null, detail, databases: [] }
  }
  const byDatabase = identity === null || !route.dependsOnRequest ? null : databaseAccess(route, identity)
  return byDatabase ?? denied(decision.reason, decision.detail)
}

/** The first word of `allow` that decide lets somebody in by. */
function grantingWord({ settings: { allow }, allowsAnonymous }: Route, roles: RoleSet): string {
  if (allowsAnonymous) return 'anonymous'
  const word = allow.find((one) => (one.kind === 'role' ? roles.names.has(one.role) : one.kind === 'authenticated'))
  return word === undefined ? 'it' : allowText(word)
}

/** What the rules about databases give; null: nothing. */
function databaseAccess(route: Route, identity: Identity): RouteAccess | null {
  const { methods } = route.settings
  const probes = methods.length === 0 ? PROBES : methods
  const grantedTo = (held: DatabaseAccess | null): string[] =>
    probes.filter((method) => route.databases.some(({ access }) => accessIncludes(held, neededAccess(access, method))))
  const methodsOf = (granted: ReadonlySet<string>): readonly string[] =>
    methods.length === 0 && granted.has('POST') ? [] : probes.filter((method) => granted.has(method))
  if (clearanceIncludes(identity.clearance, 'Operator')) {
    const detail = `${identity.clearance} has Admin on every database`
    return { access: 'allowed', methods: methodsOf(new Set(grantedTo('Admin'))), reason: null, detail, databases: [] }
  }
  const held = [...(identity.permissions ?? [])].flatMap(([name]) => {
    const access = accessTo(identity, name)
    const granted = grantedTo(access)
    return granted.length === 0 ? [] : [{ name, access, methods: granted }]
  })
  if (held.length === 0) return null
  const named = held.slice(0, MOST_DATABASES).map(({ name, access }) => `${name}: ${access}`)
  const more = held.length > named.length ? [`${held.length - named.length} more`] : []
  return {
    access: 'conditional',
    methods: methodsOf(new Set(held.flatMap(({ methods: granted }) => granted))),
    reason: null,
    detail: `by database: ${[...named, ...more].join(', ')}`,
    databases: held.map(({ name, methods: granted }) => ({ name, methods: granted })),
  }
}

function denied(reason: Reason, detail: string): RouteAccess {
  return { access: 'denied', methods: [], reason, detail, databases: [] }
}
