import { parseConfig } from '../../../src/config/load.ts'
import type { Settings } from '../../../src/config/settings.ts'
import type { UNWIRED } from '../../../src/config/unwired.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'

export const FILE = '/conf/certgate.yml'

export interface Given {
  readonly tls?: string
  readonly route?: string
  readonly rest?: string
}

export function text({ tls = 'client_ca: ca.crt', route = 'path: /**, allow: [authenticated]', rest = '' }: Given): string {
  return `listeners:
  main: { address: 127.0.0.1:8443, tls: { certificate: { cert: s.crt, key: s.key }, ${tls} } }
  plain: { address: 127.0.0.1:8080, tls: off }
upstreams: { app: { targets: "http://127.0.0.1:9200" } }
routes: [{ ${route}, upstream: app }]
${rest}
`
}

/** As if control acted on every key. */
export function wired(given: Given): Settings {
  return parseConfig(text(given), FILE, { env: {}, unwired: [] }).settings
}

export function problems(given: Given, unwired = [] as typeof UNWIRED): readonly Problem[] {
  const beside = ({ path }: Problem): boolean => path !== 'listeners.plain.tls.clientauth_mode'
  try {
    return parseConfig(text(given), FILE, { env: {}, unwired }).warnings.filter(beside)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.filter(beside)
    throw error
  }
}

export const told = (given: Given): string[] =>
  problems(given).map(({ path, message, hint }) => `${path}: ${message}${hint === undefined ? '' : ` -- ${hint}`}`)
