/**
 * The promise: what is secret is nowhere but where it belongs. Secrets are planted in every place that has some; then everything that
 * the gateway and its commands say is searched for them: both streams, access log, answers, metrics, status, audit, `check`, `explain`,
 * what `ps` shows of its processes, and files that others may read.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { writePfx } from '../../src/certificates/pkcs12-write.ts'
import { hashArgon2id } from '../../src/cli/users-hash.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { eventually } from '../support/eventually.ts'
import { get } from '../support/gateway.ts'
import { type Initialized, initialized } from '../support/initialized.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { basic } from '../support/passwords.ts'
import { type Program, startProgram } from '../support/program.ts'
import { RawClient } from '../support/raw-client.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const lifetime = fileLifetime()

/** Name of what is secret, and the text to look for. */
const planted = new Map<string, string>()
function plant(name: string, value = `plant-${randomBytes(12).toString('hex')}`): string {
  planted.set(name, value)
  return value
}

/** What was said, and by whom. */
const said = new Map<string, string>()

let made: Initialized
let program: Program
let config = ''

before(async () => {
  made = await initialized(lifetime)
  config = join(made.folder, 'certgate.yml')
  const upstream = await RecordingUpstream.start(lifetime)
  const setCookie = plant('cookie of the upstream')
  upstream.answer = (request, socket) => {
    if (request.target.includes('broken')) return void socket.end('not HTTP: Set-Cookie: plant')
    socket.write(`HTTP/1.1 200 OK\r\nSet-Cookie: ${setCookie}\r\nContent-Length: 0\r\n\r\n`)
  }
  await plantFiles(upstream.url)
  program = await startProgram({ config }, lifetime as { after(callback: () => Promise<unknown> | undefined): void })
})

async function plantFiles(upstream: string): Promise<void> {
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(made.folder, name), content)
    chmodSync(join(made.folder, name), 0o600)
  }
  const password = plant('password of the PFX')
  write('server.pass', `${password}\n`)
  const pair = { certificate: made.read('server.crt'), key: made.read('server.key') }
  write('server.pfx', writePfx(pair, password, 'server'))
  const hash = await hashArgon2id(plant('password of a user'))
  plant('hash of a password', hash.split('$').at(-1))
  write('internal_users.yml', `_meta: { type: internalusers, config_version: 2 }\nmarie: { hash: "${hash}", backend_roles: [] }\n`)
  for (const name of ['server.key', 'ca/ca.key', 'ca/issuing.key', 'clients/admin.key']) {
    plant(`${name} (JWK)`, createPrivateKey(made.read(name)).export({ format: 'jwk' }).d)
    plant(`${name} (PEM)`, made.read(name).split('\n')[1]?.slice(0, 60))
  }
  plant('password of the admin PFX', made.read('clients/admin.pass').trim())
  const edits: [RegExp, string][] = [
    [/certificate:\s+cert: server\.crt\s+key: server\.key/, `certificate: { pfx: server.pfx, password: "\${file:server.pass}" }`],
    [/targets:\s+- "http[^"]*"/, `targets: ["${upstream}"]`],
    [/styles:\s+- plain/, `styles: [plain, { couchdb: { secret: "${plant('secret of couchdb')}" } }]`],
    [/access_log: off/, 'access_log: access.log'],
    [/ {4}clientcert_auth_domain:/, `${BASIC}$&`],
  ]
  let text = made.read('certgate.yml')
  for (const [from, to] of edits) {
    assert.match(text, from)
    text = text.replace(from, to)
  }
  write('certgate.yml', text)
}

const BASIC = `    basic: { order: 0, http_authenticator: { type: basic, challenge: false }, authentication_backend: { type: internal } }
`

test('what clients send is told to nobody, however the request ends', async () => {
  const bearer = plant('bearer token')
  const cookie = plant('cookie')
  const query = plant('query')
  const lines =
    `Authorization: Bearer ${bearer}\r\nCookie: session=${cookie}\r\nX-Api-Key: ${plant('API key')}\r\n` +
    `Proxy-Authorization: Basic ${plant('proxy credentials')}\r\n`
  const password = planted.get('password of a user') ?? ''
  plant('credentials as sent', Buffer.from(`marie:${password}`).toString('base64'))
  const wrong = plant('wrong password')
  plant('wrong credentials as sent', Buffer.from(`marie:${wrong}`).toString('base64'))
  const admin = { cert: made.read('clients/admin.crt'), key: made.read('clients/admin.key') }
  const requests = [
    get(`/ok?token=${query}`, lines),
    get(`/broken?token=${query}`, lines),
    get(`/%zz?token=${query}`, lines),
    get(`/a#${query}`, lines),
    `UNHEARD /x?token=${query} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n`,
    `GET /x?token=${query} HTTP/1.1\r\nHost: localhost\r\n${lines}Bad Header: ${cookie}\r\n\r\n`,
    `POST /x?token=${query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n${lines}\r\n`,
    get('/x', basic('marie', password)),
    get('/x', basic('marie', wrong)),
    get('/x', `Authorization: Basic ${bearer}!!\r\n`),
    get('/x', `Accept: text/html\r\nReferer: https://localhost/?token=${query}\r\n${lines}`),
    get(`/x?${query}=${'a'.repeat(40_000)}`, lines),
  ]
  const statuses: number[] = []
  for (const [index, text] of requests.entries()) {
    for (const tls of [admin, {}]) {
      const client = await RawClient.connect({ port: program.port, ca: made.read('ca/ca.crt'), client: null, tls }, lifetime)
      const response = await client.ask(text, { timeout: 20_000 })
      statuses.push(response.status)
      const body = response.status === 200 ? '' : response.head + response.body
      said.set(`answer ${index} (${response.status})${'cert' in tls ? '' : ' to a stranger'}`, body)
      client.close()
    }
  }
  for (const status of [200, 400, 401, 431, 502]) assert.ok(statuses.includes(status), `${status} among ${statuses}`)
})

test('what the machine asks of it', async () => {
  const certgate = (...args: string[]) => {
    const { stdout, stderr } = spawnSync(join(CHECKOUT, 'bin/certgate'), args, { cwd: made.folder, encoding: 'utf8', timeout: 60_000 })
    return stdout + stderr
  }
  // What is shown once is secret from then on: it may be nowhere else.
  const [secret = ''] = /cge_\S+/.exec(certgate('token', 'create', 'node7', '--config', config)) ?? []
  assert.notEqual(secret, '')
  plant('one-time token', secret)
  plant('one-time token without its prefix', secret.slice(4, 24))
  const generated = certgate('cert', 'generate', 'alice', '--config', config)
  const [, password = ''] = /password\s+(\S+)/.exec(generated) ?? []
  assert.notEqual(password, '')
  plant('password of a generated bundle', password)
  for (const args of [
    ['status', '--json'],
    ['check'],
    ['explain', '--cn', 'admin', 'GET', '/x'],
    ['cert', 'list', '--json'],
    ['cert', 'show', 'alice'],
    ['token', 'list', '--json'],
    ['audit', 'list'],
    ['audit', 'export'],
    ['ca', 'show'],
    ['ca', 'crl'],
    ['reload'],
  ]) {
    const text = certgate(...args, '--config', config)
    assert.ok(text.length > 20, `${args.join(' ')}: ${text}`)
    said.set(`certgate ${args.join(' ')}`, text)
  }
  assert.match(said.get('certgate audit export') ?? '', /node7/)
})

test('problems of a configuration are shown without the secrets on their lines', () => {
  const secrets = ['inline password', 'inline passphrase', 'inline secret'].map((name) => plant(name))
  const broken = `listeners:
  main:
    address: nowhere
    tls: { certificate: { pfx: server.pfx, password: ${secrets[0]}, nonsense: 1 }, client_ca: [none.crt] }
  other:
    address: 127.0.0.1:0
    tls: { certificate: { cert: server.crt, key: client.key, passphrase: "${secrets[1]}", x: y } }
upstreams: { app: { targets: ["http://127.0.0.1:9"] } }
routes: []
identity_headers: { styles: [couchdb: { secret: '${secrets[2]}', unheard: 1 }] }
`
  writeFileSync(join(made.folder, 'broken.yml'), broken, { mode: 0o600 })
  for (const command of ['check', 'serve']) {
    const { stdout, stderr, status } = spawnSync(join(CHECKOUT, 'bin/certgate'), [command, '--config', 'broken.yml'], {
      cwd: made.folder,
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(status, 1)
    assert.match(stderr + stdout, /nonsense/)
    said.set(`certgate ${command} of a broken configuration`, stdout + stderr)
  }
})

test('none of it is anywhere', async () => {
  const [, telemetry = ''] = await program.line(/(http:\/\/\S+) is open for telemetry/)
  for (const path of ['metrics', 'healthz', 'readyz']) said.set(`/${path}`, await (await fetch(`${telemetry}/${path}`)).text())
  const log = join(made.folder, 'access.log')
  await eventually('the access log', () => readFileSync(log, 'utf8').split('\n').length > 20)
  said.set('access log', readFileSync(log, 'utf8'))
  if (process.platform === 'linux') for (const pid of processes(program.pid)) showOf(pid)
  for (const file of looseFiles(made.folder)) said.set(`${file}, which others may read`, readFileSync(join(made.folder, file), 'latin1'))
  await program.stop()
  said.set('both streams', program.lines.join('\n'))

  assert.ok(planted.size > 25)
  assert.match(said.get('access log') ?? '', /"path":"\/ok"/)
  const found: string[] = []
  for (const [where, text] of said) {
    for (const [what, secret] of planted) {
      assert.ok(secret.length >= 12, what)
      if (text.includes(secret)) found.push(`${what} in ${where}: ${around(text, secret)}`)
    }
  }
  assert.deepEqual(found, [])
})

/** The program and all below it. */
function processes(root: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === root)
  return [root, ...children.flatMap((name) => processes(Number(name)))]
}

function parentOf(pid: string): number | null {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return null // It has ended.
  }
}

function showOf(pid: number): void {
  for (const what of ['cmdline', 'environ', 'comm']) said.set(`/proc/PID/${what} of ${pid}`, readFileSync(`/proc/${pid}/${what}`, 'latin1'))
}

/** Files of the folder that anybody but the owner may read. */
function looseFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const status = statSync(join(folder, name))
    return status.isFile() && (status.mode & 0o077) !== 0
  })
}

const around = (text: string, secret: string): string => text.slice(Math.max(0, text.indexOf(secret) - 80), text.indexOf(secret) + 20)
