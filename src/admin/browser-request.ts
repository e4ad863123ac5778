import { AdminProblem } from './problem.ts'
import type { ApiRequest } from './types.ts'

/** Methods that change nothing here. */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** JSON and YAML are all that any call takes, and no page of another site can send them without being asked for (CORS) first. */
const TYPES = /^(application\/([a-z0-9.+-]+\+)?(json|yaml)|application\/x-yaml|text\/yaml)[ \t]*(;|$)/i

/**
 * Browsers send client certificates by themselves: without this any page could administer in its visitor's name. Throws AdminProblem 403
 * for what a page of another site caused, reading too except by a link to the console, and for a body of which a form could have made the browser say so little. Programs say
 * nothing of pages: theirs is read whatever they call it, as `curl -d` calls everything a form.
 */
export function checkSite(request: Pick<ApiRequest, 'method' | 'path' | 'headers' | 'body'>): void {
  const { method, path, headers } = request
  const site = headers.get('sec-fetch-site')
  const strange = site !== undefined && /(^|,)\s*(cross-site|same-site)\s*(,|$)/i.test(site)
  if (isSafe(method) && (!strange || (isPage(path) && isFollowedLink(headers)))) return
  const origin = headers.get('origin')
  if (strange || (origin !== undefined && !isSame(origin, headers.get('host') ?? '')))
    throw new AdminProblem(403, 'cross_site', 'a page of another site caused this request')
  if (isOfBrowser(headers) && couldBeForm(request)) {
    const hint = 'send it with Content-Type: application/json'
    throw new AdminProblem(403, 'cross_site', 'a browser sent this as a form of any page could', { hint })
  }
}

/** What people link to. All else is for programs: followed, a link to it would save a file or start a long check. */
const isPage = (path: string): boolean => path === '/' || /^\/console(\/|$)/.test(path)

/** A page of its own, that the other site cannot look into; a frame, an image or a script is none. */
const isFollowedLink = (headers: ApiRequest['headers']): boolean =>
  headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document'

/** Whether a browser sent it: these are headers that no page can leave out. */
export const isOfBrowser = (headers: { readonly has: (name: string) => boolean }): boolean =>
  ['origin', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-user'].some((name) => headers.has(name))

function couldBeForm({ headers, body }: Pick<ApiRequest, 'headers' | 'body'>): boolean {
  const type = headers.get('content-type')
  return type === undefined ? body.length > 0 : !TYPES.test(type)
}

/**
 * Whether an Origin (RFC 6454 section 6.2) is the very host that was asked; `null` is nobody's. Administration has no plain address: a
 * page of `http://` with our host and port was written by whoever is in the network between.
 */
function isSame(origin: string, host: string): boolean {
  const [, authority] = /^https:\/\/([^/?#@\\\s]+)$/i.exec(origin) ?? []
  if (authority === undefined || host === '') return false
  const full = (text: string): string => (/:\d+$/.test(text) ? text : `${text}:443`).toLowerCase()
  return full(authority) === full(host)
}
