import type { Json } from './canonical-json.ts'
import type { NewEntry, RegistryEntry } from './types.ts'

/** What the audit log says of a certificate that was added. */
export function described(leaf: NewEntry, fingerprint: string): Json {
  const { name, subjectDn, issuerDn, serial, notBefore, notAfter, clearance, permissions, origin, predecessor = null } = leaf
  return {
    fingerprint,
    name,
    subjectDn,
    issuerDn,
    serial,
    notBefore,
    notAfter,
    clearance,
    permissions: [...permissions],
    origin,
    predecessor,
  }
}

type Editable = Pick<RegistryEntry, 'name' | 'clearance' | 'permissions'>

/** What differs, with both values: `{ clearance: ['ValidUser', 'Operator'] }`. */
export function differences(before: Editable, after: Editable): { [key: string]: Json } {
  const changes: { [key: string]: Json } = {}
  if (before.name !== after.name) changes.name = [before.name, after.name]
  if (before.clearance !== after.clearance) changes.clearance = [before.clearance, after.clearance]
  const permissions = [[...before.permissions], [...after.permissions]] as const
  if (JSON.stringify(permissions[0]) !== JSON.stringify(permissions[1])) changes.permissions = permissions
  return changes
}
