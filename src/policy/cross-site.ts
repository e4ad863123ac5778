import type { RouteSettings } from './types.ts'

/** What a browser says about the page that sent a request; null where a header is absent. */
export interface RequestSite {
  readonly method: string
  readonly scheme: 'https' | 'http'
  /** The Host header, or the authority of an absolute-form target. */
  readonly host: string
  readonly secFetchSite: string | null
  readonly origin: string | null
  /** The request asks to switch protocols. */
  readonly upgrade: boolean
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Why a request that another site's page may have caused is refused, or null. Browsers send client certificates by themselves, so
 * without this any page could act in its visitor's name. An Upgrade whose Origin cannot be read is refused too.
 */
export function crossSiteProblem(route: RouteSettings, request: RequestSite): string | null {
  if (route.crossSite === 'allow') return null
  if (request.secFetchSite !== null && !SAFE_METHODS.has(request.method) && /(^|,)\s*cross-site\s*(,|$)/i.test(request.secFetchSite)) {
    return `a page of another site sent this ${request.method} (Sec-Fetch-Site: cross-site)`
  }
  if (request.upgrade && request.origin !== null && originAuthority(request.origin) !== withDefaultPort(request.host, request.scheme)) {
    return `a page of another origin asked for an upgrade (Origin: ${JSON.stringify(request.origin.slice(0, 200))})`
  }
  return null
}

/** `host:port` of a serialised origin (RFC 6454 section 6.2); null for `null` and whatever else is not one. */
function originAuthority(origin: string): string | null {
  const match = /^(https?):\/\/([^/?#@\\\s]+)$/i.exec(origin)
  if (match === null) return null
  return withDefaultPort(match[2] as string, (match[1] as string).toLowerCase() === 'https' ? 'https' : 'http')
}

function withDefaultPort(authority: string, scheme: 'https' | 'http'): string {
  const host = authority.toLowerCase()
  return /:\d+$/.test(host) ? host : `${host}:${scheme === 'https' ? 443 : 80}`
}
