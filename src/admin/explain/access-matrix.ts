import { MaterialError } from '../../errors.ts'
import type { DatabaseAccess, Identity } from '../../identity/types.ts'
import { neededAccess } from '../../policy/database-rule.ts'
import { allowText, decide } from '../../policy/decide.ts'
import { accessIncludes, accessTo, clearanceIncludes } from '../../policy/rights.ts'
import type { Reason, RoleSet, Route } from '../../policy/types.ts'
import { entryState } from '../../store/entry-state.ts'
import type { EntryState, RegistryEntry } from '../../store/types.ts'
import type { AdministrationContext, InForce } from '../context.ts'
import { present } from './presentation.ts'
import { registryAbout, shownWithChain } from './registry-about.ts'
import { exampleWith, placeOf, questionAt, type RouteExample, type RoutePlace } from './route-example.ts'
import { refusedBeforeRoles, type Standing, standingOf } from './verdict.ts'

/** Whether an identity gets through a route. */
export interface AccessCell {
  /** `conditional`: by what its rules say about the database that is asked for. */
  readonly access: 'allowed' | 'denied' | 'conditional'
  /** Those that are allowed; empty with `allowed` or `conditional`: all that the route takes. */
  readonly methods: readonly string[]
  /** null: not denied. */
  readonly reason: Reason | null
  /** One clause. */
  readonly detail: string
  /** What explain says the same about; null: earlier routes take all of its requests. */
  readonly example: RouteExample | null
}

/** One registered certificate by every route that was asked about. */
export interface AccessRow {
  readonly fingerprint: string
  readonly name: string
  readonly state: EntryState
  /** Whom the gateway makes of it; null: nobody. */
  readonly identity: string | null
  readonly clearance: string | null
  readonly roles: readonly string[]
  readonly cells: readonly AccessCell[]
}

/** A database is named in the detail of a cell as long as there are no more than these. */
const MOST_DATABASES = 10
/** What stands for all methods where a route names none; the last for every one that may change something. */
const PROBES = ['GET', 'HEAD', 'OPTIONS', 'POST']

/** Who gets through which route, by the policy in force when it was made and the code that decides requests. Roles are those from this machine. */
export class AccessMatrix {
  readonly #inForce: InForce
  readonly #context: Pick<AdministrationContext, 'store' | 'now' | 'authority' | 'inForce'>
  readonly #columns: readonly { readonly route: Route; readonly place: RoutePlace }[]

  constructor(inForce: InForce, context: Pick<AdministrationContext, 'store' | 'now' | 'authority' | 'inForce'>, routes: readonly Route[]) {
    this.#inForce = inForce
    this.#context = context
    this.#columns = routes.map((route) => ({ route, place: placeOf(route, inForce.policy, inForce.settings) }))
  }

  async rowOf(entry: RegistryEntry): Promise<AccessRow> {
    const { fingerprint, name, clearance } = entry
    const standings = new Map<string, Promise<Standing | MaterialError>>()
    const standingAt = (place: RoutePlace): Promise<Standing | MaterialError> => {
      const key = `${place.listener.name} ${place.host}`
      const known = standings.get(key) ?? this.#standing(entry, place)
      standings.set(key, known)
      return known
    }
    const cells: AccessCell[] = []
    let first: Standing | null = null
    for (const { route, place } of this.#columns) {
      const standing = await standingAt(place)
      // A plain listener sees nobody: who it is shows where certificates are asked for.
      if (!(standing instanceof MaterialError) && first?.identity == null) first = standing
      cells.push(
        standing instanceof MaterialError ? denied('certificate_invalid', standing.message, place) : cellOf(route, place, standing),
      )
    }
    const state = entryState(entry, this.#context.now())
    const roles = [...(first?.roles.names ?? [])].sort()
    return { fingerprint, name, state, identity: first?.identity?.name ?? null, clearance, roles, cells }
  }

  /** MaterialError: a certificate that no handshake could present. */
  async #standing(entry: RegistryEntry, place: RoutePlace): Promise<Standing | MaterialError> {
    const question = questionAt(place)
    const registry = await registryAbout(entry.der, this.#context)
    try {
      const shown = { file: 'the registry', ders: shownWithChain(entry.der, this.#context) }
      const { peer, unreached } = present(this.#inForce, question, { shown }, this.#context.now(), registry)
      const standing = await standingOf(this.#inForce, this.#inForce.policy, question, { peer, user: null })
      return unreached === null ? standing : { ...standing, refused: { reason: 'misdirected_request', detail: unreached } }
    } catch (error) {
      if (error instanceof MaterialError) return error
      throw error
    }
  }
}

function cellOf(route: Route, place: RoutePlace, standing: Standing): AccessCell {
  const refused = refusedBeforeRoles(standing, route)
  if (refused !== null) return denied(refused.reason, refused.detail, place)
  const { identity, roles } = standing
  const { methods } = route.settings
  const decision = decide({ route, identity, roles })
  if (decision.allowed) {
    const detail = `the route allows ${grantingWord(route, roles)}`
    return { access: 'allowed', methods, reason: null, detail, example: place.example }
  }
  const byDatabase = identity === null || !route.dependsOnRequest ? null : databaseCell(route, place, identity)
  return byDatabase ?? denied(decision.reason, decision.detail, place)
}

/** The first word of `allow` that decide lets somebody in by. */
function grantingWord({ settings: { allow }, allowsAnonymous }: Route, roles: RoleSet): string {
  if (allowsAnonymous) return 'anonymous'
  const word = allow.find((one) => (one.kind === 'role' ? roles.names.has(one.role) : one.kind === 'authenticated'))
  return word === undefined ? 'it' : allowText(word)
}

/** What the rules about databases give; null: nothing. */
function databaseCell(route: Route, place: RoutePlace, identity: Identity): AccessCell | null {
  const { methods } = route.settings
  const probes = methods.length === 0 ? PROBES : methods
  const grantedTo = (held: DatabaseAccess | null): string[] =>
    probes.filter((method) => route.databases.some(({ access }) => accessIncludes(held, neededAccess(access, method))))
  const told = (granted: ReadonlySet<string>): readonly string[] =>
    methods.length === 0 && granted.has('POST') ? [] : probes.filter((method) => granted.has(method))
  if (clearanceIncludes(identity.clearance, 'Operator')) {
    const detail = `${identity.clearance} has Admin on every database`
    return { access: 'allowed', methods: told(new Set(grantedTo('Admin'))), reason: null, detail, example: place.example }
  }
  const held = [...(identity.permissions ?? [])].flatMap(([name]) => {
    const access = accessTo(identity, name)
    const granted = grantedTo(access)
    return granted.length === 0 ? [] : [{ name, access, granted }]
  })
  const [one] = held
  if (one === undefined) return null
  const named = held.slice(0, MOST_DATABASES).map(({ name, access }) => `${name}: ${access}`)
  const more = held.length > named.length ? [`${held.length - named.length} more`] : []
  return {
    access: 'conditional',
    methods: told(new Set(held.flatMap(({ granted }) => granted))),
    reason: null,
    detail: `by database: ${[...named, ...more].join(', ')}`,
    example: exampleWith(route, place, one.name, one.granted[0] ?? 'GET'),
  }
}

function denied(reason: Reason, detail: string, { example }: RoutePlace): AccessCell {
  return { access: 'denied', methods: [], reason, detail, example }
}
