import { MaterialError } from '../../errors.ts'
import type { DatabaseAccess, Identity } from '../../identity/types.ts'
import { neededAccess } from '../../policy/database-rule.ts'
import { allowText, decide } from '../../policy/decide.ts'
import { accessIncludes, accessTo, clearanceIncludes } from '../../policy/rights.ts'
import type { Reason, RoleSet, Route } from '../../policy/types.ts'
import { entryState } from '../../store/entry-state.ts'
import type { EntryState, RegistryEntry } from '../../store/types.ts'
import type { Registry } from '../../tls/registry.ts'
import type { AdministrationContext, InForce } from '../context.ts'
import type { MappedName } from './mapped-names.ts'
import { type CertificateClaim, present } from './presentation.ts'
import { registryAbout, shownWithChain } from './registry-about.ts'
import { exampleWith, placeOf, questionAt, type RouteExample, type RoutePlace } from './route-example.ts'
import { refusedBeforeRoles, type Standing, standingOf } from './verdict.ts'

export const ACCESS_SOURCES = ['registered', 'mapping'] as const
export type AccessSource = (typeof ACCESS_SOURCES)[number]

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

/** One identity by every route that was asked about. */
export interface AccessRow {
  /** `mapping`: named there, and no certificate registered has that name; judged as explain judges one that is imagined. */
  readonly source: AccessSource
  /** null: of `mapping`. */
  readonly fingerprint: string | null
  readonly name: string
  readonly subject: string
  /** null: of `mapping`. */
  readonly state: EntryState | null
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
  readonly #context: Pick<AdministrationContext, 'store' | 'now' | 'authority' | 'inForce' | 'knownStatus'>
  /** What a worker finds there of a certificate that is not in it. */
  #noRegistry: Promise<Registry> | null = null
  readonly #columns: readonly { readonly route: Route; readonly place: RoutePlace }[]

  constructor(
    inForce: InForce,
    context: Pick<AdministrationContext, 'store' | 'now' | 'authority' | 'inForce' | 'knownStatus'>,
    routes: readonly Route[],
  ) {
    this.#inForce = inForce
    this.#context = context
    this.#columns = routes.map((route) => ({ route, place: placeOf(route, inForce.policy, inForce.settings) }))
  }

  async rowOf(entry: RegistryEntry): Promise<AccessRow> {
    const { fingerprint, name, subjectDn: subject, clearance, der } = entry
    const claim = { shown: { file: 'the registry', ders: shownWithChain(der, this.#context) } }
    const { cells, standing } = await this.#cellsOf(claim, registryAbout(der, this.#context))
    const state = entryState(entry, this.#context.now())
    return { source: 'registered', fingerprint, name, subject, state, clearance, ...told(standing), cells }
  }

  async rowOfMapped({ name, subject, claim }: MappedName): Promise<AccessRow> {
    this.#noRegistry ??= registryAbout(null, this.#context)
    const { cells, standing } = await this.#cellsOf(claim, this.#noRegistry)
    const clearance = standing?.identity?.clearance ?? null
    return { source: 'mapping', fingerprint: null, name, subject, state: null, clearance, ...told(standing), cells }
  }

  async #cellsOf(claim: CertificateClaim, about: Promise<Registry>) {
    const registry = await about
    const standings = new Map<string, Promise<Standing | MaterialError>>()
    const standingAt = (place: RoutePlace): Promise<Standing | MaterialError> => {
      const key = `${place.listener.name} ${place.host}`
      const known = standings.get(key) ?? this.#standing(claim, registry, place)
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
    return { cells, standing: first }
  }

  /** MaterialError: a certificate that no handshake could present. */
  async #standing(claim: CertificateClaim, registry: Registry, place: RoutePlace): Promise<Standing | MaterialError> {
    const question = questionAt(place)
    try {
      const { peer, unreached } = present(this.#inForce, question, claim, this.#context.now(), {
        registry,
        knownStatus: this.#context.knownStatus,
      })
      const standing = await standingOf(this.#inForce, this.#inForce.policy, question, { peer, user: null })
      return unreached === null ? standing : { ...standing, refused: { reason: 'misdirected_request', detail: unreached } }
    } catch (error) {
      if (error instanceof MaterialError) return error
      throw error
    }
  }
}

function told(standing: Standing | null): Pick<AccessRow, 'identity' | 'roles'> {
  return { identity: standing?.identity?.name ?? null, roles: [...(standing?.roles.names ?? [])].sort() }
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
  const methodsOf = (granted: ReadonlySet<string>): readonly string[] =>
    methods.length === 0 && granted.has('POST') ? [] : probes.filter((method) => granted.has(method))
  if (clearanceIncludes(identity.clearance, 'Operator')) {
    const detail = `${identity.clearance} has Admin on every database`
    return { access: 'allowed', methods: methodsOf(new Set(grantedTo('Admin'))), reason: null, detail, example: place.example }
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
    methods: methodsOf(new Set(held.flatMap(({ granted }) => granted))),
    reason: null,
    detail: `by database: ${[...named, ...more].join(', ')}`,
    example: exampleWith(route, place, one.name, one.granted[0] ?? 'GET'),
  }
}

function denied(reason: Reason, detail: string, { example }: RoutePlace): AccessCell {
  return { access: 'denied', methods: [], reason, detail, example }
}
