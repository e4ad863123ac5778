import { join } from 'node:path'
import { parseAddress } from '../config/address.ts'
import { UsageError } from '../errors.ts'
import { ADDRESS_FLAGS, ADDRESS_USAGE, type Addresses, readAddresses } from './addresses.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { DEFAULT_UPSTREAM, type InitAnswers, type InitFlags, initAnswers } from './init-answers.ts'
import { summary } from './init-summary.ts'
import { initialize } from './initialize.ts'
import { ownCaNotes } from './own-ca.ts'
import { programName, shellWord } from './program-name.ts'
import { isInteractive, Questions } from './questions.ts'
import { shortPath } from './short-path.ts'
import { consoleLine, curlLines } from './start-guide.ts'
import { styles } from './style.ts'

export const initCommand: Command = {
  name: 'init',
  summary: 'make an authority, certificates and a configuration',
  usage: `usage: certgate init [--dir DIR] [--name HOST]... [--upstream URL] [--ca FILE] [--admin-name NAME] [--yes]
       certgate init --web [--port PORT]

Makes a root and an issuing authority (10 years), a server certificate and a client certificate for an administrator (1 year),
and a commented configuration that is ready to serve. On a terminal it asks for what no flag says; elsewhere the defaults count.
Nothing is ever overwritten.

      --dir DIR             where to; default: the current folder
      --name HOST           a name or IP address of the server, may be repeated; the name of this machine,
                            localhost, 127.0.0.1 and ::1 are always in the certificate
      --ca FILE             your own CA, instead of a new root: a PFX, or PEM with the certificates above it
      --ca-key FILE         its private key, where FILE does not hold it
      --ca-password-file FILE   the password of that key or PFX is the first line of it; asked for on a terminal
      --upstream URL        what stands behind: http://, https:// or unix:/path; default: ${DEFAULT_UPSTREAM}
      --admin-name NAME     common name of the first administrator, whose files are clients/admin.* whatever it is;
                            default: admin
${ADDRESS_USAGE}
  -y, --yes                 ask nothing
      --web                 ask in a browser on this machine instead, then serve; the flags above are what its pages begin with
      --port PORT           of those pages, on 127.0.0.1; default: a free one

examples:
  certgate init
  certgate init --dir data --name gate.example --upstream http://127.0.0.1:9200
  certgate init --dir data --ca corp.crt --ca-key corp.key --admin-name alice
  certgate init --web --dir data
`,
  async run(args, terminal) {
    const { flags } = parseArguments('init', args, {
      dir: { type: 'string' },
      name: { type: 'string', multiple: true },
      ca: { type: 'string' },
      'ca-key': { type: 'string' },
      'ca-password-file': { type: 'string' },
      upstream: { type: 'string' },
      'admin-name': { type: 'string' },
      ...ADDRESS_FLAGS,
      yes: { type: 'boolean', short: 'y' },
      web: { type: 'boolean' },
      port: { type: 'string' },
    })
    const addresses = readAddresses(flags)
    if (flags.web) return initOnWeb(flags, addresses, terminal)
    if (flags.port !== undefined) throw new UsageError('--port is for --web', '--listen is where the gateway listens')
    const questions = isInteractive(terminal) && !flags.yes ? new Questions(terminal) : null
    const answers = await initAnswers(flags, questions, terminal).finally(() => questions?.close())
    const { folder, names, own, target, administrator } = answers
    const made = await initialize({
      folder,
      names,
      cwd: terminal.cwd,
      administrator,
      ...(own === null ? {} : { own }),
      ...addresses,
      upstream: { name: 'app', target: target.url },
    })
    if (questions?.asked) terminal.err('\n')
    terminal.out(summary(folder, names, made, terminal))
    terminal.out(notes(answers, terminal))
    const config = shortPath(join(folder, 'certgate.yml'), terminal.cwd)
    const next = `${programName(terminal)} serve${config === 'certgate.yml' ? '' : ` --config ${shellWord(config)}`}`
    terminal.out(`\nnext: ${styles(terminal).bold(next)}\n`)
    terminal.out(thereafter(folder, addresses, terminal))
    return 0
  },
}

async function initOnWeb(
  flags: InitFlags & { readonly yes: boolean; readonly port: string | undefined },
  addresses: Addresses,
  terminal: Terminal,
): Promise<number> {
  if (flags.yes) throw new UsageError('--web asks, and --yes says to ask nothing')
  const port = Number(flags.port ?? 0)
  if (!/^\d{1,5}$/.test(flags.port ?? '0') || port > 65_535) throw new UsageError(`--port: '${flags.port}' is not a port`)
  const answers = await initAnswers(flags, null, terminal)
  const { runWizard } = await import('./wizard/run.ts')
  return runWizard({ answers, names: flags.name, addresses, port }, terminal)
}

/** What there is to do once it serves; nothing of a port that is not known yet. */
function thereafter(folder: string, { listen, admin }: Addresses, terminal: Terminal): string {
  const port = portOf(listen)
  const through = port === '0' ? '' : `\nthen:\n\n  ${styles(terminal).bold(curlLines(folder, port, terminal).through)}\n`
  return portOf(admin) === '0' ? through : `${through}\n${consoleLine(folder, admin, terminal)}\n`
}

const portOf = (address: string): string => String(parseAddress(address).port)

function notes({ own, administrator }: InitAnswers, terminal: Terminal): string {
  if (own === null) return ''
  const lines = ownCaNotes(own, administrator).map((note) => `${styles(terminal).yellow('note:')} ${note}\n`)
  return `\n${lines.join('')}`
}
