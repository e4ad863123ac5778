// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig, parseConfig } from '../../../src/config/load.ts'
import { ConfigError } from '../../../src/errors.ts'
import { temporaryFolder } from '../../support/authority.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/config')
const everything = () => loadConfig(join(FIXTURES, 'everything.good.yml'), { env: { PFX_PASSWORD: 'from env' } }).settings

const MINIMAL = `
listeners: { main: { address: 127.0.0.1:8443, tls: { certificate: { cert: s.crt, key: s.key }, client_ca: ca.crt } } }
upstreams: { app: { targets: "http://127.0.0.1:9200" } }
routes: [{ path: /**, allow: [authenticated], upstream: app }]
`

function problemsOf(text: string) {
  try {
    return parseConfig(text, '/conf/certgate.yml', { env: {} }).warnings
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('loadConfig', () => {
  it('fills in every default, and one clientcert domain by common name', () => {
    const { settings, warnings } = parseConfig(MINIMAL, '/conf/certgate.yml')
    assert.deepEqual(warnings, [])
    assert.deepEqual(settings.auth, {
      combine: 'first',
      usernameMustMatch: true,
      anonymous: false,
      domains: [
        {
          type: 'clientcert',
          name: 'clientcert',
          order: 0,
          usernameAttribute: 'cn',
          rolesAttribute: null,
          skipUsers: [],
          onMissing: 'refuse',
        },
      ],
    })
    assert.deepEqual(settings.listeners.get('main')?.tls, {
      certificate: { pfx: null, password: null, cert: '/conf/s.crt', key: '/conf/s.key', passphrase: null },
      clientCa: ['/conf/ca.crt'],
      trust: 'either',
      crl: { validate: false, files: [], fromDistributionPoints: false, onUnavailable: 'deny' },
      ocsp: { validate: false, onUnavailable: 'deny' },
      clientauthMode: 'REQUIRE',
      minVersion: 'TLSv1.2',
      names: new Map(),
      defaultName: null,
    })
    assert.deepEqual(settings.identityHeaders.styles, [{ style: 'plain', options: {} }])
    assert.deepEqual([settings.admin?.address, settings.admin?.byDefault], [null, true])
    assert.equal(settings.telemetry.address, null)
    assert.equal(settings.limits.headBytes, 32 * 1024)
    assert.equal(settings.limits.handshake, 10_000)
    assert.equal(settings.routes[0]?.name, '/**')
    assert.deepEqual(settings.watchedFiles, ['/conf/s.crt', '/conf/s.key', '/conf/ca.crt'])
  })

  it('takes the domain block of the Open Distro page as it stands', () => {
    const { settings } = loadConfig(join(FIXTURES, 'opendistro-domain.good.yml'))
    const [domain] = settings.auth.domains
    assert.equal(settings.auth.domains.length, 1)
    assert.deepEqual([domain?.name, domain?.type, domain?.order], ['clientcert_auth_domain', 'clientcert', 1])
  })

  it('omits username_attribute: the whole DN is the name', () => {
    const { settings } = parseConfig(`${MINIMAL}auth: { domains: { a: { http_authenticator: { type: clientcert } } } }`, '/conf/c.yml')
    const [domain] = settings.auth.domains
    assert.equal(domain?.type === 'clientcert' && domain.usernameAttribute, null)
  })

  it('sorts domains, drops disabled ones, and keeps what each was given', () => {
    const { auth } = everything()
    assert.deepEqual(
      auth.domains.map(({ name }) => name),
      ['certificates', 'passwords'],
    )
    assert.deepEqual(auth.domains[0], {
      type: 'clientcert',
      name: 'certificates',
      order: 0,
      usernameAttribute: 'san:dNSName:*.example',
      rolesAttribute: 'dn:ou',
      skipUsers: ['CN=probe*', '/CN=p[0-9]+/'],
      onMissing: 'dn',
    })
    assert.deepEqual([auth.combine, auth.usernameMustMatch, auth.anonymous], ['all', false, true])
  })

  it('inherits what an SNI name leaves out, and knows names in lower case', () => {
    const tls = everything().listeners.get('main')?.tls
    assert.deepEqual([...(tls?.names.keys() ?? [])], ['db.example', '*.example.org'])
    const org = tls?.names.get('*.example.org')
    assert.equal(org?.certificate.pfx, join(FIXTURES, 'server.pfx'))
    assert.deepEqual(org?.clientCa, [join(FIXTURES, 'org-ca.crt')])
    assert.equal(org?.crl.validate, true)
    assert.equal(tls?.names.get('db.example')?.crl.validate, false)
    assert.equal(tls?.defaultName, 'db.example')
    assert.equal(tls?.names.get('db.example')?.certificate.passphrase, '${literal}')
  })

  it('replaces placeholders, from the environment and from files', () => {
    const settings = everything()
    assert.equal(settings.listeners.get('main')?.tls?.certificate.password, 'from env')
    assert.equal(settings.identityHeaders.styles.find(({ style }) => style === 'couchdb')?.options.secret, 'couch-secret')
    assert.ok(settings.watchedFiles.includes(join(FIXTURES, 'couch.secret')))
  })

  it('reads units, addresses, targets and options', () => {
    const { limits, upstreams, listeners, identityHeaders, routes, telemetry, admin } = everything()
    assert.deepEqual(
      [limits.head, limits.headBytes, limits.bodyBytes, limits.keepalive, limits.upstreamConnect],
      [1500, 65_536, 10_485_760, 0, 1500],
    )
    assert.deepEqual(listeners.get('main')?.address, { host: '::', port: 8443 })
    assert.equal(listeners.get('plain')?.tls, null)
    assert.deepEqual(upstreams.get('search')?.targets[1], {
      kind: 'tcp',
      url: 'https://[2001:db8::1]:9201',
      host: '2001:db8::1',
      port: 9201,
      tls: true,
    })
    assert.deepEqual(upstreams.get('socket')?.targets[0], {
      kind: 'unix',
      url: `unix:${FIXTURES}/run/app.sock`,
      path: `${FIXTURES}/run/app.sock`,
      tls: false,
    })
    assert.deepEqual(upstreams.get('search')?.strip, ['x-internal-thing'])
    assert.deepEqual(identityHeaders.styles.slice(0, 3), [
      { style: 'plain', options: { user: 'X-User', groups: '' } },
      { style: 'rfc9440', options: { chain: 'false' } },
      { style: 'xfcc', options: { mode: 'sanitize_set', set: 'subject,uri' } },
    ])
    assert.deepEqual(routes[0]?.hosts, ['search.example', '*.search.example'])
    assert.deepEqual(routes[0]?.upgrade, ['websocket'])
    assert.equal(routes[0]?.line, 47)
    assert.deepEqual(telemetry.accessLog, { file: join(FIXTURES, 'access.log') })
    const nothingElse = { address: null, tls: null, adminDn: [], serverCertificate: 'allow', hosts: [], byDefault: false }
    assert.deepEqual(admin, { ...nothingElse, socket: join(FIXTURES, 'run/admin.sock') })
  })

  it('gives frozen data that crosses to the workers whole', () => {
    const settings = everything()
    assert.throws(() => (settings.routes as unknown[]).push(1), TypeError)
    assert.throws(() => (settings.upstreams as Map<string, unknown>).set('x', 1), TypeError)
    assert.throws(() => (everything().listeners as Map<string, unknown>).clear(), TypeError)
    assert.throws(() => Object.assign(settings.limits, { head: 0 }), TypeError)
    const copy = structuredClone(settings)
    assert.deepEqual(copy, settings)
    assert.deepEqual(copy.upstreams.get('search'), settings.upstreams.get('search'))
  })

  it('refuses a missing file with a hint, and one that is not UTF-8', (t) => {
    const { path: folder, write } = temporaryFolder(t)
    assert.throws(
      () => loadConfig(join(folder, 'none.yml')),
      (error) =>
        error instanceof ConfigError &&
        /no such file/.test(error.problems[0]?.message ?? '') &&
        /certgate init/.test(error.problems[0]?.hint ?? ''),
    )
    const file = write('latin1.yml', Buffer.from([0x61, 0x3a, 0xe9]))
    assert.throws(
      () => loadConfig(file),
      (error) => error instanceof ConfigError && /not UTF-8/.test(error.problems[0]?.message ?? ''),
    )
  })

  it('warns of a certificate domain behind a challenging password domain', () => {
    const auth = `internal_users: u.yml
auth:
  domains:
    basic: { order: 0, http_authenticator: { type: basic } }
    cert: { order: 1, http_authenticator: { type: clientcert } }
`
    const [warning, ...rest] = problemsOf(MINIMAL + auth)
    assert.deepEqual(rest, [])
    assert.equal(warning?.severity, 'warning')
    assert.match(warning?.message ?? '', /`cert` never runs for a client without a password: `basic` comes first/)
    assert.equal(warning?.path, 'auth.domains.cert')
    assert.deepEqual(problemsOf(MINIMAL + auth.replace('type: basic', 'type: basic, challenge: false')), [])
    assert.deepEqual(problemsOf(MINIMAL + auth.replace('auth:', 'auth:\n  combine: all')), [])
  })

  it('warns where passwords would travel in the clear, and of an upstream no route leads to', () => {
    const text = MINIMAL.replace('tls: { certificate: { cert: s.crt, key: s.key }, client_ca: ca.crt }', 'tls: off')
      .replace('127.0.0.1:8443', '0.0.0.0:8443')
      .replace('upstreams: {', 'upstreams: { spare: { targets: "http://x" },')
    const auth = 'internal_users: u.yml\nauth: { domains: { basic: { http_authenticator: { type: basic } } } }\n'
    assert.deepEqual(
      problemsOf(text + auth).map(({ severity, path }) => `${severity} ${path}`),
      ['warning listeners.main.tls', 'warning upstreams.spare'],
    )
  })
})
