import { readFileSync } from 'node:fs'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import type { Lifetime } from '../support/lifetime.ts'
import { type Program, startProgram } from '../support/program.ts'
import type { AuditLine } from './lanes.ts'
import { Witness } from './witness.ts'

/** Whose certificates one listener trusts; PEM. */
export interface ListenerTrust {
  readonly ca: readonly string[]
  readonly lists: readonly string[]
}

export interface ManyListeners {
  readonly program: Program
  readonly witness: Witness
  /** By the listener's index; null where it could not be started for these reasons. */
  readonly ports: readonly (number | null)[]
  readonly problems: readonly (readonly string[])[]
  /** Stops the program and gives what it logged. */
  audit(): Promise<readonly AuditLine[]>
}

export interface ManyOptions {
  readonly rolesMapping: string
  readonly routes: string
  readonly auth?: string
  readonly identityHeaders?: string
}

/** The real program with a listener for each trust. What `check` finds wrong with one listener's files leaves that listener out. */
export async function startListeners(t: Lifetime, trusts: readonly ListenerTrust[], options: ManyOptions): Promise<ManyListeners> {
  const folder = temporaryFolder(t as { after(callback: () => void): void })
  const witness = await Witness.start(t)
  const authority = await createAuthority('CN=conformance server root')
  const server = await authority.server(['localhost', '127.0.0.1'])
  folder.write('server.crt', server.chain)
  folder.write('server.key', server.key)
  folder.write('roles_mapping.yml', options.rolesMapping)
  for (const [index, { ca, lists }] of trusts.entries()) {
    folder.write(`ca-${index}.pem`, ca.join('\n'))
    if (lists.length > 0) folder.write(`crl-${index}.pem`, lists.join('\n'))
  }
  const configure = (indexes: readonly number[]): string => {
    return folder.write('certgate.yml', configText(indexes, trusts, options, witness.url))
  }
  const all = [...trusts.keys()]
  const problems = await findProblems(configure(all), trusts.length, t)
  const good = all.filter((index) => problems[index]?.length === 0)
  const lifetime = t as { after(callback: () => Promise<unknown> | undefined): void }
  const program = await startProgram({ config: configure(good), listeners: good.length, timeout: 60_000 }, lifetime)
  const ports = all.map((index) => {
    const url = program.urls[good.indexOf(index)]
    return url === undefined || !good.includes(index) ? null : Number(url.port)
  })
  const audit = async (): Promise<readonly AuditLine[]> => {
    const { code, signal } = await program.stop()
    if (code !== 0)
      throw new Error(
        `the program ended with ${signal ?? code}:\n${program.lines
          .filter((line) => !line.includes('audit'))
          .slice(-40)
          .join('\n')}`,
      )
    const lines = readFileSync(`${folder.path}/access.log`, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as AuditLine)
  }
  return { program, witness, ports, problems, audit }
}

/** What `certgate check --json` says about each listener's files. */
async function findProblems(config: string, count: number, t: Lifetime): Promise<string[][]> {
  const program = await startProgram(
    { args: ['check', '--json', '--config', config], listeners: 0, env: { CERTGATE_DEBUG: '1' } },
    t as never,
  )
  await program.ended
  if (program.stdout.length === 0) throw new Error(program.lines.join('\n'))
  const report = JSON.parse(program.stdout.join('\n')) as { problems: { severity: string; message: string; line: number }[] }
  const lines = readFileSync(config, 'utf8').split('\n')
  const found: string[][] = Array.from({ length: count }, () => [])
  for (const { severity, message, line } of report.problems) {
    if (severity !== 'error') continue
    const index = /^ {2}l(\d+):/.exec(lines.slice(0, line).findLast((text) => /^ {2}l\d+:/.test(text)) ?? '')?.[1]
    if (index === undefined) throw new Error(`check found a problem that is no listener's: line ${line}: ${message}`)
    found[Number(index)]?.push(message)
  }
  return found
}

function configText(indexes: readonly number[], trusts: readonly ListenerTrust[], options: ManyOptions, upstream: string): string {
  const listeners = indexes.map((index) => {
    const crl = trusts[index]?.lists.length === 0 ? '' : `\n      crl: { validate: true, files: [crl-${index}.pem] }`
    return `  l${index}:
    address: 127.0.0.1:0
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: REQUIRE
      client_ca: [ca-${index}.pem]${crl}`
  })
  return `listeners:
${listeners.join('\n')}
${options.auth === undefined ? '' : `auth:${options.auth}\n`}roles_mapping: roles_mapping.yml
upstreams:
  recorder: { targets: ["${upstream}"] }
routes:${options.routes}
identity_headers:${options.identityHeaders ?? ' { styles: [plain] }'}
workers: 1
admin: { socket: admin.sock }
telemetry: { address: 127.0.0.1:0, access_log: access.log, log: { level: debug, format: json } }
`
}
