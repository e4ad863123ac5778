import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Authority, createAuthority } from '../../src/certificates/authority.ts'
import { issueServer } from '../../src/certificates/issue.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Actor } from '../../src/store/types.ts'
import { temporaryFolder } from './authority.ts'
import type { Lifetime } from './lifetime.ts'
import { run } from './outside-program.ts'
import { type Program, startProgram } from './program.ts'
import { RecordingUpstream } from './recording-upstream.ts'

export const CLI: Actor = { name: 'cli', fingerprint: null }

export interface EnrolmentOptions {
  readonly authority?: { readonly days?: number }
  /** YAML beside `est` in `pki`. */
  readonly pki?: string
  readonly users?: string
  readonly mapping?: string
  /** The authority has no key: nothing can be issued. */
  readonly withoutKey?: boolean
}

/** The real program as `init` sets it up, with enrolment open. */
export interface EnrollingGateway {
  readonly program: Program
  readonly upstream: RecordingUpstream
  readonly folder: string
  readonly configFile: string
  readonly write: (name: string, content: string | Uint8Array) => string
  readonly authority: Authority
  readonly store: Store
  /** `https://localhost:PORT/.well-known/est` */
  readonly est: string
  readonly estPort: number
  /** `https://localhost:PORT` of the listener. */
  readonly listener: string
  token(name: string, given?: { readonly lifetime?: number | null; readonly validFor?: number; readonly actor?: Actor }): string
  /** curl in the folder, told whom to trust. Resolves to its status, headers and body. */
  curl(...args: string[]): Promise<Answer>
  openssl(...args: string[]): Promise<string>
  /** `openssl req -new` with a new key `NAME.key`, into `NAME.csr` (PEM). */
  request(name: string, subject: string, ...more: string[]): Promise<string>
  /** POSTs `NAME.csr` and writes what comes back to `NAME.crt`, leaf first and the issuing certificate after it. */
  enrol(name: string, token: string): Promise<Answer>
}

export interface Answer {
  /** 0: there was none. */
  readonly status: number
  readonly headers: string
  readonly body: string
}

export async function startEnrolment(t: Lifetime, options: EnrolmentOptions = {}): Promise<EnrollingGateway> {
  const { path: folder, write } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  const authority = await createAuthority({ days: options.authority?.days ?? 3650 })
  const server = await issueServer(authority.issuer, { commonName: 'localhost', names: ['localhost', '127.0.0.1'], days: 30 })
  mkdirSync(join(folder, 'ca'))
  write('ca/ca.crt', authority.rootCertificate)
  write('ca/issuing.crt', authority.issuingCertificate)
  if (options.withoutKey !== true) write('ca/issuing.key', authority.issuingKey)
  write('server.crt', server.certificate)
  write('server.key', server.key)
  write('roles_mapping.yml', options.mapping ?? 'reader:\n  users: [web1]\n')
  write('internal_users.yml', options.users ?? '{}\n')
  const configFile = write('certgate.yml', configText(options, upstream.url))
  const store = openStore(join(folder, 'data/certgate.db'))
  t.after(() => store.close())
  const program = await startProgram({ config: configFile }, t as { after(callback: () => Promise<unknown> | undefined): void })
  const [, estAddress = ''] = await program.line(/https:\/\/(\S+) is open for enrolment/)
  const estPort = Number(estAddress.split(':').at(-1))
  const est = `https://localhost:${estPort}/.well-known/est`
  const openssl: EnrollingGateway['openssl'] = async (...args) => {
    const { code, text, stderr } = await run('openssl', args, { cwd: folder })
    if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
    return text
  }
  const curl: EnrollingGateway['curl'] = async (...args) => {
    const head = join(folder, `head-${Math.random()}`)
    const base = ['-sS', '--cacert', 'ca/ca.crt', '-D', head, '-w', '\n%{http_code}']
    const { text, stderr } = await run('curl', [...base, ...args], { cwd: folder })
    const at = text.lastIndexOf('\n')
    const status = Number(text.slice(at + 1))
    return { status, headers: status === 0 ? stderr : readFileSync(head, 'latin1').toLowerCase(), body: text.slice(0, at) }
  }
  const post = ['-H', 'Content-Type: application/pkcs10', '--data-binary']
  const enrol: EnrollingGateway['enrol'] = async (name, token) => {
    const answer = await curl(...post, `@${name}.csr`, '-u', `token:${token}`, `${est}/simpleenroll`)
    if (answer.status === 200) await keep(name, answer.body)
    return answer
  }
  const keep = async (name: string, body: string) => {
    write(`${name}.p7.b64`, body)
    const { text } = await run('openssl', ['base64', '-d', '-in', `${name}.p7.b64`, '-out', `${name}.p7`], { cwd: folder })
    const leaf = await openssl('pkcs7', '-inform', 'DER', '-in', `${name}.p7`, '-print_certs')
    write(`${name}.crt`, `${text}${leaf}${authority.issuingCertificate}`)
  }
  return {
    program,
    upstream,
    folder,
    configFile,
    write,
    authority,
    store,
    est,
    estPort,
    listener: `https://localhost:${program.port}`,
    token: (name, { lifetime = null, validFor = 600_000, actor = CLI } = {}) =>
      store.tokens.create({ name, clearance: 'ValidUser', permissions: new Map(), lifetime }, validFor, actor).secret,
    curl,
    openssl,
    request: async (name, subject, ...more) => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
      await openssl(
        'req',
        '-new',
        ...(more.includes('-key') || more.includes('-newkey') ? [] : key),
        '-subj',
        subject,
        '-out',
        `${name}.csr`,
        ...more,
      )
      return `${name}.csr`
    },
    enrol,
  }
}

function configText({ pki = '' }: EnrolmentOptions, upstream: string): string {
  return `listeners:
  main:
    address: 127.0.0.1:0
    tls: { certificate: { cert: server.crt, key: server.key }, client_ca: [ca/ca.crt] }
roles_mapping: roles_mapping.yml
internal_users: internal_users.yml
upstreams: { app: { targets: ["${upstream}"] } }
routes: [{ name: all, path: /**, allow: [reader], upstream: app }]
workers: 1
admin: { socket: admin.sock }
pki:
  est: 127.0.0.1:0
  ${pki}
telemetry: { log: { level: debug, format: json } }
`
}
