import type { MaterialError } from '../../errors.ts'
import type { Route } from '../../policy/types.ts'
import { entryState } from '../../store/entry-state.ts'
import type { EntryState, RegistryEntry } from '../../store/types.ts'
import type { Registry } from '../../tls/registry.ts'
import type { AdministrationContext, InForce } from '../context.ts'
import type { MappedName } from './mapped-names.ts'
import type { CertificateClaim } from './presentation.ts'
import { registryAbout, shownWithChain } from './registry-about.ts'
import { judgeRoute, type RouteAccess, standingAt } from './route-access.ts'
import { exampleWith, placeOf, type RouteExample, type RoutePlace } from './route-example.ts'
import type { Standing } from './verdict.ts'

export const ACCESS_SOURCES = ['registered', 'mapping'] as const
export type AccessSource = (typeof ACCESS_SOURCES)[number]

/** Whether an identity gets through a route. */
export interface AccessCell extends Omit<RouteAccess, 'databases'> {
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
    const knowledge = { registry: await about, knownStatus: this.#context.knownStatus }
    const standings = new Map<string, Promise<Standing | MaterialError>>()
    const at = (place: RoutePlace): Promise<Standing | MaterialError> => {
      const key = `${place.listener.name} ${place.host}`
      const known = standings.get(key) ?? standingAt(this.#inForce, claim, place, this.#context.now(), knowledge)
      standings.set(key, known)
      return known
    }
    const cells: AccessCell[] = []
    let first: Standing | null = null
    for (const { route, place } of this.#columns) {
      const standing = await at(place)
      // A plain listener sees nobody: who it is shows where certificates are asked for.
      if (!(standing instanceof Error) && first?.identity == null) first = standing
      cells.push(cellOf(route, place, judgeRoute(route, standing)))
    }
    return { cells, standing: first }
  }
}

function told(standing: Standing | null): Pick<AccessRow, 'identity' | 'roles'> {
  return { identity: standing?.identity?.name ?? null, roles: [...(standing?.roles.names ?? [])].sort() }
}

function cellOf(route: Route, place: RoutePlace, { databases, ...judged }: RouteAccess): AccessCell {
  const [one] = databases
  const example = one === undefined ? place.example : exampleWith(route, place, one.name, one.methods[0] ?? 'GET')
  return { ...judged, example }
}
