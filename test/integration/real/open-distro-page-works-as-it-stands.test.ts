import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Authority, createAuthority, type Issued, temporaryFolder } from '../../support/authority.ts'
import { type DocumentStore, startDocumentStore } from '../../support/document-store.ts'
import type { Lifetime } from '../../support/lifetime.ts'
import { absentPythonRequests, pythonWithRequests, run } from '../../support/outside-program.ts'
import { type Program, startProgram } from '../../support/program.ts'

// Open Distro's page "Client certificate authentication", carried out: its block of configuration as it stands, its files in
// its own format, and its Python program reading movies/_doc/3. What a stranger asks never reaches the store.

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/open-distro/${name}`, import.meta.url), 'utf8')
const indent = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by))

const skip = absentPythonRequests()
const document = { title: 'The Tramp', year: 1915 }
const reply = { _index: 'movies', _type: '_doc', _id: '3', _version: 1, _seq_no: 0, _primary_term: 1, found: true, _source: document }
let authority: Authority
let client1: Issued
let client2: Issued
/** bcrypt comes from the demo users of Open Distro, argon2id from the real `users hash`. */
let users: string

before(async () => {
  if (skip !== false) return
  authority = await createAuthority('CN=movies root')
  ;[client1, client2] = await Promise.all([
    authority.issue({ subject: 'CN=CLIENT1,OU=client,O=client' }),
    authority.issue({ subject: 'CN=CLIENT2' }),
  ])
  const entry = fileURLToPath(new URL('../../../bin/certgate', import.meta.url))
  const hashOf = async (password: string, algorithm: string) => {
    const { code, text, stderr } = await run(entry, ['users', 'hash', '--algorithm', algorithm], { input: password })
    assert.equal(code, 0, stderr)
    return text.trim()
  }
  users = `${fixture('internal_users.yml')}
CLIENT1:
  hash: '${await hashOf('Kenne dich selbst', 'argon2id')}'
CLIENT2:
  hash: '${await hashOf('Erkenne andere', 'bcrypt')}'
  backend_roles: [sample_role]
`
})

interface Setup {
  readonly mode: 'OPTIONAL' | 'REQUIRE' | 'NONE'
  /** With the page's domain alone, or with Open Distro's own basic domain behind it. */
  readonly basic?: boolean
  /** Further lines of `auth:`. */
  readonly auth?: string
  readonly routes?: string
  /** Further lines of roles_mapping.yml. */
  readonly mapping?: string
}

interface Movies {
  readonly program: Program
  readonly store: DocumentStore
  readonly file: (name: string) => string
}

async function serve(t: Lifetime, { mode, basic = false, auth = '', routes = '', mapping = '' }: Setup): Promise<Movies> {
  const { path, write } = temporaryFolder(t)
  const store = await startDocumentStore(t)
  store.put('movies', '3', document)
  const server = await authority.server(['localhost'])
  const files = { 'ca.crt': authority.certificate, 'server.crt': server.chain, 'server.key': server.key }
  const clients = {
    'CLIENT1.pem': client1.chain,
    'CLIENT1-key.pem': client1.key,
    'CLIENT2.pem': client2.chain,
    'CLIENT2-key.pem': client2.key,
  }
  for (const [name, text] of Object.entries({ ...files, ...clients })) write(name, text)
  write('roles_mapping.yml', fixture('roles_mapping.yml') + mapping)
  write('internal_users.yml', users)
  const config = `listeners:
  main:
    address: 127.0.0.1:0
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: ${mode}
      client_ca: [ca.crt]
auth:
${indent(auth, 2)}
  domains:
${indent(fixture('clientcert_auth_domain.yml'), 4)}
${basic ? indent(fixture('basic_internal_auth_domain.yml'), 4) : ''}
roles_mapping: roles_mapping.yml
internal_users: internal_users.yml
upstreams:
  search: { targets: ["${store.url}"] }
routes:
${indent(routes, 2)}
  - name: read movies
    path: /movies/**
    methods: [GET, HEAD]
    allow: [readall, all_access]
    upstream: search
  - name: everything
    path: /**
    allow: [all_access]
    upstream: search
identity_headers: { styles: [opensearch] }
workers: 1
telemetry: { address: 127.0.0.1:0, access_log: on, log: { format: json } }
`
  const program = await startProgram({ config: write('certgate.yml', config) }, t as { after(callback: () => Promise<unknown>): void })
  return { program, store, file: (name) => `${path}/${name}` }
}

/** Replaces what stands in the page's program exactly once. */
function substitute(program: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    assert.equal(text.split(from).length, 2, `the page's program has ${JSON.stringify(from)} not once`)
    return text.replace(from, () => to)
  }, program)
}

interface Asker {
  readonly certificate?: 'CLIENT1' | 'CLIENT2'
  readonly password?: readonly [string, string]
  /** Python, after the program. */
  readonly more?: string
}

/** The page's program with other paths and, where something else is asked, other credentials; prints the status as well. */
async function ask(movies: Movies, { certificate, password, more = '' }: Asker = {}): Promise<{ status: number; body: string }> {
  const call = 'requests.get(url, cert = (cert_file_path, key_file_path), verify=False)'
  const credentials = [
    ...(certificate === undefined ? [] : ['cert = (cert_file_path, key_file_path)']),
    ...(password === undefined ? [] : [`auth = ${JSON.stringify(password).replace('[', '(').replace(']', ')')}`]),
  ]
  const text = substitute(fixture('request.py'), [
    ['https://localhost:9200/', `https://localhost:${movies.program.port}/`],
    ['/full/path/to/client-cert.pem', movies.file(`${certificate}.pem`)],
    ['/full/path/to/client-cert-key.pem', movies.file(`${certificate}-key.pem`)],
    [call, `requests.get(${['url', ...credentials, `verify=${JSON.stringify(movies.file('ca.crt'))}`].join(', ')})`],
    ['print(response.text)', `print(response.status_code)\nprint(response.text)\n${more}`],
  ])
  const { code, text: out, stderr } = await run(pythonWithRequests() ?? 'python3', ['-'], { input: text })
  assert.equal(code, 0, stderr)
  const [, status, body = ''] = /^(\d+)\n([^]*)$/.exec(out) ?? []
  return { status: Number(status), body: body.trimEnd() }
}

/** The read arrived, as this user and with these roles; nothing else did. */
function assertRead(movies: Movies, answer: { status: number; body: string }, user: string, roles: string): void {
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, reply])
  const [request, ...others] = movies.store.requests
  assert.deepEqual(others, [])
  assert.equal(request?.path, '/movies/_doc/3')
  assert.equal(request.headers['x-proxy-user'], user)
  assert.equal(request.headers['x-proxy-roles'], roles)
  assert.equal(request.headers.authorization, undefined)
}

function assertRefused(movies: Movies, answer: { status: number; body: string }, status: number, code: string): void {
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code])
  assert.deepEqual(movies.store.requests, [])
}

describe('the certificate alone', { skip }, () => {
  for (const mode of ['OPTIONAL', 'REQUIRE'] as const) {
    test(`the page's program reads the document under ${mode}`, async (t) => {
      const movies = await serve(t, { mode })
      // But for the paths as it stands there, verify=False and all.
      const text = substitute(fixture('request.py'), [
        ['https://localhost:9200/', `https://localhost:${movies.program.port}/`],
        ['/full/path/to/client-cert.pem', movies.file('CLIENT1.pem')],
        ['/full/path/to/client-cert-key.pem', movies.file('CLIENT1-key.pem')],
      ])
      const { code, text: body, stderr } = await run(pythonWithRequests() ?? 'python3', ['-'], { input: text })
      assert.equal(code, 0, stderr)
      assertRead(movies, { status: 200, body }, 'CLIENT1', 'own_index,readall')
    })

    test(`it does so with real verification too under ${mode}`, async (t) => {
      const movies = await serve(t, { mode })
      assertRead(movies, await ask(movies, { certificate: 'CLIENT1' }), 'CLIENT1', 'own_index,readall')
    })

    test(`another common name has no role, and no certificate is 401 under ${mode}`, async (t) => {
      const movies = await serve(t, { mode })
      assertRefused(movies, await ask(movies, { certificate: 'CLIENT2' }), 403, 'role_missing')
      assertRefused(movies, await ask(movies), 401, 'certificate_required')
    })
  }

  test('under NONE no certificate is asked for, and so nobody is anybody', async (t) => {
    const movies = await serve(t, { mode: 'NONE' })
    const { status } = await ask(movies, { certificate: 'CLIENT1' })
    assert.equal(status, 401)
    assert.deepEqual(movies.store.requests, [])
  })

  test('CLIENT1 reads movies, and may neither write them nor read anything else', async (t) => {
    const movies = await serve(t, { mode: 'REQUIRE' })
    const cert = 'cert = (cert_file_path, key_file_path), verify=False'
    const more = `
print(requests.put(url, json = {'title': 'forged'}, ${cert}).status_code)
print(requests.delete(url, ${cert}).status_code)
print(requests.get(base_url + '_cat/indices', ${cert}).status_code)
print(requests.get(base_url + 'movies/../_cat/indices', ${cert}).status_code)`
    const { body } = await ask(movies, { certificate: 'CLIENT1', more })
    assert.deepEqual(body.split('\n').slice(-4), ['403', '403', '403', '403'])
    assert.deepEqual(
      movies.store.requests.map(({ method, path }) => `${method} ${path}`),
      ['GET /movies/_doc/3'],
    )
  })
})

describe('basic authentication behind it in the chain', { skip }, () => {
  test('a certificate is enough', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRead(movies, await ask(movies, { certificate: 'CLIENT1' }), 'CLIENT1', 'own_index,readall')
  })

  test('a password is enough, hashed by bcrypt', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRead(movies, await ask(movies, { password: ['readall', 'readall'] }), 'readall', 'own_index,readall')
  })

  test('a password is enough, hashed by argon2id', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRead(movies, await ask(movies, { password: ['CLIENT1', 'Kenne dich selbst'] }), 'CLIENT1', 'own_index,readall')
  })

  test('a password is all there can be under NONE', async (t) => {
    const movies = await serve(t, { mode: 'NONE', basic: true })
    assertRead(movies, await ask(movies, { certificate: 'CLIENT1', password: ['admin', 'admin'] }), 'admin', 'all_access,own_index')
  })

  test('a wrong password, and none at all, are challenged and go no further', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    const more = "print(response.headers['WWW-Authenticate'])"
    for (const password of [['readall', 'wrong'], ['nobody', 'readall'], undefined] as const) {
      const { status, body } = await ask(movies, { ...(password === undefined ? {} : { password }), more })
      assert.equal(status, 401)
      assert.match(body, /\nBasic realm="[^"]+"/)
    }
    assert.deepEqual(movies.store.requests, [])
  })

  test('a password without a role is refused', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRefused(movies, await ask(movies, { password: ['logstash', 'logstash'] }), 403, 'role_missing')
  })
})

describe('two layers of security: combine all', { skip }, () => {
  const both = { mode: 'OPTIONAL', basic: true, auth: 'combine: all' } as const

  test('certificate and password of the same user read, and roles by either count', async (t) => {
    const movies = await serve(t, both)
    const asked = await ask(movies, { certificate: 'CLIENT1', password: ['CLIENT1', 'Kenne dich selbst'] })
    assertRead(movies, asked, 'CLIENT1', 'own_index,readall')
  })

  test('the backend roles of the password count beside the certificate', async (t) => {
    const movies = await serve(t, both)
    assertRead(
      movies,
      await ask(movies, { certificate: 'CLIENT2', password: ['CLIENT2', 'Erkenne andere'] }),
      'CLIENT2',
      'own_index,readall',
    )
  })

  test('one of the two alone is refused', async (t) => {
    const movies = await serve(t, both)
    for (const asker of [{ certificate: 'CLIENT1' }, { password: ['CLIENT1', 'Kenne dich selbst'] }, {}] as const) {
      assert.equal((await ask(movies, asker)).status, 401)
    }
    assert.equal((await ask(movies, { certificate: 'CLIENT1', password: ['CLIENT1', 'wrong'] })).status, 401)
    assert.deepEqual(movies.store.requests, [])
  })

  test("somebody else's password is refused, unless names need not match", async (t) => {
    const asker = { certificate: 'CLIENT2', password: ['readall', 'readall'] } as const
    const strict = await serve(t, both)
    assertRefused(strict, await ask(strict, asker), 403, 'identity_mismatch')
    const loose = await serve(t, { ...both, auth: 'combine: all\nusername_must_match: false' })
    assertRead(loose, await ask(loose, asker), 'CLIENT2', 'own_index,readall')
  })
})

describe('anonymous', { skip }, () => {
  const mapping = 'public:\n  users: ["opendistro_security_anonymous"]\n'
  const routes = `- name: public
  path: /movies/_doc/3
  methods: [GET]
  allow: [public, readall]
  upstream: search`

  test('with anonymous on, who shows nothing has the role that names them literally', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', auth: 'anonymous: true', routes, mapping })
    assertRead(movies, await ask(movies), 'opendistro_security_anonymous', 'public')
  })

  test('a pattern does not make anonymous somebody: own_index has "*"', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', auth: 'anonymous: true', routes: routes.replace('public, readall', 'own_index') })
    const { status } = await ask(movies)
    assert.ok(status === 401 || status === 403, String(status))
    assert.deepEqual(movies.store.requests, [])
  })

  test('with anonymous off the same request is refused', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', routes, mapping })
    assertRefused(movies, await ask(movies), 401, 'certificate_required')
  })

  test('who shows credentials is not anonymous, also not with wrong ones', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true, auth: 'anonymous: true', routes, mapping })
    assert.equal((await ask(movies, { password: ['readall', 'wrong'] })).status, 401)
    assertRefused(movies, await ask(movies, { certificate: 'CLIENT2' }), 403, 'role_missing')
  })
})
