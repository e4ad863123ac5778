import type { IdentityHeaderSettings } from '../../config/settings.ts'
import { emittedNames } from './conflicts.ts'
import { fold } from './fold.ts'
import type { StripNames } from './types.ts'

export { fold } from './fold.ts'

/**
 * Prefixes of names that some dialect of ours or some proxy uses to vouch for an identity; stripped whether or not a style is
 * on, so that turning one on later, or an upstream that believes another, finds nothing a client wrote.
 */
const PREFIXES: readonly string[] = [
  'x-forwarded',
  'x-remote-',
  'x-proxy-',
  'x-auth-couchdb-',
  'x-auth-request-',
  'x-authenticated-',
  'x-webauth-',
  'x-pomerium-',
  'x-ssl-',
  'ssl-client-',
  'x-client-cert',
  'x-client-verify',
  'client-cert',
  '-opendistro-security-',
  'x-certgate-',
  'x-amzn-mtls-',
  'x-arr-clientcert',
  'x-clientcert',
  'x-tls-client-',
  'cf-client-cert-',
  'wl-proxy-',
]

/** Names that carry an identity, an address that upstreams trust, another URL or another method; and httpoxy's. */
const EXACT: readonly string[] = [
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'x-ssl',
  'x-client-dn',
  'x-client-cn',
  'x-client-serial',
  'remote-user',
  'remote-groups',
  'remote-name',
  'remote-email',
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-override-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'proxy',
]

/** CGI's names: an upstream that turns X_FORWARDED_USER into HTTP_X_FORWARDED_USER may take the latter for it. */
function cgiAliases(names: readonly string[]): readonly string[] {
  return names.filter((name) => !name.startsWith('x-')).map((name) => `http-${name}`)
}

const ALL_PREFIXES: readonly string[] = [...PREFIXES, 'http-x-', ...cgiAliases(PREFIXES)]

/** Names removed from every request and trailer: the fixed list, all that `settings` can emit, and `extra` (`strip:` lists). */
export function compileStripNames(settings: IdentityHeaderSettings, extra: readonly string[] = []): StripNames {
  const own = [...emittedNames(settings), ...extra].map(fold)
  const names = new Set([...EXACT, ...own, ...cgiAliases([...EXACT, ...own])])
  const exact = [...names].filter((name) => name !== '' && !ALL_PREFIXES.some((prefix) => name.startsWith(prefix))).sort()
  return { exact, prefixes: ALL_PREFIXES }
}
