import type { DatabaseAccess, Identity } from '../identity/types.ts'
import { accessIncludes, accessTo } from './rights.ts'
import type { RoutePattern } from './route-pattern.ts'
import type { DatabaseRule, DatabaseVerdict, RouteSettings, RuleAccess } from './types.ts'

/** What of a request a rule about databases looks at. */
export interface AskedRequest {
  readonly method: string
  /** The canonical path: the one that picked the route. */
  readonly path: string
  /** Path, with or without query, as the upstream gets it; null where that is `path`. */
  readonly forwarded: string | null
}

const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The access that a rule asks for. Methods are case-sensitive (RFC 9110 section 9.1): `get` is not GET, and needs ReadWrite. */
export function neededAccess(access: RuleAccess, method: string): DatabaseAccess {
  switch (access) {
    case 'read':
      return 'Read'
    case 'write':
      return 'ReadWrite'
    case 'admin':
      return 'Admin'
    case 'auto':
      return READING_METHODS.has(method) ? 'Read' : 'ReadWrite'
  }
}

/** Throws an Error naming the route where a rule's capture is not in its path. */
export function compileDatabaseRules({ name, allow }: RouteSettings, pattern: RoutePattern): DatabaseRule[] {
  return allow.flatMap((word) => {
    if (word.kind !== 'database') return []
    const segment = pattern.segments.findIndex((one) => one.kind === 'capture' && one.name === word.capture)
    if (segment === -1) throw new Error(`route '${name}': there is no {${word.capture}} in ${pattern.text}`)
    return [{ capture: word.capture, segment, access: word.access }]
  })
}

/** Judges one rule for one request. Pure; an identity without a clearance holds nothing. */
export function judgeDatabase(rule: DatabaseRule, identity: Identity, request: AskedRequest): DatabaseVerdict {
  const database = databaseName(rule, request)
  const needed = neededAccess(rule.access, request.method)
  const held = database === null ? null : accessTo(identity, database)
  const granted = database !== null && accessIncludes(held, needed)
  return { rule, granted, database, needed, held, detail: describe(identity, rule, { database, needed, held }, request.method) }
}

function describe(
  { name }: Identity,
  { capture, access }: DatabaseRule,
  { database, needed, held }: Pick<DatabaseVerdict, 'database' | 'needed' | 'held'>,
  method: string,
): string {
  if (database === null) return `{${capture}} of this path is not a database name that the upstream surely reads alike`
  const asks = access === 'auto' ? `${method} needs ${needed}` : `${needed} is needed`
  return `'${name}' has ${held ?? 'no access'}${held === null ? ' to' : ' on'} database '${database}', and ${asks}`
}

/**
 * The captured segment, decoded once. null, which matches nothing, for an empty one, for bytes that are not UTF-8, and where the upstream
 * gets another text up to the end of this segment (a `path_policy` kept a `%2F`, `;` or `//`): it might read another name than was judged.
 */
function databaseName({ segment }: DatabaseRule, { path, forwarded }: AskedRequest): string | null {
  let start = 1
  for (let skipped = 0; skipped < segment; skipped++) {
    start = path.indexOf('/', start) + 1
    if (start === 0) return null
  }
  const slash = path.indexOf('/', start)
  const end = slash === -1 ? path.length : slash
  if (start >= end || !isForwardedAlike(path, end, forwarded)) return null
  try {
    return decodeURIComponent(path.slice(start, end))
  } catch {
    return null
  }
}

function isForwardedAlike(path: string, end: number, forwarded: string | null): boolean {
  if (forwarded === null) return true
  const next = forwarded[end]
  return forwarded.startsWith(path.slice(0, end)) && (next === undefined || next === '/' || next === '?')
}
