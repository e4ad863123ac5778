import type { Problem } from '../errors.ts'
import { ORDINARY_METHODS } from '../policy/methods.ts'
import type { Located } from './document.ts'
import type { Settings } from './settings.ts'
import { nearest } from './suggest.ts'

/** What is allowed but probably not meant: told by `check`, never a reason not to start. */
export function warnings(settings: Settings, document: Located): Problem[] {
  return [...listenerWarnings(settings, document), ...unusedUpstreams(settings, document), ...unknownMethods(settings, document)]
}

function* unknownMethods({ routes }: Settings, document: Located): Generator<Problem> {
  for (const { index, methods } of routes) {
    for (const [place, method] of methods.entries()) {
      if (ORDINARY_METHODS.has(method) || method === 'TRACE') continue
      const near = nearest(method, ORDINARY_METHODS)
      const hint = near === undefined ? 'it is let through exactly as it is written' : `did you mean ${near}?`
      yield document.problem(['routes', index, 'methods', place], `\`${method}\` is no registered method`, { severity: 'warning', hint })
    }
  }
}

function* listenerWarnings(settings: Settings, document: Located): Generator<Problem> {
  const types = new Set(settings.auth.domains.map((domain) => domain.type))
  const isPublic = settings.auth.anonymous || settings.routes.some((route) => route.allow.some((word) => word.kind === 'anonymous'))
  for (const { name, tls, address } of settings.listeners.values()) {
    const path = ['listeners', name]
    const warn = (where: string[], message: string, hint: string) =>
      document.problem([...path, ...where], message, { severity: 'warning', hint })
    if (tls === null && types.has('basic') && !isLoopback(address.host)) {
      yield warn(['tls'], 'passwords travel unencrypted to this listener', 'give it `tls`, or let it listen on 127.0.0.1 only')
    }
    const silent = tls === null || tls.clientauthMode === 'NONE'
    if (silent && types.size === 1 && types.has('clientcert') && !isPublic) {
      yield warn(
        ['tls', 'clientauth_mode'],
        'no certificate is asked for here, and no domain takes anything else',
        'set clientauth_mode: REQUIRE or OPTIONAL',
      )
    }
    if (tls !== null && !tls.crl.validate && (tls.crl.files.length > 0 || tls.crl.fromDistributionPoints)) {
      yield warn(['tls', 'crl'], 'revocation lists are named but not checked', 'set validate: true')
    }
  }
}

function* unusedUpstreams(settings: Settings, document: Located): Generator<Problem> {
  const used = new Set(settings.routes.map((route) => route.upstream))
  // A misspelt name is told at its route; that the one it was meant for seems unused would only distract.
  if ([...used].some((name) => !settings.upstreams.has(name))) return
  for (const name of settings.upstreams.keys()) {
    if (used.has(name) || settings.routes.length === 0) continue
    yield document.problem(['upstreams', name], `no route leads to the upstream \`${name}\``, { severity: 'warning' })
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
