import {
  EMPTY_ROLE,
  ROLE_FIELDS,
  ROLE_LISTS,
  RoleEditError,
  type RoleEntry,
  type RoleField,
  type RoleList,
  readRoleEntry,
} from './role-entry.ts'

type Roles = Map<string, RoleEntry>

interface Operation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: readonly string[]
  readonly value: unknown
}

/**
 * What a JSON Patch (RFC 6902: add, replace and remove) makes of roles: by name the new entry, or null where it is removed. Paths are
 * `/role`, `/role/field`, and in a list `/role/field/0` and `/role/field/-`; with `within` they begin below that role. Throws RoleEditError,
 * and nothing is changed then: a patch applies whole or not at all.
 */
export function patchRoles(roles: ReadonlyMap<string, RoleEntry>, patch: unknown, within?: string): Map<string, RoleEntry | null> {
  if (!Array.isArray(patch)) throw new RoleEditError('input', 'a patch is a JSON array of operations')
  if (within !== undefined && !roles.has(within)) throw missing(`/${within}`)
  const patched: Roles = new Map(roles)
  for (const operation of patch) apply(patched, readOperation(operation, within))
  const changes = new Map<string, RoleEntry | null>()
  for (const name of roles.keys()) if (!patched.has(name)) changes.set(name, null)
  for (const [name, entry] of patched) if (roles.get(name) !== entry) changes.set(name, entry)
  return changes
}

function readOperation(operation: unknown, within: string | undefined): Operation {
  const { op, path, value } = (typeof operation === 'object' && operation !== null ? operation : {}) as Record<string, unknown>
  if (op !== 'add' && op !== 'replace' && op !== 'remove') {
    throw new RoleEditError('input', `the operation ${JSON.stringify(op)} is not supported: use add, replace or remove`)
  }
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/')) || /~(?![01])/.test(path)) {
    throw new RoleEditError('input', `${JSON.stringify(path)} is not a JSON Pointer`)
  }
  // RFC 6902 section 4.1: an operation that needs a value and has none is in error.
  if (op !== 'remove' && value === undefined) throw new RoleEditError('input', `the operation on ${path} has no value`)
  const parts = path === '' ? [] : path.slice(1).split('/').map(unescapePointer)
  return { op, path: within === undefined ? parts : [within, ...parts], value }
}

/** RFC 6901 section 4. */
function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function apply(roles: Roles, { op, path, value }: Operation): void {
  const printed = `/${path.join('/')}`
  const [name, field, index, ...rest] = path
  if (name === undefined || rest.length > 0) throw new RoleEditError('input', `${printed} is neither a role nor one of its fields`)
  const entry = roles.get(name)
  if (field === undefined) {
    if (op !== 'add' && entry === undefined) throw missing(printed)
    if (op === 'remove') roles.delete(name)
    else roles.set(name, readRoleEntry(value))
    return
  }
  if (entry === undefined) throw missing(`/${name}`)
  if (!isField(field)) throw new RoleEditError('input', `unknown keys: ${field}`, { unknownKeys: [field] })
  roles.set(name, { ...entry, [field]: patchedField(entry, field, { op, index, value, printed }) })
}

interface FieldOperation {
  readonly op: Operation['op']
  readonly index: string | undefined
  readonly value: unknown
  readonly printed: string
}

/** Only what is new is read: a list may have a hundred thousand items, and a patch a thousand operations on it. */
function patchedField(entry: RoleEntry, field: RoleField, { op, index, value, printed }: FieldOperation): unknown {
  // Every field is always there, if only empty: so removing it empties it.
  if (index === undefined) return op === 'remove' ? EMPTY_ROLE[field] : readRoleEntry({ [field]: value })[field]
  const items = patchedList(entry, field, index, op, value, printed)
  if (op !== 'remove') readRoleEntry({ [field]: [value] })
  return items
}

function patchedList(entry: RoleEntry, field: RoleField, index: string, op: Operation['op'], value: unknown, printed: string): unknown[] {
  if (!isList(field)) throw new RoleEditError('input', `${printed}: \`${field}\` is no list`)
  const items: unknown[] = [...entry[field]]
  const isEnd = index === '-' && op === 'add'
  if (!isEnd && !/^(?:0|[1-9]\d{0,8})$/.test(index)) throw new RoleEditError('input', `${printed}: \`${index}\` is no place in a list`)
  const at = isEnd ? items.length : Number(index)
  if (at > items.length || (op !== 'add' && at === items.length)) throw missing(printed)
  if (op === 'remove') items.splice(at, 1)
  else items.splice(at, op === 'add' ? 0 : 1, value)
  return items
}

function isField(field: string): field is RoleField {
  return ROLE_FIELDS.some((known) => known === field)
}

function isList(field: RoleField): field is RoleList {
  return ROLE_LISTS.some((list) => list === field)
}

function missing(path: string): RoleEditError {
  return new RoleEditError('missing', `there is nothing at ${path}`)
}
