import type { Role, Route } from '../../api-types.ts'

export const LISTS = ['users', 'backend_roles', 'and_backend_roles', 'hosts', 'issuers'] as const
export type RoleList = (typeof LISTS)[number]

/** One role, with the routes that allow it. */
export interface RoleRow {
  readonly name: string
  readonly role: Role
  readonly routes: readonly Route[]
  /** Somebody could have it. */
  readonly isGiven: boolean
  /** All that one may look for, folded. */
  readonly words: string
}

export interface RouteRow {
  readonly route: Route
  /** Roles that it allows. */
  readonly roles: readonly string[]
  /** Every way in is a role that nobody is given. */
  readonly isClosed: boolean
}

/** Words of `allow` that are no roles. */
const WORDS: ReadonlySet<string> = new Set(['authenticated', 'anonymous'])

export const EMPTY_ROLE: Role = {
  users: [],
  backend_roles: [],
  and_backend_roles: [],
  hosts: [],
  issuers: [],
  reserved: false,
  hidden: false,
  description: null,
}

/** `issuers` only narrows down. */
export function isGiven({ users, backend_roles, and_backend_roles, hosts }: Role): boolean {
  return users.length + backend_roles.length + and_backend_roles.length + hosts.length > 0
}

export function roleRows(roles: Readonly<Record<string, Role>>, routes: readonly Route[]): readonly RoleRow[] {
  const allowing = new Map<string, Route[]>()
  for (const route of routes) {
    for (const role of rolesOf(route)) allowing.set(role, [...(allowing.get(role) ?? []), route])
  }
  return Object.entries(roles).map(([name, role]) => ({
    name,
    role,
    routes: allowing.get(name) ?? [],
    isGiven: isGiven(role),
    words: [name, role.description ?? '', ...LISTS.flatMap((list) => role[list])].join('\n').toLowerCase(),
  }))
}

export function routeRows(roles: Readonly<Record<string, Role>>, routes: readonly Route[]): readonly RouteRow[] {
  const given = new Set(Object.entries(roles).flatMap(([name, role]) => (isGiven(role) ? [name] : [])))
  return routes.map((route) => {
    const own = rolesOf(route)
    return { route, roles: own, isClosed: own.length === route.allow.length && own.every((role) => !given.has(role)) }
  })
}

function rolesOf({ allow }: Route): readonly string[] {
  return allow.filter((word): word is string => typeof word === 'string' && !WORDS.has(word))
}

export const FILTERS = ['all', 'unused', 'ungiven', 'reserved'] as const
export type Filter = (typeof FILTERS)[number]

const CHOSEN: Readonly<Record<Filter, (row: RoleRow) => boolean>> = {
  all: () => true,
  unused: ({ routes }) => routes.length === 0,
  ungiven: (row) => !row.isGiven,
  reserved: ({ role }) => role.reserved,
}

export function filtered(rows: readonly RoleRow[], sought: string, filter: Filter): readonly RoleRow[] {
  const text = sought.trim().toLowerCase()
  return rows.filter((row) => CHOSEN[filter](row) && row.words.includes(text))
}

export function isSameRole(one: Role | undefined, other: Role | undefined): boolean {
  const [a, b] = [one ?? null, other ?? null]
  if (a === null || b === null) return a === b
  const isSameList = (list: RoleList): boolean =>
    a[list].length === b[list].length && a[list].every((value, index) => value === b[list][index])
  return a.reserved === b.reserved && a.hidden === b.hidden && a.description === b.description && LISTS.every(isSameList)
}

/** A list as lines of a text field, and back: blank lines go, and so does space around what was not there before. */
export const linesOf = (values: readonly string[]): string => values.join('\n')

export function valuesOf(text: string, before: readonly string[]): readonly string[] {
  const known = new Set(before)
  return text
    .split('\n')
    .map((line) => (known.has(line) ? line : line.trim()))
    .filter((line) => line !== '')
}

/** A value with a line break is none of a text field's lines. */
export function fitsLines(role: Role): boolean {
  return LISTS.every((list) => role[list].every((value) => !/[\r\n]/.test(value)))
}
