import { CertgateError, type Problem } from '../errors.ts'
import type { MappedValue, MappingEntry } from '../policy/types.ts'

/** The lists of an entry, under the names that file and REST API use. */
export const ROLE_LISTS = ['users', 'backend_roles', 'and_backend_roles', 'hosts', 'issuers'] as const
const SWITCHES = ['reserved', 'hidden'] as const
export const ROLE_FIELDS = [...ROLE_LISTS, ...SWITCHES, 'description'] as const

export type RoleList = (typeof ROLE_LISTS)[number]
export type RoleField = (typeof ROLE_FIELDS)[number]

/** One role of roles_mapping.yml by its values alone. An absent list is an empty one: both grant nothing. */
export type RoleEntry = Readonly<Record<RoleList, readonly string[]>> &
  Readonly<Record<(typeof SWITCHES)[number], boolean>> & { readonly description: string | null }

export const EMPTY_ROLE: RoleEntry = {
  users: [],
  backend_roles: [],
  and_backend_roles: [],
  hosts: [],
  issuers: [],
  reserved: false,
  hidden: false,
  description: null,
}

export function roleEntryOf(entry: MappingEntry): RoleEntry {
  const texts = (values: readonly MappedValue[]): string[] => values.map(({ value }) => value)
  return {
    users: texts(entry.users),
    backend_roles: texts(entry.backendRoles),
    and_backend_roles: texts(entry.andBackendRoles),
    hosts: texts(entry.hosts),
    issuers: texts(entry.issuers),
    reserved: entry.reserved,
    hidden: entry.hidden,
    description: entry.description,
  }
}

export function isSameField(field: RoleField, one: RoleEntry, other: RoleEntry): boolean {
  const [a, b] = [one[field], other[field]]
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((value, index) => value === b[index])
}

export function isSameRole(one: RoleEntry, other: RoleEntry): boolean {
  return ROLE_FIELDS.every((field) => isSameField(field, one, other))
}

/** Why a change of the mapping is not made; nothing of it is, then. */
export class RoleEditError extends CertgateError {
  /** `input`: what was asked is wrong. `missing`: there is no such thing to change. `file`: this file cannot be edited without a person. */
  readonly kind: 'input' | 'missing' | 'file'
  /** `input`: keys that nothing here knows. */
  readonly unknownKeys: readonly string[]
  /** `input`: by key, what was expected instead, e.g. `Array expected`. */
  readonly wrongTypes: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]

  constructor(
    kind: RoleEditError['kind'],
    message: string,
    given: { unknownKeys?: readonly string[]; wrongTypes?: ReadonlyMap<string, string>; problems?: readonly Problem[]; hint?: string } = {},
  ) {
    super('config_invalid', message, given.hint === undefined ? {} : { hint: given.hint })
    this.kind = kind
    this.unknownKeys = given.unknownKeys ?? []
    this.wrongTypes = given.wrongTypes ?? new Map()
    this.problems = given.problems ?? []
  }
}

/** A role as JSON gives it; absent fields are empty. Throws RoleEditError `input` with every unknown key and wrong type at once. */
export function readRoleEntry(value: unknown): RoleEntry {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RoleEditError('input', 'a role is a JSON object')
  const given = new Map(Object.entries(value))
  const unknownKeys = [...given.keys()].filter((key) => !ROLE_FIELDS.some((field) => field === key))
  const wrongTypes = new Map<string, string>()
  for (const field of ROLE_FIELDS) {
    const wrong = given.has(field) ? wrongType(field, given.get(field)) : null
    if (wrong !== null) wrongTypes.set(field, wrong)
  }
  if (unknownKeys.length > 0) throw new RoleEditError('input', `unknown keys: ${unknownKeys.join(', ')}`, { unknownKeys, wrongTypes })
  if (wrongTypes.size > 0) {
    const told = [...wrongTypes].map(([field, wrong]) => `${field}: ${wrong}`).join(', ')
    throw new RoleEditError('input', `wrong datatype: ${told}`, { wrongTypes })
  }
  for (const field of ROLE_LISTS) refuseBlanks(given.get(field))
  return { ...EMPTY_ROLE, ...Object.fromEntries(given) }
}

function wrongType(field: RoleField, value: unknown): string | null {
  if (ROLE_LISTS.some((list) => list === field)) {
    const holds = Array.isArray(value) && value.every((item) => item === null || typeof item === 'string')
    return holds ? null : Array.isArray(value) ? 'Array of strings expected' : 'Array expected'
  }
  if (field === 'description') return value === null || typeof value === 'string' ? null : 'String expected'
  return typeof value === 'boolean' ? null : 'Boolean expected'
}

function refuseBlanks(list: unknown): void {
  if (!Array.isArray(list) || list.every((item) => typeof item === 'string' && item.trim() !== '')) return
  throw new RoleEditError('input', '`null` or blank values are not allowed as json array elements')
}
