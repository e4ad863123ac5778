import type { Clearance, DatabaseAccess, Identity } from '../identity/types.ts'
import { isReservedRole } from '../identity/username.ts'

/** What an identity holds beside its roles; both are absent where trust gave nothing. */
export type RightsHolder = Pick<Identity, 'clearance' | 'permissions'>

const CLEARANCE_RANK: ReadonlyMap<Clearance, number> = new Map([
  ['ClusterAdmin', 3],
  ['ClusterNode', 3],
  ['Operator', 2],
  ['ValidUser', 1],
])

const ACCESS_RANK: ReadonlyMap<DatabaseAccess, number> = new Map([
  ['Admin', 3],
  ['ReadWrite', 2],
  ['Read', 1],
])

export const CLEARANCES: readonly Clearance[] = [...CLEARANCE_RANK.keys()]
export const DATABASE_ACCESSES: readonly DatabaseAccess[] = [...ACCESS_RANK.keys()]

/** Whether a clearance includes another. None, or a word that is none, includes nothing and is included by nothing: fails closed. */
export function clearanceIncludes(held: Clearance | undefined, wanted: Clearance): boolean {
  const rank = held === undefined ? 0 : (CLEARANCE_RANK.get(held) ?? 0)
  return rank >= (CLEARANCE_RANK.get(wanted) ?? Number.POSITIVE_INFINITY)
}

/** Admin contains ReadWrite contains Read. An unknown word contains nothing and is contained by nothing: fails closed. */
export function accessIncludes(held: DatabaseAccess | null, wanted: DatabaseAccess): boolean {
  const rank = held === null ? 0 : (ACCESS_RANK.get(held) ?? 0)
  return rank >= (ACCESS_RANK.get(wanted) ?? Number.POSITIVE_INFINITY)
}

/** Lower case in ASCII only, as database names are compared: Unicode's folding would make one of names that are two upstream. */
export function foldDatabase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

const folded = new WeakMap<ReadonlyMap<string, DatabaseAccess>, ReadonlyMap<string, DatabaseAccess>>()

/** Permissions by folded name, made once per map. Where two names fold to one, the lesser access counts: fails closed. */
function foldedPermissions(permissions: ReadonlyMap<string, DatabaseAccess>): ReadonlyMap<string, DatabaseAccess> {
  const known = folded.get(permissions)
  if (known !== undefined) return known
  const made = new Map<string, DatabaseAccess>()
  for (const [name, access] of permissions) {
    const key = foldDatabase(name)
    const other = made.get(key)
    made.set(key, other !== undefined && accessIncludes(access, other) ? other : access)
  }
  folded.set(permissions, made)
  return made
}

/**
 * What somebody may do with a database; null: nothing. ClusterAdmin, ClusterNode and Operator have Admin on every one, ValidUser what
 * is listed, nobody else anything. An empty name is no database.
 */
export function accessTo({ clearance, permissions }: RightsHolder, database: string): DatabaseAccess | null {
  if (database === '' || clearance === undefined) return null
  if (clearanceIncludes(clearance, 'Operator')) return 'Admin'
  if (clearance !== 'ValidUser' || permissions === undefined) return null
  return foldedPermissions(permissions).get(foldDatabase(database)) ?? null
}

/** `clearance:Operator`, `db:NAME:Read`: how rights look to `backend_roles` of the mapping. Made from the typed fields alone. */
export function rightsRoles({ clearance, permissions }: RightsHolder): string[] {
  if (clearance === undefined) return []
  return [`clearance:${clearance}`, ...[...(permissions ?? [])].map(([name, access]) => `db:${name}:${access}`)]
}

/**
 * All backend roles that the mapping sees: those that the domains gave, and those that the rights make. A reserved one among the former
 * came from somewhere else than trust and is left out, though the domains have dropped and audited it before.
 */
export function backendRolesOf(identity: Identity): readonly string[] {
  const { backendRoles } = identity
  if (identity.clearance === undefined && !backendRoles.some(isReservedRole)) return backendRoles
  return [...backendRoles.filter((role) => !isReservedRole(role)), ...rightsRoles(identity)]
}

const MAX_DATABASE_NAME_BYTES = 128
/** Every worker has all of them in memory, and the audit log has each change of them for good. */
export const MOST_DATABASES = 500

/**
 * Reads clearance and permissions that somebody asks to give; the problem says what to change. Database names have to be unlike each
 * other (ASCII case aside), and free of what a path segment or a `db:NAME:Read` could not hold.
 */
export function readRights(
  clearance: unknown,
  permissions: Iterable<readonly [name: string, access: unknown]>,
): { readonly clearance: Clearance; readonly permissions: ReadonlyMap<string, DatabaseAccess> } | { readonly problem: string } {
  const known = CLEARANCES.find((word) => word === clearance)
  if (known === undefined) return { problem: `unknown clearance ${quoted(clearance)}: expected one of ${CLEARANCES.join(', ')}` }
  const read = new Map<string, DatabaseAccess>()
  const seen = new Set<string>()
  for (const [name, word] of permissions) {
    if (read.size === MOST_DATABASES)
      return {
        problem: `there are more than ${MOST_DATABASES} databases: give the rest to another certificate`,
      }
    const access = DATABASE_ACCESSES.find((one) => one === word)
    if (access === undefined) {
      return { problem: `unknown permission ${quoted(word)} on database ${quoted(name)}: expected one of ${DATABASE_ACCESSES.join(', ')}` }
    }
    const problem = databaseNameProblem(name)
    if (problem !== null) return { problem: `database name ${quoted(name)} ${problem}` }
    if (seen.has(foldDatabase(name))) return { problem: `database ${quoted(name)} is there twice: case does not matter` }
    seen.add(foldDatabase(name))
    read.set(name, access)
  }
  return { clearance: known, permissions: read }
}

function databaseNameProblem(name: string): string | null {
  if (name.trim() === '') return 'is blank'
  if (name !== name.trim()) return 'begins or ends with a space'
  if (/[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/u.test(name)) return 'holds control characters'
  if (/[/\\:]/.test(name)) return "holds '/', '\\' or ':'"
  return Buffer.byteLength(name) > MAX_DATABASE_NAME_BYTES ? `is longer than ${MAX_DATABASE_NAME_BYTES} bytes` : null
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_DATABASE_NAME_BYTES)) : '(no text)'
}
