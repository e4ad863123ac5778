import { createHash } from 'node:crypto'
import { AdminProblem, malformed } from '../problem.ts'
import type { ApiRequest } from '../types.ts'

/** A strong entity tag (RFC 9110 section 8.8.3): other bytes, another tag. */
export function tagOf(content: string): string {
  return `"${createHash('sha256').update(content).digest('hex').slice(0, 32)}"`
}

/**
 * Holds a change to what its sender has seen (RFC 9110 section 13.1): throws AdminProblem 412 where If-Match names none of what is there,
 * or If-None-Match what is. `tag`: of what is there; null: nothing is. `isThere`: false where `tag` is of what is read in its place, as
 * the empty text of a file that is missing: then it alone names it, and `*` does not.
 */
export function checkPreconditions({ headers }: Pick<ApiRequest, 'headers'>, tag: string | null, isThere = true): void {
  const [match, noneMatch] = ['if-match', 'if-none-match'].map((name) => tagsIn(headers.get(name)))
  if (match !== undefined && !names(match, tag, isThere)) {
    throw new AdminProblem(412, 'precondition_failed', 'it was changed since you read it', { hint: 'read it again, and send its new ETag' })
  }
  if (noneMatch !== undefined && names(noneMatch, tag, isThere)) {
    throw new AdminProblem(412, 'precondition_failed', 'it is there already', { hint: 'send If-Match to change it' })
  }
}

/** A tag without its quotes would be told to have changed, again and again. */
function tagsIn(list: string | undefined): string | undefined {
  if (list === undefined || list.trim() === '*') return list
  const between = list.replace(/(?:W\/)?"[^"]*"/g, '""').split(',')
  const ones = between.map((one) => one.trim()).filter((one) => one !== '')
  if (ones.length > 0 && ones.every((one) => one === '""')) return list
  throw malformed('If-Match and If-None-Match take entity tags, or *', 'send the ETag as it came, with its quotes')
}

/** Whether a reader has this already: the answer is then 304. */
export function isKnown({ headers }: Pick<ApiRequest, 'headers'>, tag: string): boolean {
  const noneMatch = headers.get('if-none-match')
  return noneMatch !== undefined && names(noneMatch.replace(/(^|,)\s*W\//g, '$1'), tag)
}

/** A weak tag is never the strong one that a change needs. */
function names(list: string, tag: string | null, isThere = true): boolean {
  if (tag === null) return false
  return (isThere && list.trim() === '*') || list.split(',').some((one) => one.trim() === tag)
}
