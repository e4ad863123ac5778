import { isKnown } from '../mapping/entity-tag.ts'
import { AdminProblem, notFound } from '../problem.ts'
import type { ApiHandler, ApiRequest, ApiResponse } from '../types.ts'
import { type Asset, type ConsoleAssets, makeAssets } from './assets.ts'

const ROOT = '/console/'
const ASSETS = '/console/assets/'
/** Views that have an address of their own: what is none gets the same page, which says so, with 404. */
const VIEW = /^\/console\/(?:|(?:certificates|roles|explain|audit)(?:\/[^/]+)?)$/

/** Nothing but ours is loaded, sent to or framed, and text never becomes markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ')

const SECURITY: Readonly<Record<string, string>> = {
  'Content-Security-Policy': POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/**
 * The web console, for whoever has a trusted certificate: the API behind it says what each may. `make`: reads and compresses what is served,
 * at the first request, so that a gateway whose console nobody opens pays nothing for it.
 */
export function consoleHandler(make: () => Promise<ConsoleAssets> = makeAssets): ApiHandler {
  let made: Promise<ConsoleAssets> | null = null
  const assets = (): Promise<ConsoleAssets> => {
    made ??= make().catch((error: unknown) => {
      // What could not be read now may be there at the next request.
      made = null
      throw error
    })
    return made
  }
  return async (request) => {
    const { path } = request
    if (path === '/' && wantsPage(request)) return redirect(request)
    if (path !== '/console' && !path.startsWith(ROOT)) return null
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new AdminProblem(405, 'method_not_allowed', 'the console is only read', { allow: ['GET', 'HEAD'] })
    if (path === '/console') return redirect(request)
    const { index, files, version } = await assets()
    if (!path.startsWith(ASSETS)) return answer(request, index, VIEW.test(path) ? 200 : 404, 'no-cache')
    const prefix = `${ASSETS}${version}/`
    const file = path.startsWith(prefix) ? files.get(path.slice(prefix.length)) : undefined
    if (file === undefined) throw notFound('there is no such part of the console; another release may have been installed')
    return answer(request, file, 200, 'private, max-age=31536000, immutable')
  }
}

/** A person who types the address of administration into a browser; programs get what is there: nothing. */
function wantsPage({ method, headers }: ApiRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && /(^|[,\s])text\/html\s*(;|,|$)/i.test(headers.get('accept') ?? '')
}

function redirect({ query }: ApiRequest): ApiResponse {
  const search = query.size === 0 ? '' : `?${query}`
  return { status: 307, headers: { ...SECURITY, Location: `${ROOT}${search}` }, body: null }
}

function answer(request: ApiRequest, asset: Asset, status: number, caching: string): ApiResponse {
  const isCompressed = takesBrotli(request.headers.get('accept-encoding') ?? '')
  // One tag for each form: strong ones tell bytes apart.
  const tag = `"${asset.tag}${isCompressed ? '-br' : ''}"`
  const always = { ...SECURITY, 'Cache-Control': caching, ETag: tag, Vary: 'Accept-Encoding' }
  if (status === 200 && isKnown(request, tag)) return { status: 304, headers: always, body: null }
  const encoding: Record<string, string> = isCompressed ? { 'Content-Encoding': 'br' } : {}
  return {
    status,
    headers: { ...always, 'Content-Type': asset.type, ...encoding },
    body: isCompressed ? asset.compressed : asset.body,
  }
}

function takesBrotli(accepted: string): boolean {
  const [, weight = '1'] = /(?:^|,)\s*br\s*(?:;\s*q=([\d.]+)\s*)?(?:,|$)/i.exec(accepted) ?? [null, '0']
  return Number(weight) > 0
}
