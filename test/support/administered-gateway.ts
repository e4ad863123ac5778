import { readFileSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { type Agent, request } from 'node:https'
import { join } from 'node:path'
import { initialize } from '../../src/cli/initialize.ts'
import { temporaryFolder } from './authority.ts'
import { type Program, startProgram } from './program.ts'
import { RecordingUpstream } from './recording-upstream.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** A client certificate, or none. */
export interface Client {
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly pfx?: Buffer
  readonly passphrase?: string
}

export interface Asking {
  readonly client?: Client
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly agent?: Agent | false
}

/** What `init` makes, served by the real program on free ports. */
export interface AdministeredGateway {
  readonly folder: string
  readonly config: string
  program: Program
  /** Of the admin address that is open now. */
  adminPort: number
  readonly ca: Buffer
  /** What every route leads to. */
  readonly upstream: RecordingUpstream
  /** `METHOD /path` on the admin address. */
  ask(what: string, asking?: Asking): Promise<Answer>
  /** The same on the local socket. */
  local(what: string, body?: object): Promise<Answer>
  /** A certificate made over the local socket. */
  make(name: string, clearance: string, more?: object): Promise<Client & { readonly fingerprint: string }>
  /** Replaces text of the configuration. */
  edit(from: string | RegExp, to: string): void
  restart(): Promise<void>
  /** Stops it and starts it again, where the browser that has it open finds it: on the same port of the admin address. */
  restartInPlace(): Promise<void>
}

export async function startAdministeredGateway(
  t: { after(callback: () => Promise<unknown> | undefined): void },
  edits: readonly (readonly [string | RegExp, string])[] = [],
): Promise<AdministeredGateway> {
  const { path: folder, remove } = temporaryFolder()
  const upstream = await RecordingUpstream.start(t as Parameters<typeof RecordingUpstream.start>[0])
  const free = '127.0.0.1:0'
  const request = { folder, names: ['localhost', '127.0.0.1'], cwd: folder, listen: free, telemetry: free, admin: free }
  await initialize({ ...request, upstream: { name: 'app', target: upstream.url } })
  const config = join(folder, 'certgate.yml')
  const edit: AdministeredGateway['edit'] = (from, to) => writeFileSync(config, readFileSync(config, 'utf8').replace(from, to))
  for (const [from, to] of edits) edit(from, to)
  const start = async () => {
    const program = await startProgram({ config })
    return { program, adminPort: await adminPortOf(program) }
  }
  const ca = readFileSync(join(folder, 'ca', 'ca.crt'))
  const gateway: AdministeredGateway = {
    folder,
    config,
    ca,
    upstream,
    ...(await start()),
    ask: (what, asking = {}) => askOver(gateway.adminPort, ca, what, asking),
    local: (what, body) => askSocket(join(folder, 'admin.sock'), what, body),
    async make(name, clearance, more = {}) {
      const answer = await gateway.local('POST /api/v1/certificates', { name, clearance, format: 'json', ...more })
      if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.body}`)
      const { pem, key, certificate } = JSON.parse(answer.body.toString())
      return { cert: pem, key, fingerprint: certificate.fingerprint }
    },
    edit,
    async restart() {
      Object.assign(gateway, await start())
    },
    async restartInPlace() {
      await gateway.program.stop()
      edit(/(admin:\n\s+address: 127\.0\.0\.1:)0/, `$1${gateway.adminPort}`)
      await gateway.restart()
    },
  }
  t.after(async () => {
    await gateway.program.stop()
    remove()
  })
  return gateway
}

async function adminPortOf(program: Program): Promise<number> {
  const [, port] = await program.line(/https:\/\/127\.0\.0\.1:(\d+) is open for administration/)
  return Number(port)
}

function askOver(port: number, ca: Buffer, what: string, { client = {}, headers = {}, body, agent = false }: Asking): Promise<Answer> {
  const [method = '', path = ''] = what.split(' ')
  const options = { host: '127.0.0.1', servername: 'localhost', port, method, path, ca, agent, ...client }
  return exchange(request({ ...options, headers: { host: `localhost:${port}`, ...headers } }), body)
}

function askSocket(socketPath: string, what: string, body?: object): Promise<Answer> {
  const [method = '', path = ''] = what.split(' ')
  const headers = { host: 'admin' }
  return exchange(plainRequest({ socketPath, method, path, headers }), body === undefined ? undefined : JSON.stringify(body))
}

function exchange(sent: ReturnType<typeof request>, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
