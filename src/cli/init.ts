import { join } from 'node:path'
import { ADDRESS_FLAGS, ADDRESS_USAGE, readAddresses } from './addresses.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { DEFAULT_UPSTREAM, type InitAnswers, initAnswers } from './init-answers.ts'
import { type Initialized, initialize } from './initialize.ts'
import { ownCaNotes } from './own-ca.ts'
import { programName, shellWord } from './program-name.ts'
import { isInteractive, Questions } from './questions.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

export const initCommand: Command = {
  name: 'init',
  summary: 'make an authority, certificates and a configuration',
  usage: `usage: certgate init [--dir DIR] [--name HOST]... [--upstream URL] [--ca FILE] [--admin-name NAME] [--yes]

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
      --admin-name NAME     common name of the first administrator; default: admin
${ADDRESS_USAGE}
  -y, --yes                 ask nothing

examples:
  certgate init
  certgate init --dir data --name gate.example --upstream http://127.0.0.1:9200
  certgate init --dir data --ca corp.crt --ca-key corp.key --admin-name alice
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
    })
    const addresses = readAddresses(flags)
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
    return 0
  },
}

function notes({ own, administrator }: InitAnswers, terminal: Terminal): string {
  if (own === null) return ''
  const lines = ownCaNotes(own, administrator).map((note) => `${styles(terminal).yellow('note:')} ${note}\n`)
  return `\n${lines.join('')}`
}

/** What was made, for whom, and until when. */
export function summary(folder: string, names: readonly string[], made: Initialized, terminal: Terminal): string {
  const { cyan } = styles(terminal)
  const authority = day(made.authorityUntil)
  const leaf = day(made.leavesUntil)
  const { administrator: admin, own, password } = made
  const rows = [
    ['certgate.yml', 'the configuration'],
    ['roles_mapping.yml', `who has which role: CN=${admin} has the role admin`],
    ['internal_users.yml', 'users with passwords, if you want any'],
    ['certgate.db', `who has which certificate: CN=${admin} has the clearance ClusterAdmin`],
    ['ca/ca.crt', `${own === null ? 'the root certificate' : 'the root of your CA'}, for clients to trust, until ${authority}`],
    keyRow(own),
    ['server.crt, server.key', `for ${names.join(', ')}, until ${leaf}`],
    ['clients/admin.crt, .key', `client certificate CN=${admin}, until ${leaf}`],
    ['clients/admin.pfx', `the same for a browser${password === null ? '' : '; its password is in clients/admin.pass'}`],
  ] as const
  const width = Math.max(...rows.map(([file]) => file.length))
  const lines = rows.map(([file, what]) => `  ${cyan(file.padEnd(width))}  ${what}`)
  return `made in ${shortPath(folder, terminal.cwd)}:\n${lines.join('\n')}\n`
}

function keyRow(own: Initialized['own']): readonly [string, string] {
  if (own === null) return ['ca/*.key', 'the keys of the authority: keep them secret, better still offline']
  const whose = own.signsItself ? `the key of ${own.dn}` : `the key of a new issuing CA under ${own.dn}`
  return ['ca/issuing.key', `${whose}: keep it secret`]
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
