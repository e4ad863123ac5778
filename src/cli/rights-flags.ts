import { nearest } from '../config/suggest.ts'
import { UsageError } from '../errors.ts'
import { CLEARANCES, DATABASE_ACCESSES, foldDatabase } from '../policy/rights.ts'
import type { Clearance, DatabaseAccess } from '../store/types.ts'

/** What a certificate, or one made for a token, gives its holder. */
export const RIGHTS_FLAGS = {
  clearance: { type: 'string' },
  database: { type: 'string', multiple: true },
} as const

/** Their lines in `--help`. */
export const RIGHTS_USAGE = `      --clearance ClusterAdmin|ClusterNode|Operator|ValidUser   default: ValidUser, for whom roles and databases decide
      --database DB=Admin|ReadWrite|Read            access to a database; may be repeated`

/** In any case of letters; throws UsageError for what is none. */
export function readClearance(text: string): Clearance {
  return oneOf(text, CLEARANCES, '--clearance')
}

/** `DB=Read` and so on, each database once. The last `=` counts: names may have one. */
export function readDatabases(given: readonly string[]): Map<string, DatabaseAccess> {
  const permissions = new Map<string, DatabaseAccess>()
  const seen = new Set<string>()
  for (const text of given) {
    const equals = text.lastIndexOf('=')
    if (equals < 1) {
      const [, meant = text] = /^(.+):(?:read|readwrite|admin)$/i.exec(text) ?? []
      throw new UsageError(`--database ${text} does not say which access`, `for example --database '${meant || 'movies'}=Read'`)
    }
    const name = text.slice(0, equals)
    if (seen.has(foldDatabase(name))) throw new UsageError(`--database names '${name}' more than once`)
    seen.add(foldDatabase(name))
    permissions.set(name, oneOf(text.slice(equals + 1), DATABASE_ACCESSES, `--database ${name}`))
  }
  return permissions
}

/** As the API takes it. */
export function rightsBody(flags: { readonly clearance: string | undefined; readonly database: readonly string[] }): {
  readonly clearance: Clearance
  readonly permissions: Record<string, DatabaseAccess>
} {
  return {
    clearance: flags.clearance === undefined ? 'ValidUser' : readClearance(flags.clearance),
    permissions: Object.fromEntries(readDatabases(flags.database)),
  }
}

/** One of a few words, in any case; throws UsageError that names the one that is near, or all. */
export function oneOf<Word extends string>(text: string, words: readonly Word[], flag: string): Word {
  const found = words.find((word) => word.toLowerCase() === text.toLowerCase())
  if (found !== undefined) return found
  const near = nearest(text, words)
  // Of two that are near, the nearer one may be the wrong one: keyCompromise and caCompromise. Unless it is there in full.
  const others = words.filter((word) => word !== near)
  const isClear = near !== undefined && (text.toLowerCase().startsWith(near.toLowerCase()) || nearest(text, others) === undefined)
  throw new UsageError(`${flag}: there is no '${text}'`, isClear ? `did you mean ${near}?` : `there is ${words.join(', ')}`)
}
