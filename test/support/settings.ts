import type { ClientCertDomain, Limits, ListenerSettings, Settings } from '../../src/config/settings.ts'

export const LIMITS: Limits = {
  handshake: 10_000,
  head: 10_000,
  headBytes: 32_768,
  headers: 100,
  targetBytes: 8_192,
  bodyBytes: 0,
  bodyIdle: 60_000,
  keepalive: 75_000,
  upstreamConnect: 5_000,
  upstreamFirstByte: 60_000,
  upstreamIdle: 60_000,
  drain: 30_000,
  eventLoopDelay: 250,
  handshakes: 10_000,
  connections: 20_000,
  connectionsPerAddress: 1_000,
}

/** A plain listener on a free port of this machine. */
export function listenerSettings(name = 'main', given: Partial<ListenerSettings> = {}): ListenerSettings {
  return { name, address: { host: '127.0.0.1', port: 0 }, protocol: 'http', tls: null, ...given }
}

/** Complete settings with one plain listener and nothing behind it. */
export function settingsWith(given: Partial<Settings> = {}): Settings {
  return {
    file: '/etc/certgate/certgate.yml',
    directory: '/etc/certgate',
    listeners: new Map([['main', listenerSettings()]]),
    auth: { combine: 'first', usernameMustMatch: true, anonymous: false, domains: [] },
    rolesMapping: null,
    internalUsers: null,
    upstreams: new Map(),
    routes: [],
    identityHeaders: { styles: [], custom: new Map(), forwarded: false, trustedHops: [] },
    admin: null,
    pki: null,
    authority: null,
    store: null,
    telemetry: { address: null, accessLog: 'off', log: { level: 'error', format: 'json' }, expiryWarning: 14 * 86_400_000 },
    workers: 1,
    errors: 'problem',
    hideRoutes: false,
    contact: null,
    limits: LIMITS,
    watchedFiles: [],
    ...given,
  }
}

/** The domain of a configuration without an `auth` block: the common name is who somebody is. */
export function clientCertDomain(given: Partial<ClientCertDomain> = {}): ClientCertDomain {
  return {
    type: 'clientcert',
    name: 'clientcert',
    order: 1,
    usernameAttribute: 'cn',
    rolesAttribute: null,
    skipUsers: [],
    onMissing: 'refuse',
    ...given,
  }
}
