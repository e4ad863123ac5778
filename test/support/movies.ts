import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Authority, createAuthority, temporaryFolder } from './authority.ts'
import { type DocumentStore, startDocumentStore } from './document-store.ts'
import type { Lifetime } from './lifetime.ts'
import { pythonWith, run } from './outside-program.ts'
import { type Program, startProgram } from './program.ts'

/** What Open Distro's page "Client certificate authentication" needs besides the gateway: certificates and users with passwords. */
export interface Page {
  readonly authority: Authority
  /** PEM files of the two clients, by name. */
  readonly clients: ReadonlyMap<string, string>
  /** internal_users.yml */
  readonly users: string
}

export interface Setup {
  readonly mode: 'OPTIONAL' | 'REQUIRE' | 'NONE'
  /** With the page's domain alone, or with Open Distro's own basic domain behind it. */
  readonly basic?: boolean
  /** Further lines of `auth:`. */
  readonly auth?: string
  readonly routes?: string
  /** Further lines of roles_mapping.yml. */
  readonly mapping?: string
}

/** The real program before a store that holds movies/_doc/3. */
export interface Movies {
  readonly program: Program
  readonly store: DocumentStore
  readonly file: (name: string) => string
}

export interface Asker {
  readonly certificate?: 'CLIENT1' | 'CLIENT2'
  readonly password?: readonly [string, string]
  /** Python, after the program. */
  readonly more?: string
}

export interface Told {
  readonly status: number
  readonly body: string
}

const document = { title: 'The Tramp', year: 1915 }
/** What the store answers. */
export const reply = {
  _index: 'movies',
  _type: '_doc',
  _id: '3',
  _version: 1,
  _seq_no: 0,
  _primary_term: 1,
  found: true,
  _source: document,
}

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))
const fixture = (name: string) => readFileSync(new URL(`../fixtures/open-distro/${name}`, import.meta.url), 'utf8')
const indent = (text: string, by: number) => text.replace(/^(?=.)/gm, ' '.repeat(by))

async function hashOf(password: string, algorithm: string): Promise<string> {
  const { code, text, stderr } = await run(entry, ['users', 'hash', '--algorithm', algorithm], { input: password })
  assert.equal(code, 0, stderr)
  return text.trim()
}

/** bcrypt comes from Open Distro's demo users and from the real `users hash`, argon2id from the latter. */
export async function preparePage(): Promise<Page> {
  const authority = await createAuthority('CN=movies root')
  const client1 = await authority.issue({ subject: 'CN=CLIENT1,OU=client,O=client' })
  const client2 = await authority.issue({ subject: 'CN=CLIENT2' })
  return {
    authority,
    clients: new Map([
      ['CLIENT1.pem', client1.chain],
      ['CLIENT1-key.pem', client1.key],
      ['CLIENT2.pem', client2.chain],
      ['CLIENT2-key.pem', client2.key],
    ]),
    users: `${fixture('internal_users.yml')}
CLIENT1:
  hash: '${await hashOf('Kenne dich selbst', 'argon2id')}'
CLIENT2:
  hash: '${await hashOf('Erkenne andere', 'bcrypt')}'
  backend_roles: [sample_role]
`,
  }
}

export async function serveMovies(t: Lifetime, page: Page, setup: Setup): Promise<Movies> {
  const { path, write } = temporaryFolder(t)
  const store = await startDocumentStore(t)
  store.put('movies', '3', document)
  const server = await page.authority.server(['localhost'])
  write('ca.crt', page.authority.certificate)
  write('server.crt', server.chain)
  write('server.key', server.key)
  for (const [name, text] of page.clients) write(name, text)
  write('roles_mapping.yml', fixture('roles_mapping.yml') + (setup.mapping ?? ''))
  write('internal_users.yml', page.users)
  const config = write('certgate.yml', configuration(setup, store.url))
  const program = await startProgram({ config }, t as { after(callback: () => Promise<unknown>): void })
  return { program, store, file: (name) => `${path}/${name}` }
}

function configuration({ mode, basic = false, auth = '', routes = '' }: Setup, storeUrl: string): string {
  return `listeners:
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
  search: { targets: ["${storeUrl}"] }
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
}

/** Replaces what stands in the page's program exactly once. */
function substitute(program: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    assert.equal(text.split(from).length, 2, `the page's program has ${JSON.stringify(from)} not once`)
    return text.replace(from, () => to)
  }, program)
}

function paths(movies: Movies, certificate: string): (readonly [string, string])[] {
  return [
    ['https://localhost:9200/', `https://localhost:${movies.program.port}/`],
    ['/full/path/to/client-cert.pem', movies.file(`${certificate}.pem`)],
    ['/full/path/to/client-cert-key.pem', movies.file(`${certificate}-key.pem`)],
  ]
}

async function python(program: string): Promise<string> {
  const { code, text, stderr } = await run(pythonWith('requests') ?? 'python3', ['-'], { input: program })
  assert.equal(code, 0, stderr)
  return text
}

/** The page's program as it stands, verify=False and all, but for its paths; what it prints. */
export function runVerbatim(movies: Movies): Promise<string> {
  return python(substitute(fixture('request.py'), paths(movies, 'CLIENT1')))
}

/** The page's program with real verification and, where something else is asked, other credentials; prints the status as well. */
export async function ask(movies: Movies, { certificate, password, more = '' }: Asker = {}): Promise<Told> {
  const args = [
    'url',
    ...(certificate === undefined ? [] : ['cert = (cert_file_path, key_file_path)']),
    ...(password === undefined ? [] : [`auth = (${password.map((text) => JSON.stringify(text)).join(', ')})`]),
    `verify=${JSON.stringify(movies.file('ca.crt'))}`,
  ]
  const program = substitute(fixture('request.py'), [
    ...paths(movies, certificate ?? 'nobody'),
    ['requests.get(url, cert = (cert_file_path, key_file_path), verify=False)', `requests.get(${args.join(', ')})`],
    ['print(response.text)', `print(response.status_code)\nprint(response.text)\n${more}`],
  ])
  const [, status, body = ''] = /^(\d+)\n([\s\S]*)$/.exec(await python(program)) ?? []
  return { status: Number(status), body: body.trimEnd() }
}
