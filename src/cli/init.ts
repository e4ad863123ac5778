import { join, resolve } from 'node:path'
import { parseTarget } from '../config/address.ts'
import { InvalidValue } from '../config/shape.ts'
import { UsageError } from '../errors.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { serverNames } from './host-names.ts'
import { type Initialized, initialize } from './initialize.ts'
import { programName, shellWord } from './program-name.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

const defaultUpstream = 'http://127.0.0.1:8080'

export const initCommand: Command = {
  name: 'init',
  summary: 'make an authority, certificates and a configuration',
  usage: `usage: certgate init [--dir DIR] [--name HOST]... [--upstream URL]

Makes a root and an issuing authority (10 years), a server certificate and a client certificate for an
administrator (1 year), and a commented configuration that is ready to serve. Nothing is ever overwritten.

      --dir DIR        where to; default: the current folder
      --name HOST      a name or IP address of the server, may be repeated; the name of this machine,
                       localhost, 127.0.0.1 and ::1 are always in the certificate
      --upstream URL   what stands behind: http://, https:// or unix:/path; default: ${defaultUpstream}

examples:
  certgate init
  certgate init --dir data --name gate.example --upstream http://127.0.0.1:9200
`,
  async run(args, terminal) {
    const { flags } = parseArguments('init', args, {
      dir: { type: 'string' },
      name: { type: 'string', multiple: true },
      upstream: { type: 'string' },
    })
    const folder = resolve(terminal.cwd, flags.dir ?? '.')
    const names = serverNames(flags.name)
    const target = upstreamTarget(flags.upstream ?? defaultUpstream, terminal.cwd)
    const request = {
      folder,
      names,
      cwd: terminal.cwd,
      listen: '0.0.0.0:8443',
      telemetry: '127.0.0.1:9464',
      admin: '127.0.0.1:9443',
      upstream: { name: 'app', target },
    }
    terminal.out(summary(folder, names, await initialize(request), terminal))
    const config = shortPath(join(folder, 'certgate.yml'), terminal.cwd)
    const next = `${programName(terminal)} serve${config === 'certgate.yml' ? '' : ` --config ${shellWord(config)}`}`
    terminal.out(`\nnext: ${styles(terminal).bold(next)}\n`)
    return 0
  },
}

function upstreamTarget(text: string, cwd: string): string {
  try {
    return parseTarget(text, (path) => resolve(cwd, path)).url
  } catch (error) {
    if (error instanceof InvalidValue) throw new UsageError(`--upstream: ${error.message}`, error.hint)
    throw error
  }
}

/** What was made, for whom, and until when. */
export function summary(folder: string, names: readonly string[], made: Initialized, terminal: Terminal): string {
  const { cyan } = styles(terminal)
  const authority = day(made.authorityUntil)
  const leaf = day(made.leavesUntil)
  const rows = [
    ['certgate.yml', 'the configuration'],
    ['roles_mapping.yml', 'who has which role: CN=admin has the role admin'],
    ['internal_users.yml', 'users with passwords, if you want any'],
    ['certgate.db', 'who has which certificate: CN=admin has the clearance ClusterAdmin'],
    ['ca/ca.crt', `the root certificate, for clients to trust, until ${authority}`],
    ['ca/*.key', 'the keys of the authority: keep them secret, better still offline'],
    ['server.crt, server.key', `for ${names.join(', ')}, until ${leaf}`],
    ['clients/admin.crt, .key', `client certificate CN=admin, until ${leaf}`],
    ['clients/admin.pfx', 'the same for a browser; its password is in clients/admin.pass'],
  ] as const
  const width = Math.max(...rows.map(([file]) => file.length))
  const lines = rows.map(([file, what]) => `  ${cyan(file.padEnd(width))}  ${what}`)
  return `made in ${shortPath(folder, terminal.cwd)}:\n${lines.join('\n')}\n`
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
