import { STATUS_CODES } from 'node:http'
import { JSON_TYPE } from './answers.ts'
import type { AdminProblem } from './problem.ts'
import type { ApiResponse } from './types.ts'

/** In whose words errors are told: our own problem JSON, RavenDB's, or OpenSearch security's. */
export type Family = 'problem' | 'raven' | 'opensearch'

const RAVEN = /^\/(admin|certificates)(\/|$)/i
const OPENSEARCH = /^\/+_(plugins|opendistro)\/_security(\/|$)/i

export function familyOf(path: string): Family {
  if (RAVEN.test(path)) return 'raven'
  return OPENSEARCH.test(path) ? 'opensearch' : 'problem'
}

/** A problem as the answer that its family expects. */
export function problemResponse(problem: AdminProblem, path: string): ApiResponse {
  const { status, allow, retryAfter } = problem
  const headers: Record<string, string> = {
    ...(allow.length === 0 ? {} : { Allow: allow.join(', ') }),
    ...(retryAfter === null ? {} : { 'Retry-After': String(retryAfter) }),
  }
  const family = familyOf(path)
  if (family === 'raven')
    return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: `${JSON.stringify(ravenOf(problem, path))}\n` }
  if (family === 'opensearch') {
    const body = { status: (STATUS_CODES[status] ?? 'ERROR').toUpperCase().replace(/[^A-Z]+/g, '_'), message: sentence(problem) }
    return { status, headers: { 'Content-Type': JSON_TYPE, ...headers }, body: `${JSON.stringify(body)}\n` }
  }
  const { reason: code, message: detail, hint } = problem
  const title = STATUS_CODES[status] ?? 'Error'
  const body = { type: `urn:certgate:admin:${code}`, title, status, detail, code, ...(hint === undefined ? {} : { hint }) }
  return { status, headers: { 'Content-Type': 'application/problem+json', ...headers }, body: `${JSON.stringify(body)}\n` }
}

/** Exception types that RavenDB's clients know and raise again. */
const RAVEN_TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'Raven.Client.Exceptions.BadRequestException'],
  [403, 'InvalidAuth'],
  [404, 'Raven.Client.Exceptions.Routing.RouteNotFoundException'],
  [409, 'Raven.Client.Exceptions.ConflictException'],
  [413, 'Raven.Client.Exceptions.BadRequestException'],
])

function ravenOf(problem: AdminProblem, path: string) {
  const type = RAVEN_TYPES.get(problem.status) ?? 'Raven.Client.Exceptions.RavenException'
  const message = sentence(problem)
  return { Url: path, Type: type, Message: message, Error: `${type}: ${message} (${problem.reason})` }
}

function sentence({ message, hint }: AdminProblem): string {
  return `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${hint === undefined ? '' : ` (${hint})`}`
}
