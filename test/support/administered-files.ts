import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { AuthorityService } from '../../src/admin/authority-service.ts'
import type { AdminEvent, AdministrationContext, InForce, TakenUp } from '../../src/admin/context.ts'
import { createRouter } from '../../src/admin/router.ts'
import type { ApiHandler, ApiResponse, Caller } from '../../src/admin/types.ts'
import { loadConfiguration } from '../../src/control/loading/load.ts'
import type { Clearance, Identity } from '../../src/identity/types.ts'
import type { Snapshot } from '../../src/ipc/messages.ts'
import { LOCAL_OPERATOR } from '../../src/policy/granting.ts'
import { compilePolicy } from '../../src/policy/policy.ts'
import type { Policy } from '../../src/policy/types.ts'
import { type Authority, createAuthority, temporaryFolder } from './authority.ts'
import { certificateIdentity } from './identities.ts'
import { overviewWith } from './overview.ts'
import { type Clock, newEntry, START, temporaryStore } from './registry-store.ts'

const CONFIG = `listeners:
  main:
    address: 127.0.0.1:8443
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: REQUIRE
      client_ca: [ca.crt]
      trust: ca
roles_mapping: roles_mapping.yml
upstreams:
  search:
    targets: ["http://127.0.0.1:9200"]
routes:
  - { name: read movies, path: "/movies/{kind}/**", methods: [GET, HEAD], allow: [readall, admin], upstream: search }
  - { name: rest, path: /**, allow: [admin], upstream: search }
`

const MAPPING = `# who may what
_meta:
  type: rolesmapping
  config_version: 2

# readers
readall:
  reserved: false
  users:
    - CLIENT0 # the first

admin:
  users: [root]
  description: all of it

kept:
  reserved: true
  users: [nobody]
`

export interface AdministeredFiles {
  readonly folder: string
  readonly authority: Authority
  readonly context: AdministrationContext
  readonly clock: Clock
  readonly events: AdminEvent[]
  /** How often files were taken up. */
  readonly reloads: { count: number; before: (() => void) | null }
  policy(): Policy
  read(name?: string): string
  write(name: string, text: string): string
}

/** Files of a gateway and its store, administered in this process; a reload reads them as control does. */
export async function administeredFiles(
  t: TestContext,
  given: { config?: string; mapping?: string | null; knownStatus?: AdministrationContext['knownStatus'] } = {},
): Promise<AdministeredFiles> {
  const folder = temporaryFolder(t)
  const { store, clock } = temporaryStore(t)
  clock.now = Date.now()
  const authority = await createAuthority('CN=Test CA,O=Acme')
  const server = await authority.server(['localhost'])
  folder.write('ca.crt', authority.certificate)
  folder.write('server.crt', server.chain)
  folder.write('server.key', server.key)
  folder.write('certgate.yml', given.config ?? CONFIG)
  folder.write('roles_mapping.yml', given.mapping ?? MAPPING)
  const file = join(folder.path, 'certgate.yml')
  let snapshot = await load(file, null)
  const events: AdminEvent[] = []
  const reloads: AdministeredFiles['reloads'] = { count: 0, before: null }
  const authorityService = new AuthorityService({ store, reload: async () => undefined, now: () => clock.now }, null)
  const context: AdministrationContext = {
    store,
    authorityService: () => authorityService,
    inForce: () => inForceOf(snapshot),
    authority: () => ({ issuing: null, problem: 'none here', issuers: [], roots: [] }),
    published: async () => undefined,
    reload: async (): Promise<TakenUp> => {
      reloads.count++
      reloads.before?.()
      const result = await loadConfiguration({ kind: 'file', file }, snapshot)
      if (!result.ok) return { outcome: 'failed', message: 'the files have problems', problems: result.problems }
      snapshot = result.snapshot
      return { outcome: result.changed ? 'loaded' : 'unchanged', message: '', problems: result.warnings }
    },
    status: async () => ({ state: 'serving', started_at: START }),
    overview: async () => overviewWith(),
    announce: (event) => void events.push(event),
    knownStatus: given.knownStatus ?? null,
    now: () => clock.now,
  }
  return {
    folder: folder.path,
    authority,
    context,
    clock,
    events,
    reloads,
    policy: () => inForceOf(snapshot).policy,
    read: (name = 'roles_mapping.yml') => readFileSync(join(folder.path, name), 'utf8'),
    write: (name, text) => folder.write(name, text),
  }
}

async function load(file: string, previous: Snapshot | null): Promise<Snapshot> {
  const result = await loadConfiguration({ kind: 'file', file }, previous)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.snapshot
}

function inForceOf({ settings, mapping, users, listeners }: Snapshot): InForce {
  return { settings, mapping, users, listeners, policy: compilePolicy(settings, mapping, listeners.values()) }
}

/** Whoever reaches the local socket. */
export const AT_SOCKET: Caller = {
  rights: LOCAL_OPERATOR,
  actor: { name: 'cli', fingerprint: null },
  via: 'socket',
  identity: null,
  peer: null,
}

/** The holder of a registered certificate with this clearance; null: of a trusted one that is not registered. */
export function callerWith({ context }: AdministeredFiles, clearance: Clearance | null, name = 'alice'): Caller {
  const notAfter = context.now() + 86_400_000
  const entry =
    clearance === null ? null : context.store.registry.add([newEntry({ name, clearance, notAfter })], { name: 'cli', fingerprint: null })[0]
  const fingerprint = entry?.fingerprint ?? randomBytes(32).toString('hex')
  const identity: Identity = certificateIdentity(name, `CN=${name},O=Acme`, { fingerprint, notAfter })
  const rights = entry === null || entry === undefined ? {} : { clearance: entry.clearance, permissions: entry.permissions }
  return {
    rights: { ...rights, roles: new Set() },
    actor: { name, fingerprint, remote: '192.0.2.7' },
    via: 'network',
    identity: { ...identity, ...rights },
    peer: { certificate: identity.certificate, refusal: null, detail: '', serverName: null, resumed: false, ...rights },
  }
}

export interface Asked {
  readonly caller?: Caller
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown
}

export interface Told extends ApiResponse {
  readonly text: string
  readonly json: unknown
}

/** Asks handlers as a transport would: `PUT /path?query`. Streams are not read. */
export function asking(handlers: readonly ApiHandler[], failed: (error: unknown) => void = (error) => console.error(error)) {
  const api = createRouter(handlers, { failed })
  return async (line: string, { caller = AT_SOCKET, headers = {}, body }: Asked = {}): Promise<Told> => {
    const [method = '', target = ''] = line.split(' ')
    const [path = '', query = ''] = target.split('?')
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const response = await api({
      method,
      path,
      query: new URLSearchParams(query),
      headers: new Map(Object.entries(headers)),
      body: bytes,
      caller,
    })
    const text = typeof response.body === 'string' ? response.body : ''
    return { ...response, text, json: /json/.test(response.headers['Content-Type'] ?? '') && text !== '' ? JSON.parse(text) : null }
  }
}
