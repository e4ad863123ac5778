import type { MappedValue, MappingEntry, RoleMapping } from '../../src/policy/types.ts'

type Lists = 'users' | 'backendRoles' | 'andBackendRoles' | 'hosts' | 'issuers'

/** A mapping as if read from a file: the n-th role stands on line 10n, its k-th value (in the order given) on line 10n + k. */
export function roleMapping(roles: Readonly<Record<string, Partial<Record<Lists, readonly string[]>>>>): RoleMapping {
  const entries = Object.entries(roles).map(([role, lists], index): MappingEntry => {
    const line = (index + 1) * 10
    let next = line
    const read = Object.fromEntries(
      Object.entries(lists).map(([list, values]) => [list, values.map((value): MappedValue => ({ value, line: ++next }))]),
    )
    const empty = { users: [], backendRoles: [], andBackendRoles: [], hosts: [], issuers: [] }
    return { role, ...empty, ...read, reserved: false, hidden: false, description: null, line }
  })
  return { file: 'roles_mapping.yml', entries }
}
