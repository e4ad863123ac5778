import { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'
import { createApi } from '../../src/admin/api.ts'
import type { AdministrationContext, InForce } from '../../src/admin/context.ts'
import { CLI_CALLER } from '../../src/admin/offline.ts'
import type { Api } from '../../src/admin/router.ts'
import type { ApiResponse, Caller } from '../../src/admin/types.ts'
import { createAuthority as createOwnAuthority } from '../../src/certificates/authority.ts'
import type { OperatingAuthority } from '../../src/certificates/operating-authority.ts'
import { parseRoleMapping } from '../../src/config/roles-mapping.ts'
import { callerOf } from '../../src/control/administration/caller.ts'
import type { Rights } from '../../src/identity/types.ts'
import { compilePolicy } from '../../src/policy/policy.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { RegistryEntry } from '../../src/store/types.ts'
import { readLeaf } from '../../src/tls/leaf.ts'
import type { ListenerMaterial } from '../../src/tls/types.ts'
import { createAuthority, temporaryFolder } from './authority.ts'
import { overviewWith } from './overview.ts'
import { clientCertDomain, settingsWith } from './settings.ts'

const own = await createOwnAuthority({ days: 3650 })
const ownAuthority: OperatingAuthority = { issuing: own.issuer, problem: '', issuers: [own.issuer], roots: [own.rootCertificate] }

/** Another CA, which the gateway's listener trusts beside ours, and whose server certificate it shows. */
export const partner = await createAuthority('CN=partner')
export const server = await partner.server(['gate.example'])

const domain = clientCertDomain()

export interface Asked {
  readonly body?: unknown
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly caller?: Caller
}

export interface Administration {
  readonly api: Api
  readonly store: Store
  readonly context: AdministrationContext
  /** What was not to happen: faults of ours. */
  readonly failures: unknown[]
  /** `METHOD /path?query`; as the local operator unless told otherwise. */
  ask(what: string, asked?: Asked): Promise<ApiResponse>
  /** The JSON of an answer that has to have this status. */
  json(status: number, what: string, asked?: Asked): Promise<Record<string, unknown>>
  /** Somebody with a certificate of ours that is registered with these rights. */
  someone(name: string, clearance: Rights['clearance'], permissions?: Record<string, 'Admin' | 'ReadWrite' | 'Read'>): Promise<Caller>
  entry(name: string): RegistryEntry
  /** How often `published` was asked for. */
  readonly published: { count: number; fails: Error | null }
}

export interface Given {
  readonly mapping?: string
  readonly authority?: OperatingAuthority
  readonly now?: () => number
}

/** The whole API over a store of its own, an authority of ours, and a configuration that is only in memory. */
export function administration(t: { after(callback: () => void): void }, given: Given = {}): Administration {
  const { path, remove } = temporaryFolder()
  const now = given.now ?? Date.now
  const store = openStore(`${path}/certgate.db`, { now })
  t.after(() => {
    store.close()
    remove()
  })
  const material: ListenerMaterial = {
    keyPair: { certificate: server.certificate, key: server.key },
    clientCa: [partner.certificate, own.rootCertificate],
    crl: { validate: false, onUnavailable: 'deny', lists: [] },
    names: new Map(),
    ticketKeys: new Uint8Array(48),
  }
  const listeners = new Map([['main', material]])
  const { mapping } = parseRoleMapping(given.mapping ?? 'admin: { users: [root] }\n', 'roles_mapping.yml')
  const settings = settingsWith({ auth: { combine: 'first', usernameMustMatch: true, anonymous: false, domains: [domain] } })
  const inForce: InForce = { settings, mapping, users: [], policy: compilePolicy(settings, mapping, listeners.values()), listeners }
  const failures: unknown[] = []
  const published: Administration['published'] = { count: 0, fails: null }
  const context: AdministrationContext = {
    store,
    authorityService: () => null,
    inForce: () => inForce,
    authority: () => given.authority ?? ownAuthority,
    published: async () => {
      published.count++
      if (published.fails !== null) throw published.fails
    },
    reload: async () => ({ outcome: 'unchanged', message: '', problems: [] }),
    status: async () => ({}),
    overview: async () => overviewWith(),
    announce: () => {},
    knownStatus: null,
    now,
  }
  const api = createApi(context, (error) => failures.push(error))
  const ask: Administration['ask'] = (what, asked = {}) => {
    const [method = '', target = ''] = what.split(' ')
    const [requestPath = '', query = ''] = target.split('?')
    const body =
      asked.raw !== undefined
        ? Buffer.from(asked.raw)
        : asked.body === undefined
          ? Buffer.alloc(0)
          : Buffer.from(JSON.stringify(asked.body))
    const headers = new Map(Object.entries({ host: 'gate.example:9443', ...asked.headers }))
    return api({ method, path: requestPath, query: new URLSearchParams(query), headers, body, caller: asked.caller ?? CLI_CALLER })
  }
  const json: Administration['json'] = async (status, what, asked) => {
    const response = await ask(what, asked)
    const text = typeof response.body === 'string' ? response.body : ''
    if (response.status !== status) throw new Error(`${what}: ${response.status} instead of ${status}: ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
  const entry = (name: string): RegistryEntry => {
    const [found] = store.registry.byName(name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
  const someone: Administration['someone'] = async (name, clearance, permissions = {}) => {
    await json(201, 'POST /api/v1/certificates', { body: { name, clearance, permissions, format: 'json' } })
    return callerWith(store.registry.byName(name).at(-1) as RegistryEntry, inForce)
  }
  return { api, store, context, failures, ask, json, someone, entry, published }
}

/** Whoever comes with a registered certificate, as the admin address makes them. */
export function callerWith(entry: RegistryEntry, inForce: InForce): Caller {
  const { certificate } = readLeaf(new X509Certificate(entry.der), entry.der)
  const { clearance, permissions } = entry
  return callerOf(
    { certificate, refusal: null, detail: '', serverName: null, resumed: false, clearance, permissions },
    inForce,
    '127.0.0.1',
  )
}
