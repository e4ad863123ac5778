import { actionProblem } from '../policy/granting.ts'
import { clearanceIncludes } from '../policy/rights.ts'
import { answerPage } from './asking-page.ts'
import { checkSite, isSafe } from './browser-request.ts'
import { problemResponse } from './family.ts'
import { AdminProblem, malformed, notFound, problemOf, refusedBy } from './problem.ts'
import type { ApiHandler, ApiRequest, ApiResponse, Caller } from './types.ts'

export const BODY_LIMIT = 1024 * 1024
/** A mapping may have a hundred thousand users. */
const MAPPING_LIMIT = 8 * BODY_LIMIT
const MAPPING = /^\/api\/v1\/mapping(\.yml|\/(validate|preview))$|\/_security\/api\/rolesmapping(\/|$)/

/** From who may change nothing: enough to be told so, and to be on record with what they tried. */
const POWERLESS_LIMIT = 4 * 1024

/**
 * Bytes that a body may have; a transport stops reading one byte beyond. More only for a mapping, from who may write it, and next to nothing
 * from whom everything that has a body is refused: reading and parsing it would be work that anybody with a certificate could have done.
 */
export function bodyLimit({ path, caller }: Pick<ApiRequest, 'path' | 'caller'>): number {
  if (isPowerless(caller)) return POWERLESS_LIMIT
  return MAPPING.test(path) && clearanceIncludes(caller.rights.clearance, 'ClusterAdmin') ? MAPPING_LIMIT : BODY_LIMIT
}

function isPowerless({ rights, peer }: Caller): boolean {
  return peer?.isServerCertificate !== true && actionProblem(rights.clearance, 'read') !== null
}

export type Api = (request: ApiRequest) => Promise<ApiResponse>

export interface RouterOptions {
  /** Hears of faults of ours, of which a client learns nothing. */
  failed(error: unknown, request: ApiRequest): void
  /** The gateway's own certificate asked for what it may not: one audit entry. */
  refusedOwnCertificate?(request: ApiRequest): void
}

/**
 * All of administration as one function: the first handler that knows a path answers. Whatever is thrown becomes an answer in the words of
 * the path's family; never rejects. The same for every transport.
 */
export function createRouter(handlers: readonly ApiHandler[], options: RouterOptions): Api {
  const route = async (request: ApiRequest): Promise<ApiResponse> => {
    checkRequest(request, options)
    for (const handler of handlers) {
      const response = await handler(request)
      if (response !== null) return response
    }
    throw notFound('there is nothing at this path')
  }
  return async (request) => {
    let response: ApiResponse
    try {
      response = await answerPage(request, () => route(request))
    } catch (error) {
      const problem = problemOf(error)
      const isForNobody = request.signal?.aborted === true && error === request.signal.reason
      if ((problem === null || problem.status >= 500) && !isForNobody) options.failed(error, request)
      response = problemResponse(toldTo(request, problem ?? INTERNAL), request.path)
    }
    return { ...response, headers: { ...DEFAULT_HEADERS, ...response.headers } }
  }
}

/** Who may change nothing is told so, and not what would be wrong with it. */
function toldTo({ method, caller }: ApiRequest, problem: AdminProblem): AdminProblem {
  const refused = problem.status === 400 && isPowerless(caller) && !isSafe(method) ? actionProblem(caller.rights.clearance, 'read') : null
  return refused === null ? problem : refusedBy(refused)
}

/** Nothing is kept by caches, taken for what it is not, or put into a page of another site. */
const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

const INTERNAL = new AdminProblem(500, 'internal', 'the gateway failed to answer, and its log says why')

function checkRequest(request: ApiRequest, options: RouterOptions): void {
  const limit = bodyLimit(request)
  if (request.body.length > limit) {
    const refused = actionProblem(request.caller.rights.clearance, 'read')
    if (refused !== null && isPowerless(request.caller)) throw refusedBy(refused)
    throw new AdminProblem(413, 'body_too_large', `the body has more than ${limit} bytes`, { hint: 'send less at a time' })
  }
  checkSite(request)
  checkWhole(request)
  // It is trusted to make the first administrator, and for nothing else: it lies on a server, readable by what serves.
  if (request.caller.peer?.isServerCertificate === true && !makesCertificate(request)) {
    options.refusedOwnCertificate?.(request)
    const hint = 'make a client certificate with it: POST /admin/certificates'
    throw new AdminProblem(403, 'own_certificate', "the gateway's own certificate may do nothing else", { hint })
  }
}

/** Compressed or in parts (RFC 9110 sections 8.4 and 14.5), a body would be taken for another one. */
function checkWhole({ method, headers, body }: ApiRequest): void {
  const coding = headers.get('content-encoding') ?? 'identity'
  if (body.length > 0 && coding.toLowerCase() !== 'identity')
    throw new AdminProblem(415, 'unsupported_encoding', 'the body is compressed, and is read as it comes', {
      hint: 'send it without Content-Encoding',
    })
  if (method === 'PUT' && headers.has('content-range'))
    throw malformed('a part of the body is not taken for the whole', 'send all of it, without Content-Range')
}

function makesCertificate({ method, path }: ApiRequest): boolean {
  return method === 'POST' && /^\/admin\/certificates$/i.test(path)
}
