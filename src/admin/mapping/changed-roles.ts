import { isSameField, ROLE_FIELDS, ROLE_LISTS, type RoleEntry, type RoleField } from '../../config/role-entry.ts'
import type { Json } from '../../store/canonical-json.ts'

type Roles = ReadonlyMap<string, RoleEntry>

/** One role that an edit makes, changes or removes. */
export interface ChangedRole {
  readonly role: string
  readonly change: 'created' | 'changed' | 'deleted'
  readonly before: RoleEntry | null
  readonly after: RoleEntry | null
}

/** In the order in which they stand, those that went last. */
export function changedRoles(before: Roles, after: Roles): ChangedRole[] {
  const changes: ChangedRole[] = []
  for (const [role, entry] of after) {
    const old = before.get(role) ?? null
    if (old === null) changes.push({ role, change: 'created', before: null, after: entry })
    else if (differing(old, entry).length > 0) changes.push({ role, change: 'changed', before: old, after: entry })
  }
  for (const [role, entry] of before) if (!after.has(role)) changes.push({ role, change: 'deleted', before: entry, after: null })
  return changes
}

function differing(before: RoleEntry, after: RoleEntry): RoleField[] {
  return ROLE_FIELDS.filter((field) => !isSameField(field, before, after))
}

/** Values of one list that an audit entry spells out; how many more there are it counts. */
const MOST_VALUES = 1_000

/** What an audit entry says of an edit: by role and field what came and what went, so that nobody needs the files of that day. */
export function auditedChanges(changes: readonly ChangedRole[]): Json {
  return changes.slice(0, MOST_VALUES).map(({ role, change, before, after }) => {
    const fields = Object.fromEntries(writtenFields(before, after).map((field) => [field, fieldChange(field, before, after)]))
    return { role, change, fields }
  })
}

function writtenFields(before: RoleEntry | null, after: RoleEntry | null): RoleField[] {
  if (before !== null && after !== null) return differing(before, after)
  const only = before ?? after
  return only === null ? [] : ROLE_FIELDS.filter((field) => !isEmpty(only[field]))
}

const isEmpty = (value: RoleEntry[RoleField]): boolean => value === null || value === false || (Array.isArray(value) && value.length === 0)

function fieldChange(field: RoleField, before: RoleEntry | null, after: RoleEntry | null): Json {
  const list = ROLE_LISTS.find((one) => one === field)
  if (list === undefined) return { before: (before?.[field] ?? null) as Json, after: (after?.[field] ?? null) as Json }
  const [old, now] = [before?.[list] ?? [], after?.[list] ?? []]
  const [had, has] = [new Set(old), new Set(now)]
  const added = now.filter((value) => !had.has(value))
  const removed = old.filter((value) => !has.has(value))
  const moved: { readonly [key: string]: Json } = added.length + removed.length === 0 ? { reordered: true } : {}
  return { added: shown(added), removed: shown(removed), ...moved }
}

function shown(values: readonly string[]): Json {
  return values.length <= MOST_VALUES ? values : [...values.slice(0, MOST_VALUES), `and ${values.length - MOST_VALUES} more`]
}
