import { AdminProblem, malformed } from './problem.ts'
import type { ApiHandler, ApiRequest, ApiResponse } from './types.ts'
import { checkQuery } from './v1/parameters.ts'

/** Path parameters by name, decoded. */
export type Parameters = ReadonlyMap<string, string>

export interface RouteEntry {
  readonly method: string
  /** Segments between slashes; `{name}` stands for any one that is not empty. */
  readonly path: string
  /** It knows its query, and refuses all else. */
  readonly readsQuery?: boolean
  answer(request: ApiRequest, parameters: Parameters): Promise<ApiResponse> | ApiResponse
}

/** A handler that says what it knows. */
export type RoutedHandler = ApiHandler & { readonly routes: readonly Pick<RouteEntry, 'method' | 'path'>[] }

interface Compiled {
  readonly entry: RouteEntry
  readonly segments: readonly string[]
}

/**
 * A handler of these routes. HEAD is GET; a path whose routes lack the method throws AdminProblem 405 with those there are. Fixed segments
 * go before parameters. `fold`: paths are compared in lower case, as RavenDB does. `strict`: a query that is not read is refused: whoever
 * writes `?dry_run=true` must not learn afterwards that there is no such thing.
 */
export function routeTable(
  entries: readonly RouteEntry[],
  { fold = false, strict = false }: { readonly fold?: boolean; readonly strict?: boolean } = {},
): RoutedHandler {
  const compiled = entries
    .map((entry): Compiled => ({ entry, segments: entry.path.split('/') }))
    .toSorted((a, b) => parametersIn(a.entry) - parametersIn(b.entry))
  const handler: ApiHandler = async (request) => {
    const given = (fold ? request.path.toLowerCase() : request.path).split('/')
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const fitting = compiled.filter(({ segments }) => fits(segments, given))
    const [first] = fitting
    if (first === undefined) return null
    const same = fitting.filter(({ entry }) => entry.path === first.entry.path)
    const found = same.find(({ entry }) => entry.method === method)
    if (found === undefined) {
      const allow = same.flatMap(({ entry }) => (entry.method === 'GET' ? ['GET', 'HEAD'] : [entry.method]))
      throw new AdminProblem(405, 'method_not_allowed', `${printable(request.method)} is not allowed here`, { allow })
    }
    if (strict && found.entry.readsQuery !== true) checkQuery(request.query, [])
    return found.entry.answer(request, parametersOf(found.segments, request.path.split('/')))
  }
  return Object.assign(handler, { routes: entries })
}

const parametersIn = ({ path }: RouteEntry): number => path.split('{').length

const isParameter = (segment: string): boolean => segment.startsWith('{')

function fits(segments: readonly string[], given: readonly string[]): boolean {
  return (
    segments.length === given.length &&
    segments.every((segment, index) => (isParameter(segment) ? given[index] !== '' : segment === given[index]))
  )
}

function parametersOf(segments: readonly string[], given: readonly string[]): Parameters {
  const found = new Map<string, string>()
  for (const [index, segment] of segments.entries()) {
    if (isParameter(segment)) found.set(segment.slice(1, -1), decoded(given[index] ?? ''))
  }
  return found
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw malformed('the path has an escape that cannot be read')
  }
}

const printable = (method: string): string => (/^[A-Z]{1,20}$/.test(method) ? method : 'this method')
