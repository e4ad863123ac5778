import type { Rights } from '../identity/types.ts'
import { readRights } from '../policy/rights.ts'
import type { Fields } from './fields.ts'
import { malformed } from './problem.ts'

/**
 * Clearance and permissions out of a request; throws AdminProblem 400 for a word that is none. Without permissions there are none, and
 * without a clearance it is `least` where that is given: the one that may administer nothing.
 */
export function rightsOf(fields: Fields, names: { readonly clearance: string; readonly permissions: string }, least?: 'ValidUser'): Rights {
  const clearance = least === undefined ? fields.text(names.clearance) : (fields.optionalText(names.clearance) ?? least)
  const read = readRights(clearance, fields.pairs(names.permissions) ?? [])
  if ('problem' in read) throw malformed(read.problem)
  return read
}

/** The same where both may be absent: what is absent stays as it was. */
export function changedRights(fields: Fields, names: { readonly clearance: string; readonly permissions: string }): Partial<Rights> {
  const permissions = fields.pairs(names.permissions)
  // A word that is known, where only permissions are to be read.
  const read = readRights(fields.optionalText(names.clearance) ?? 'ValidUser', permissions ?? [])
  if ('problem' in read) throw malformed(read.problem)
  return {
    ...(fields.has(names.clearance) ? { clearance: read.clearance } : {}),
    ...(permissions === undefined ? {} : { permissions: read.permissions }),
  }
}
