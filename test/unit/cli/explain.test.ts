import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Explanation } from '../../../src/admin/explain/explanation.ts'
import { explainCommand } from '../../../src/cli/explain.ts'
import { ConfigError, InputError, MaterialError, UsageError } from '../../../src/errors.ts'
import { createAuthority } from '../../support/authority.ts'
import { type ExplainedGateway, explainedGateway } from './explained-gateway.ts'
import { testTerminal } from './terminal.ts'

async function text({ cwd }: Pick<ExplainedGateway, 'cwd'>, ...args: string[]) {
  const terminal = testTerminal({ cwd })
  const code = await explainCommand.run(args, terminal)
  return { code, text: terminal.stdout() }
}

async function explain(gateway: Pick<ExplainedGateway, 'cwd'>, ...args: string[]) {
  const { code, text: json } = await text(gateway, '--json', ...args)
  return { code, ...(JSON.parse(json) as Explanation) }
}

const PASSWORDS = `
auth:
  combine: COMBINE
  domains:
    certificates:
      order: 1
      http_authenticator: { type: clientcert, challenge: false, config: { username_attribute: cn } }
    passwords:
      order: 2
      http_authenticator: { type: basic, challenge: true }
      authentication_backend: { type: internal }
`

describe('explain with a certificate', () => {
  it('says who, which roles by which line, which route, and what goes upstream', async (t) => {
    const gateway = await explainedGateway(t)
    const file = gateway.issue('client.crt', await gateway.authority.issue({ subject: 'CN=CLIENT1,OU=ops,O=Acme' }))
    const { code, ...said } = await explain(gateway, '--cert', file, 'GET', 'https://localhost:8443/movies/%5fdoc//3?password=hush')
    assert.equal(code, 0)
    assert.equal(said.allowed, true)
    assert.deepEqual(said.request, {
      method: 'GET',
      path: '/movies/_doc/3',
      host: 'localhost:8443',
      listener: 'main',
      address: '127.0.0.1',
    })
    assert.deepEqual(said.identity, {
      name: 'CLIENT1',
      dn: 'CN=CLIENT1,OU=ops,O=Acme',
      domain: 'certificates',
      backend_roles: [],
      clearance: null,
      permissions: {},
    })
    assert.deepEqual(said.roles, [{ role: 'readall', by: 'users', pattern: 'CLIENT1', file: 'roles_mapping.yml', line: 3 }])
    assert.equal(said.route?.name, 'read movies')
    assert.equal(said.route?.file, 'certgate.yml')
    assert.deepEqual(said.route?.captures, { kind: '_doc' })
    assert.equal(said.certificate?.trusted, true)
    assert.match(said.certificate?.not_checked ?? '', /name constraints/)
    assert.equal(said.forwarded?.path, '/movies/_doc/3')
    const headers = new Map(said.forwarded?.headers.map(({ name, value }) => [name, value]))
    assert.equal(headers.get('X-Forwarded-User'), 'CLIENT1')
    assert.equal(headers.get('X-Forwarded-Roles'), 'readall')
    assert.ok(!JSON.stringify(said).includes('hush'))
  })

  it('names the reason and the status where it is denied', async (t) => {
    const gateway = await explainedGateway(t)
    const file = gateway.issue('client.crt', await gateway.authority.issue({ subject: 'CN=CLIENT1' }))
    const asked = async (...args: string[]) => {
      const { code, status, reason } = await explain(gateway, '--cert', file, ...args)
      return [code, status, reason]
    }
    assert.deepEqual(await asked('DELETE', '/movies/_doc/3'), [1, 403, 'role_missing'])
    assert.deepEqual(await asked('TRACE', '/movies/_doc/3'), [1, 403, 'method_not_allowed'])
    assert.deepEqual(await asked('GET', '/movies/..%2fx'), [1, 400, 'malformed_path'])
    assert.deepEqual(await asked('OPTIONS', '*'), [1, 404, 'route_missing'])
    assert.deepEqual(await asked('--host', 'a b', 'GET', '/movies/x'), [1, 400, 'malformed_request'])
    assert.deepEqual(await asked('GET', '/status'), [0, null, null])
  })

  it('says why a certificate is not trusted', async (t) => {
    const gateway = await explainedGateway(t)
    const stranger = await createAuthority('CN=Test CA,O=Acme')
    const issuing = await gateway.authority.intermediate('CN=Issuing')
    const below = await issuing.issue({ subject: 'CN=CLIENT1' })
    const past = new Date(Date.now() - 60_000)
    const cases: [string, string | null][] = [
      [gateway.issue('expired.crt', await gateway.authority.issue({ subject: 'CN=CLIENT1', notAfter: past })), 'certificate_expired'],
      [gateway.issue('stranger.crt', await stranger.issue({ subject: 'CN=CLIENT1' })), 'certificate_unknown_issuer'],
      [gateway.issue('server.pem', await gateway.authority.server()), 'certificate_wrong_purpose'],
      [gateway.issue('ca.pem', gateway.authority), 'certificate_is_ca'],
      [gateway.issue('below.crt', below), 'certificate_unknown_issuer'],
      [gateway.issue('chain.crt', below, [issuing]), null],
    ]
    for (const [file, expected] of cases) {
      const { code, reason, roles, certificate } = await explain(gateway, '--cert', file, 'GET', '/movies/_doc/3')
      assert.equal(reason, expected, file)
      assert.equal(code, expected === null ? 0 : 1)
      assert.equal(certificate?.trusted, expected === null)
      assert.equal(roles.length, expected === null ? 1 : 0, file)
    }
  })

  it('asks the revocation lists', async (t) => {
    const gateway = await explainedGateway(t)
    const revoked = await gateway.authority.issue({ subject: 'CN=CLIENT1' })
    const file = gateway.issue('client.crt', revoked)
    gateway.write('ca.crl', gateway.authority.crl({ revoked: [revoked] }))
    gateway.write(
      'crl.yml',
      (await readConfig(gateway)).replace('client_ca: [ca.crt]', 'client_ca: [ca.crt]\n      crl: { validate: true, files: [ca.crl] }'),
    )
    const { reason } = await explain(gateway, '--config', 'crl.yml', '--cert', file, 'GET', '/movies/_doc/3')
    assert.equal(reason, 'certificate_revoked')
  })

  it('asks whether a DN in the mapping is reversed', async (t) => {
    const gateway = await explainedGateway(t)
    const file = gateway.issue('client.crt', await gateway.authority.issue({ subject: 'O=Acme,OU=ops,CN=root' }))
    const { code, notes } = await explain(gateway, '--cert', file, 'GET', '/x')
    assert.equal(code, 1)
    assert.ok(
      notes.some((note) => /roles_mapping\.yml:7: .*reversed\?/.test(note)),
      notes.join('\n'),
    )
  })
})

describe('explain with a name', () => {
  it('says that a method which nobody registered has to be named by a route', async (t) => {
    const gateway = await explainedGateway(t)
    const notes = async (method: string) => (await explain(gateway, '--cn', 'alice', method, '/movies/x')).notes.join('\n')
    assert.match(await notes('BLAH'), /BLAH passes only where a route names it in 'methods'/)
    assert.doesNotMatch(await notes('MKCOL'), /passes only/)
  })

  it('supposes a certificate and says so', async (t) => {
    const gateway = await explainedGateway(t)
    const byCn = await explain(gateway, '--cn', 'alice', 'GET', '/movies/x')
    assert.equal(byCn.code, 0)
    assert.equal(byCn.roles[0]?.pattern, 'al*')
    assert.equal(byCn.certificate?.sha256, null)
    assert.ok(
      byCn.notes.some((note) =>
        note.startsWith('supposed: a certificate with the subject CN=alice and nothing else, issued by CN=Test CA,O=Acme'),
      ),
    )
    const byDn = await explain(gateway, '--dn', 'cn=root, ou=ops, o=Acme', 'GET', '/x')
    assert.deepEqual([byDn.code, byDn.identity?.name, byDn.roles[0]?.role], [0, 'root', 'admin'])
    assert.equal((await explain(gateway, '--cn', 'CN=root,OU=ops,O=Acme', 'GET', '/x')).reason, 'identity_unusable')
  })

  it('asks where the request comes from', async (t) => {
    const gateway = await explainedGateway(t)
    const { roles } = await explain(gateway, '--cn', 'bob', '--address', '::ffff:10.1.2.3', 'GET', '/x')
    assert.deepEqual(roles, [{ role: 'local', by: 'hosts', pattern: '10.0.0.0/8', file: 'roles_mapping.yml', line: 10 }])
  })

  it('knows internal users, as if their password were right', async (t) => {
    const gateway = await explainedGateway(t, PASSWORDS.replace('COMBINE', 'first'))
    const carol = await explain(gateway, '--user', 'carol', 'GET', '/x')
    assert.deepEqual([carol.code, carol.identity?.domain, carol.identity?.backend_roles], [0, 'passwords', ['ops']])
    assert.equal((await explain(gateway, '--user', 'nobody', 'GET', '/x')).reason, 'credentials_invalid')
    assert.equal((await explain(gateway, '--anonymous', 'GET', '/x')).reason, 'credentials_required')
  })

  it('combines a certificate and a password where both are wanted', async (t) => {
    const gateway = await explainedGateway(t, PASSWORDS.replace('COMBINE', 'all'))
    assert.equal((await explain(gateway, '--cn', 'carol', '--user', 'carol', 'GET', '/x')).code, 0)
    assert.equal((await explain(gateway, '--cn', 'alice', '--user', 'carol', 'GET', '/x')).reason, 'identity_mismatch')
    assert.equal((await explain(gateway, '--cn', 'carol', 'GET', '/x')).reason, 'credentials_required')
  })

  it('knows requests without any credentials', async (t) => {
    const gateway = await explainedGateway(t)
    const open = await explain(gateway, '--anonymous', 'GET', '/status')
    assert.deepEqual([open.code, open.identity, open.certificate], [0, null, null])
    assert.equal((await explain(gateway, '--anonymous', 'GET', '/x')).reason, 'certificate_required')
    assert.equal((await explain(gateway, '--anonymous', 'GET', '/x')).status, 401)
  })
})

describe('explain on listeners', () => {
  it('takes the trust of the server name, and says where a handshake would fail', async (t) => {
    const gateway = await explainedGateway(t)
    const other = await createAuthority('CN=Other CA')
    gateway.write('other.crt', other.certificate)
    gateway.write(
      'names.yml',
      (await readConfig(gateway)).replace(
        'client_ca: [ca.crt]',
        'client_ca: [ca.crt]\n      names:\n        db.example: { client_ca: [other.crt] }\n        localhost: {}',
      ),
    )
    const file = gateway.issue('client.crt', await other.issue({ subject: 'CN=CLIENT1' }))
    const asked = async (url: string) => (await explain(gateway, '--config', 'names.yml', '--cert', file, 'GET', url)).reason
    assert.equal(await asked('https://db.example:8443/movies/x'), null)
    assert.equal(await asked('https://localhost/movies/x'), 'certificate_unknown_issuer')
    assert.equal(await asked('https://else.example/movies/x'), 'misdirected_request')
    assert.equal(await asked('https://127.0.0.1/movies/x'), 'misdirected_request')
    const borrowed = await explain(
      gateway,
      '--config',
      'names.yml',
      '--cert',
      file,
      '--host',
      'localhost',
      'GET',
      'https://db.example/movies/x',
    )
    assert.deepEqual([borrowed.status, borrowed.detail], [421, 'Host localhost is not served under the name of this TLS connection'])
  })

  it('does not look at a certificate where none is asked for', async (t) => {
    const gateway = await explainedGateway(t)
    gateway.write('none.yml', (await readConfig(gateway)).replace('OPTIONAL', 'NONE'))
    const { reason, notes } = await explain(gateway, '--config', 'none.yml', '--cn', 'alice', 'GET', '/movies/x')
    assert.equal(reason, 'certificate_required')
    assert.ok(notes.some((note) => /asks nobody for a certificate/.test(note)))
  })
})

describe('what explain prints', () => {
  it('can be pasted: the verdict first, one fact a line', async (t) => {
    const gateway = await explainedGateway(t)
    const allowed = await text(gateway, '--cn', 'alice', 'GET', '/movies/x')
    assert.match(allowed.text, /^allowed: 'alice' may GET \/movies\/x, by the role readall\n\n/)
    assert.match(allowed.text, /^request {8}GET \/movies\/x on main, Host localhost, from 127\.0\.0\.1$/m)
    assert.match(allowed.text, /^roles {10}readall {2}roles_mapping\.yml:4 {2}users: al\*$/m)
    assert.match(allowed.text, /^route {10}read movies {2}certgate\.yml:\d+$/m)
    assert.match(allowed.text, /^headers {8}X-/m)
    const denied = await text(gateway, '--cn', 'mallory\u001b[2J', 'GET', '/x')
    assert.match(denied.text, /^denied: 403 identity_unusable: /)
    assert.ok(!denied.text.includes('\u001b'))
    const stranger = await text(gateway, '--cn', 'bob', 'GET', '/x')
    assert.match(stranger.text, /^denied: 403 role_missing: 'bob' has no role; route 'rest' allows admin\n/)
  })

  it('never holds a shared secret', async (t) => {
    const gateway = await explainedGateway(
      t,
      'identity_headers:\n  styles: [{ couchdb: { secret: "0123456789abcdef0123456789abcdef" } }]\n',
    )
    const { forwarded } = await explain(gateway, '--cn', 'alice', 'GET', '/movies/x')
    const token = forwarded?.headers.find(({ name }) => name === 'X-Auth-CouchDB-Token')
    assert.equal(token?.value, '(hidden)')
  })

  it('knows a secret by where it comes from, whatever its header is called', async (t) => {
    const gateway = await explainedGateway(
      t,
      `identity_headers:
  styles: [{ couchdb: { secret: "0123456789abcdef0123456789abcdef", token: X-Signed } }]
  custom: { X-Api-Key: "hush-hush", X-Who: "id={name}" }
`,
    )
    const { forwarded } = await explain(gateway, '--cn', 'alice', 'GET', '/movies/x')
    const value = (wanted: string) => forwarded?.headers.find(({ name }) => name === wanted)?.value
    assert.deepEqual(['X-Signed', 'X-Api-Key', 'X-Who'].map(value), ['(hidden)', '(hidden)', 'id=alice'])
  })
})

describe('wrong usage of explain', () => {
  const cases: [string, string[], RegExp][] = [
    ['nobody', ['GET', '/'], /nobody is named/],
    ['two certificates', ['--cn', 'a', '--dn', 'CN=a', 'GET', '/'], /only one of/],
    ['anonymous and somebody', ['--anonymous', '--user', 'a', 'GET', '/'], /without any credentials/],
    ['no URL', ['--cn', 'a', 'GET'], /missing METHOD URL/],
    ['no method', ['--cn', 'a', 'G T', '/'], /is not a method/],
    ['no path', ['--cn', 'a', 'GET', 'movies'], /neither a path nor a URL/],
    ['a URL with user', ['--cn', 'a', 'GET', 'https://u@h/'], /is not a URL/],
    ['no DN', ['--dn', 'alice', 'GET', '/'], /not a distinguished name/],
    ['a colon', ['--user', 'a:b', 'GET', '/'], /no colon/],
  ]
  for (const [name, args, message] of cases) {
    it(name, async (t) => {
      const gateway = await explainedGateway(t)
      await assert.rejects(text(gateway, ...args), (error) => error instanceof UsageError && message.test(error.message))
    })
  }

  it('is told apart from what cannot be read', async (t) => {
    const gateway = await explainedGateway(t)
    await assert.rejects(text(gateway, '--cert', 'server.key', 'GET', '/'), MaterialError)
    const elsewhere = text(gateway, '--cn', 'a', '--listener', 'x', 'GET', '/')
    await assert.rejects(elsewhere, (error) => error instanceof InputError && error.message === "there is no listener 'x'")
    await assert.rejects(text(gateway, '--config', 'absent.yml', '--cn', 'a', 'GET', '/'), ConfigError)
  })
})

async function readConfig({ cwd }: ExplainedGateway): Promise<string> {
  return readFile(`${cwd}/certgate.yml`, 'utf8')
}
