/**
 * The promise: `/admin` is for the role admin, however it is written and by whatever means it is asked for. The upstream hears of a
 * request only by the path and method that were decided, and nothing that a client says beside them decides.
 */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { startProgram } from '../support/program.ts'
import { RawClient } from '../support/raw-client.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, {
    rolesMapping: 'reader: { users: [alice] }\nadmin: { users: [root] }\n',
    routes: `
  - { name: public, path: /public/**, allow: [anonymous], upstream: recorder }
  - { name: admin, path: /admin/**, allow: [admin], upstream: recorder }
  - { name: reports, path: /reports/**, methods: [GET], allow: [reader], upstream: recorder }
  - { name: rest, path: /app/**, allow: [reader], upstream: recorder }`,
  })
})
beforeEach(() => gateway.upstream.reset())

describe('another spelling of /admin/users', () => {
  const targets = [
    '/app/../admin/users',
    '/app/./../admin/users',
    '/app/%2e%2e/admin/users',
    '/app/.%2e/admin/users',
    '/app/..%2fadmin/users',
    '/app%2f..%2fadmin/users',
    '/app/%252e%252e/admin/users',
    '/app/..%255cadmin/users',
    '/app/..\\admin/users',
    '/app/%5c../admin/users',
    '/app/..;/admin/users',
    '/app;/../admin/users',
    '/app/;x=1/../../admin/users',
    '//admin/users',
    '/.//admin/users',
    '/%61dmin/users',
    '/%2561dmin/users',
    '/admin%2fusers',
    '/admin;a=b/users',
    '/admin/users#/app/x',
    '/app/x#/../admin/users',
    '/admin/users%23/app',
    '/admin/users?/app/x',
    '/admin/users%3f/app',
    '/admin/users%00/app',
    '/app/%00/../admin/users',
    '/admin/users%',
    '/admin/users%zz',
    '/admin/users%u002f',
    '/app/%uff0e%uff0e/admin/users',
    'http://localhost/admin/users',
    'http://localhost/app/../admin/users',
    'https://localhost/%61dmin/users',
    'http://admin@localhost/admin/users',
    '*',
  ]
  for (const target of targets) {
    test(target, async () => {
      const response = await gateway.ask(get(target, 'Connection: close\r\n'))
      assert.ok([400, 403, 404].includes(response.status), `${response.status}`)
      assert.equal(gateway.upstream.receivedText, '')
    })
  }

  test('is decided and forwarded as the one path that it is', async () => {
    const cases: [string, string][] = [
      ['/admin/../app/%61', '/app/a'],
      ['//app///x', '/app/x'],
      ['/app/x?next=/admin/users', '/app/x?next=/admin/users'],
      ['/app/x?/../../admin/users', '/app/x?/../../admin/users'],
      ['http://localhost/app/y', '/app/y'],
    ]
    for (const [target, path] of cases) {
      gateway.upstream.reset()
      assert.equal((await gateway.ask(get(target))).status, 200, target)
      assert.equal(gateway.upstream.only.target, path)
    }
  })
})

describe('another method', () => {
  const methods = [
    'HEAD',
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'get',
    'Get',
    'GETS',
    'TRACE',
    'CONNECT',
    'PROPFIND',
    'UNHEARD',
    '__proto__',
  ]
  for (const method of methods) {
    test(`${method} is not let through where only GET is allowed`, async () => {
      const text = `${method} /reports/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
      const response = await gateway.ask(text)
      assert.ok([400, 403, 404, 405, 501].includes(response.status), `${response.status}`)
      assert.equal(gateway.upstream.receivedText, '')
    })
  }

  for (const method of ['TRACE', 'CONNECT', 'get', 'UNHEARD']) {
    test(`${method} is not let through where no method is named`, async () => {
      const response = await gateway.ask(`${method} /app/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      assert.ok([400, 403, 404, 405, 501].includes(response.status), `${response.status}`)
      assert.equal(gateway.upstream.receivedText, '')
    })
  }
})

describe('what a client says beside path and method', () => {
  const lines = [
    'X-Original-URL: /public/x',
    'X-Rewrite-URL: /public/x',
    'X-Forwarded-Uri: /public/x',
    'X-Forwarded-Prefix: /public',
    'X-Forwarded-Path: /public/x',
    'X-Original-URI: /public/x',
    'X-HTTP-Method-Override: GET',
    'X-HTTP-Method: GET',
    'X-Method-Override: GET',
    'X-Forwarded-Host: public',
    'X-Forwarded-User: root',
    'X-Forwarded-For: 127.0.0.1',
    'User-Agent: kube-probe/1.30',
    'User-Agent: GoogleHC/1.0',
    'User-Agent: ELB-HealthChecker/2.0',
    '__proto__: root',
    'constructor: root',
  ]
  test('gives nobody a way in', async () => {
    for (const line of lines) {
      for (const client of [null, gateway.alice]) {
        const response = await gateway.ask(get('/admin/users', `${line}\r\nConnection: close\r\n`), client)
        assert.ok([401, 403].includes(response.status), `${line}: ${response.status}`)
        const method = await gateway.ask(`POST /reports/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n${line}\r\n\r\n`, client)
        assert.ok([401, 403].includes(method.status), `${line}: ${method.status}`)
      }
    }
    assert.equal(gateway.upstream.receivedText, '')
  })

  test('that decides elsewhere does not reach the upstream, with an identity or without', async () => {
    for (const client of [null, gateway.alice]) {
      gateway.upstream.reset()
      const overrides = lines.filter((line) => /^X-(Original-URL|Rewrite|Forwarded-(Uri|Prefix)|HTTP-Method-Override)/i.test(line))
      assert.equal((await gateway.ask(get('/public/x', `${overrides.join('\r\n')}\r\n`), client)).status, 200)
      for (const line of overrides) assert.deepEqual(gateway.upstream.only.values(line.split(':')[0] ?? ''), [], line)
    }
  })

  test('no path is exempt, and none has another refusal for a stranger', async () => {
    for (const path of [
      '/healthz',
      '/health',
      '/ping',
      '/ready',
      '/readyz',
      '/metrics',
      '/favicon.ico',
      '/robots.txt',
      '/.well-known/x',
      '/',
    ]) {
      const response = await gateway.ask(get(path), null)
      assert.equal(response.status, 401, path)
      assert.equal(response.json().code, 'certificate_required')
    }
    assert.equal(gateway.upstream.receivedText, '')
  })
})

describe('what another web site makes a browser with a certificate send', () => {
  const caused = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors']
  for (const lines of caused) {
    test(`changes nothing: ${JSON.stringify(lines)}`, async () => {
      const text = `POST /app/x HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.test\r\n${lines}\r\nContent-Length: 0\r\n\r\n`
      assert.equal((await gateway.ask(text)).json().code, 'cross_site')
      assert.equal(gateway.upstream.receivedText, '')
    })
  }
})

test('a plain listener removes identity headers too, and gives nobody an identity', async (t) => {
  const upstream = await RecordingUpstream.start(t)
  const { write } = temporaryFolder(t)
  const config = write(
    'certgate.yml',
    `listeners: { plain: { address: "127.0.0.1:0", tls: off } }
upstreams: { app: { targets: ["${upstream.url}"] } }
routes: [{ name: public, path: /public/**, allow: [anonymous], upstream: app }, { name: all, path: /**, allow: [authenticated], upstream: app }]
identity_headers: { styles: [plain, opensearch, xfcc] }
workers: 1
admin: { socket: admin.sock }
telemetry: { address: 127.0.0.1:0 }
`,
  )
  const program = await startProgram({ config }, t)
  const forged = ['X-Forwarded-User', 'X_Forwarded_User', 'x-proxy-user', 'X-Forwarded-Client-Cert', 'Client-Cert', 'X-SSL-Client-Verify']
  const lines = forged.map((name) => `${name}: root\r\n`).join('')
  const client = await RawClient.connect({ port: program.port, ca: null }, t)
  assert.equal((await client.ask(get('/public/x', lines))).status, 200)
  assert.doesNotMatch(upstream.only.head, /root/)
  upstream.reset()
  assert.equal((await client.ask(get('/secret', lines))).status, 401)
  assert.equal(upstream.receivedText, '')
})

test('a Host that is not of the name of the handshake is 421, however it is written', async (t) => {
  const other = await createAuthority('CN=others')
  const named = await startGateway(t, {
    alsoTrusted: [other],
    tls: `clientauth_mode: REQUIRE
      names:
        a.test: { client_ca: [ca.crt] }
        b.test: { client_ca: [ca.crt] }`,
    routes: `
  - { name: a, host: [a.test], path: /**, allow: [authenticated], upstream: recorder }
  - { name: b, host: [b.test], path: /**, allow: [admin], upstream: recorder }`,
  })
  const options = { servername: 'a.test', tls: { checkServerIdentity: () => undefined } }
  const ask = async (host: string, target = '/x') => {
    const client = await named.connect(named.alice, options)
    const response = await client.ask(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    client.close()
    return response.status
  }
  for (const host of ['b.test', 'B.TEST', 'b.test.', 'b.test:8443', 'unknown.test']) assert.ok([421, 400].includes(await ask(host)), host)
  assert.equal(await ask('b.test'), 421)
  assert.equal(await ask('b.test', 'http://b.test/x'), 421)
  assert.equal(await ask('a.test', 'http://b.test/x'), 400)
  assert.equal(named.upstream.receivedText, '')
  for (const host of ['a.test', 'A.Test', 'a.test:443']) assert.equal(await ask(host), 200, host)
  assert.equal(named.upstream.requests.length, 3)
})
