import { request } from 'node:https'
import { join } from 'node:path'
import { openStore } from '../../src/store/store.ts'
import { type AdministeredGateway, type Client, startAdministeredGateway } from './administered-gateway.ts'
import { createAuthority, selfSigned } from './authority.ts'
import { entryOf } from './registered.ts'
import { fingerprintOf } from './registry.ts'
import { CLI } from './registry-store.ts'

/** What a client gets of the gateway itself. */
export interface Got {
  readonly status: number
  /** Of a refusal; null: the upstream answered. */
  readonly code: string | null
}

type Known = Client & { readonly fingerprint: string }

/** A gateway with several routes, and certificates that come to different ends there. */
export interface ExplainedConsole {
  readonly gateway: AdministeredGateway
  readonly admin: Known
  readonly reader: Known
  readonly nobody: Known
  /** May read database `movies` and no other. */
  readonly guest: Known
  readonly operator: Known
  readonly revoked: Known
  readonly expired: Known
  /** Its CA is nobody's; it is not registered. */
  readonly stranger: Client
  /** As that client, through the gateway. */
  send(client: Client, method: string, path: string): Promise<Got>
}

export const MARKUP = '<img src=x onerror=alert(1)>'
export const FORMULA = '=HYPERLINK("http://x","y")'

const ROUTES = `routes:
  - { name: status, path: /status, allow: [anonymous], upstream: app }
  - name: read movies
    path: /movies/{kind}/**
    methods: [GET, HEAD]
    allow: [readall, admin]
    upstream: app
  - name: databases
    path: "/databases/{db}/**"
    allow:
      - admin
      - { database: "{db}" }
    upstream: app
  - { name: "<script>alert(2)</script>", path: /odd/*, allow: [authenticated], upstream: app }
  - { name: administration, path: /admin/**, allow: [admin], upstream: app }
`

const MAPPING = `admin:
  users: [admin, boss]
readall:
  users:
    # those of the library
    - reader
    - 'guest*'
    # registered nowhere
    - zoe
    - 'CN=machine,O=Elsewhere'
`

export async function explainedConsole(t: { after(callback: () => Promise<unknown> | undefined): void }): Promise<ExplainedConsole> {
  const gateway = await startAdministeredGateway(t, [[/routes:\n(?: .*\n)+/, ROUTES]])
  const admin = await gateway.make('boss', 'ClusterAdmin')
  const headers = { 'content-type': 'application/yaml' }
  const written = await gateway.ask('PUT /api/v1/mapping.yml', { client: admin, headers, body: MAPPING })
  if (written.status !== 200) throw new Error(`${written.status}: ${written.body}`)
  const revoked = await gateway.make('revoked', 'ValidUser')
  await gateway.local(`POST /api/v1/certificates/${revoked.fingerprint}/revoke`, { reason: 'keyCompromise' })
  await gateway.make(FORMULA, 'ValidUser')
  const stranger = await (await createAuthority('CN=Elsewhere')).issue({ subject: 'CN=reader' })
  return {
    gateway,
    admin,
    reader: await gateway.make('reader', 'ValidUser'),
    nobody: await gateway.make(MARKUP, 'ValidUser'),
    guest: await gateway.make('guest1', 'ValidUser', { permissions: { movies: 'Read' } }),
    operator: await gateway.make('operator', 'Operator'),
    revoked,
    expired: await addExpired(gateway),
    stranger: { cert: stranger.certificate, key: stranger.key },
    send: (client, method, path) => send(gateway, client, method, path),
  }
}

/** Nobody is given one: it was registered while it was valid. */
async function addExpired({ folder }: AdministeredGateway): Promise<Known> {
  const issued = await selfSigned({ subject: 'CN=expired', notAfter: new Date(Date.now() - 60_000) })
  const store = openStore(join(folder, 'certgate.db'))
  store.registry.add([entryOf(issued, null, { name: 'expired' })], CLI)
  store.close()
  return { cert: issued.certificate, key: issued.key, fingerprint: fingerprintOf(issued) }
}

function send({ program, ca }: AdministeredGateway, client: Client, method: string, path: string): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>()
  const { cert, key } = client
  const options = { host: '127.0.0.1', servername: 'localhost', port: program.port, method, path, ca, agent: false as const, cert, key }
  const sent = request({ ...options, headers: { host: 'localhost', accept: 'application/json' } })
  sent.on('response', (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.on('end', () => {
      const isProblem = /problem\+json/.test(response.headers['content-type'] ?? '')
      resolve({ status: response.statusCode ?? 0, code: isProblem ? (JSON.parse(text) as { code: string }).code : null })
    })
  })
  sent.on('error', reject)
  sent.end()
  return promise
}
