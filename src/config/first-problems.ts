import type { Problem } from '../errors.ts'

/** One problem a line of a file with 100,000 lines would help nobody, and cost seconds and megabytes. */
export const MOST_PROBLEMS = 100

/** The first of many, told by `tell`, and after them how many more there are. */
export function firstProblems<T>(all: readonly T[], tell: (one: T) => Problem): Problem[] {
  const told = all.slice(0, MOST_PROBLEMS).map(tell)
  const last = told.at(-1)
  if (last === undefined || all.length <= MOST_PROBLEMS) return told
  const { hint: _, ...place } = last
  return [...told, { ...place, message: `and ${all.length - MOST_PROBLEMS} more problems`, path: '', snippet: '' }]
}
