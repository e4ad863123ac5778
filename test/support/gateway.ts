import { join } from 'node:path'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { type Authority, type CertificateOptions, createAuthority, type Issued, temporaryFolder } from './authority.ts'
import type { Lifetime } from './lifetime.ts'
import { type Program, startProgram } from './program.ts'
import { RawClient, type RawClientOptions } from './raw-client.ts'
import { RecordingUpstream } from './recording-upstream.ts'

export interface GatewayOptions {
  /** YAML of `listeners.main.tls` beyond certificate and client_ca. */
  readonly tls?: string
  /** YAML of whole top-level sections, each replacing the default of its name. */
  readonly routes?: string
  readonly auth?: string
  readonly identityHeaders?: string
  readonly upstreams?: string | ((recorder: string) => string)
  readonly limits?: string
  /** Any further top-level YAML. */
  readonly extra?: string
  readonly rolesMapping?: string
  readonly workers?: number
  readonly env?: Readonly<Record<string, string>>
  readonly accessLog?: string
  /** Trusted beside the authority of the gateway. */
  readonly alsoTrusted?: readonly { readonly certificate: string }[]
  /** Default: debug. */
  readonly logLevel?: string
  /** Where to listen; default: a free port of 127.0.0.1. */
  readonly address?: string
  /** Of every certificate made here; default: from a moment ago, for an hour. */
  readonly validity?: Pick<CertificateOptions, 'notBefore' | 'notAfter'>
  /** Starts it; default: startProgram. */
  readonly start?: typeof startProgram
  /** Path of a program to start instead of `bin/certgate`. */
  readonly entry?: string
}

/** The real program with a fresh authority, one listener, and an upstream that records. */
export interface Gateway {
  readonly program: Program
  readonly upstream: RecordingUpstream
  readonly authority: Authority
  readonly folder: string
  readonly configFile: string
  readonly port: number
  /** `CN=alice`, role `reader`. */
  readonly alice: Issued
  /** `CN=mallory`: trusted, without any role. */
  readonly mallory: Issued
  issue(subject: string, options?: CertificateOptions): Promise<Issued>
  /** Connects as a client; alice by default, nobody with null. */
  connect(client?: Issued | null, options?: Partial<RawClientOptions>): Promise<RawClient>
  /** One request on a connection of its own. */
  ask(text: string, client?: Issued | null): ReturnType<RawClient['ask']>
  /** Access-log records so far. */
  records(): readonly AccessLine[]
  /** Resolves with the access-log record that has this path, once it is there. */
  record(path: string): Promise<AccessLine>
}

export interface AccessLine {
  readonly request_id: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly user: string | null
  readonly route: string | null
  readonly decision: string
  readonly reason: string | null
  readonly status: number
  readonly upstream: string | null
  readonly bytes_in: number
  readonly bytes_out: number
}

const DEFAULT_ROUTES = `
  - name: public
    path: /public/**
    allow: [anonymous]
    upstream: recorder
  - name: all
    path: /**
    allow: [reader]
    upgrade: [websocket]
    upstream: recorder`

export async function startGateway(t: Lifetime, options: GatewayOptions = {}): Promise<Gateway> {
  const { path: folder, write } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  const { validity = {}, alsoTrusted = [] } = options
  const authority = await createAuthority('CN=test root', validity)
  const server = await authority.server(['localhost', '127.0.0.1'], validity)
  write('ca.crt', [authority, ...alsoTrusted].map(({ certificate }) => certificate).join(''))
  write('server.crt', server.chain)
  write('server.key', server.key)
  write('roles_mapping.yml', options.rolesMapping ?? 'reader:\n  users: [alice]\n')
  const configFile = join(folder, 'certgate.yml')
  write('certgate.yml', configText(options, upstream.url))
  const program = await (options.start ?? startProgram)(
    {
      config: configFile,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.entry === undefined ? {} : { entry: options.entry }),
    },
    t as { after(callback: () => Promise<unknown>): void },
  )
  const [alice, mallory] = await Promise.all(['CN=alice', 'CN=mallory'].map((subject) => authority.issue({ subject, ...validity })))
  if (alice === undefined || mallory === undefined) throw new Error('two certificates were asked for')
  const connect: Gateway['connect'] = (client = alice, more = {}) =>
    RawClient.connect({ port: program.port, ca: authority.certificate, client, ...more }, t)
  const records = (): AccessLine[] =>
    program.stdout.filter((line) => line.startsWith('{"time"')).map((line) => JSON.parse(line) as AccessLine)
  return {
    program,
    upstream,
    authority,
    folder,
    configFile,
    port: program.port,
    alice,
    mallory,
    issue: (subject, more = {}) => authority.issue({ subject, ...more }),
    connect,
    ask: async (text, client) => {
      const raw = await connect(client)
      const response = await raw.ask(text, { head: text.startsWith('HEAD ') })
      raw.close()
      return response
    },
    records,
    record: async (path) => {
      const [line] = await program.line(new RegExp(`^\\{"time".*"path":${quoteRegExp(JSON.stringify(path))}.*`))
      return JSON.parse(line) as AccessLine
    },
  }
}

function configText(options: GatewayOptions, upstreamUrl: string): string {
  return `listeners:
  main:
    address: ${options.address ?? '127.0.0.1:0'}
    tls:
      certificate: { cert: server.crt, key: server.key }
      client_ca: [ca.crt]
      ${options.tls ?? 'clientauth_mode: OPTIONAL'}
${options.auth === undefined ? '' : `auth:${options.auth}\n`}roles_mapping: roles_mapping.yml
upstreams:${typeof options.upstreams === 'function' ? options.upstreams(upstreamUrl) : (options.upstreams ?? `\n  recorder: { targets: ["${upstreamUrl}"] }`)}
routes:${options.routes ?? DEFAULT_ROUTES}
identity_headers:${options.identityHeaders ?? ' { styles: [plain] }'}
workers: ${options.workers ?? 1}
${options.limits === undefined ? '' : `limits: ${options.limits}\n`}admin: { socket: admin.sock }
telemetry: { address: 127.0.0.1:0, access_log: ${options.accessLog ?? 'on'}, log: { level: ${options.logLevel ?? 'debug'}, format: json } }
${options.extra ?? ''}
`
}

function quoteRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** A plain GET for a path, with further header lines. */
export function get(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`
}

/** The port that one of its listeners was given. */
export async function portOf({ folder }: Gateway, listener: string): Promise<number> {
  const { listeners } = await askStatus(join(folder, 'admin.sock'))
  return Number(
    listeners
      .find(({ name }) => name === listener)
      ?.address.split(':')
      .pop(),
  )
}
