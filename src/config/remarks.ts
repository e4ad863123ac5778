/** policy finds what is odd about a mapping; here it gets its place in a file (see expressions.ts on why config asks policy's code). */
import type { Problem } from '../errors.ts'
import {
  type AllowedRole,
  anonymousWarnings,
  issuerWarnings,
  mappingWarnings,
  type Remark,
  rotationWarnings,
  sharedMappingWarnings,
  undefinedRoles,
  ungrantedRoles,
} from '../policy/mapping-checks.ts'
import { type Authority, anchorKeys, type OwnAuthority } from '../policy/mapping-issuer.ts'
import type { RoleMapping } from '../policy/types.ts'
import type { Located } from './document.ts'
import { firstProblems } from './first-problems.ts'
import type { Settings } from './settings.ts'
import { nearest } from './suggest.ts'

export interface MappingInForce {
  readonly settings: Settings
  /** The document of certgate.yml. */
  readonly config: Located
  readonly mapping: RoleMapping
  /** The document of roles_mapping.yml; null where there is no such file. */
  readonly mappingDocument: Located | null
  /** Every trusted client CA. */
  readonly authorities: readonly Authority[]
  /** null: there is none. */
  readonly ownAuthority: OwnAuthority | null
}

/** What is probably not meant about routes and mapping together, each at its line in the file it is about. */
export function mappingRemarks({ settings, config, mapping, mappingDocument, authorities, ownAuthority }: MappingInForce): Problem[] {
  const routes = [
    ...unknownRoles(config, mapping, undefinedRoles(settings.routes, mapping), 'warning'),
    ...ungrantedRoles(settings.routes, mapping).map(({ role, route, path }) => {
      const message = `route '${route}' allows the role '${role}', which nothing in ${mapping.file} gives to anybody`
      return config.problem(path, message, { severity: 'warning' })
    }),
  ]
  const entries = [
    ...mappingWarnings(mapping),
    ...anonymousWarnings(mapping, settings.auth.anonymous),
    ...sharedMappingWarnings(mapping, anchorKeys(authorities), ownAuthority),
    ...rotationWarnings(mapping, ownAuthority),
    ...issuerWarnings(mapping, authorities),
  ]
  return [...routes, ...(mappingDocument === null ? [] : at(mappingDocument, entries))]
}

/** Beyond so many a mapping is no list that somebody mistyped a word of, and comparing with all would hold up everything else. */
const MOST_CANDIDATES = 1_000
/** Roles that are compared with a role of the mapping, all together: each takes up to 100 times 100 steps. */
const MOST_COMPARED = 10_000

/**
 * Roles that routes allow and no mapping defines, each at its place: a warning at start, where it may be one that was withdrawn, and an
 * error where a reload brings it in.
 */
export function unknownRoles(
  config: Located,
  mapping: RoleMapping,
  allowed: readonly AllowedRole[],
  severity: Problem['severity'],
): Problem[] {
  const why = mapping.file === '' ? 'there is no roles_mapping' : `nothing in ${mapping.file} defines it`
  const meant = probablyMeant(new Set(allowed.map(({ role }) => role)), mapping)
  return allowed.map(({ role, path }) => {
    const near = meant.get(role)
    const advice = near === undefined ? 'define it there, or take it out of `allow`' : `did you mean \`${near}\`?`
    const hint = severity === 'error' ? advice : `${advice} (a reload that brings it in is refused)`
    return config.problem(path, `unknown role '${role}': ${why}`, { severity, hint })
  })
}

function probablyMeant(unknown: ReadonlySet<string>, mapping: RoleMapping): ReadonlyMap<string, string | undefined> {
  const roles = new Set(mapping.entries.map(({ role }) => role))
  if (roles.size === 0 || roles.size > MOST_CANDIDATES) return new Map()
  const compared = [...unknown].slice(0, Math.floor(MOST_COMPARED / roles.size))
  return new Map(compared.map((role) => [role, nearest(role, roles)]))
}

function at(document: Located, remarks: readonly Remark[]): Problem[] {
  return firstProblems(remarks, ({ message, line, hint }) => document.problemOnLine(line, message, { severity: 'warning', hint }))
}
