import type { Terminal } from './command.ts'
import type { Initialized } from './initialize.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

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
    ...keyRows(own),
    ['server.crt, server.key', `for ${names.join(', ')}, until ${leaf}`],
    ['clients/admin.crt, .key', `client certificate CN=${admin}, until ${leaf}`],
    ['clients/admin.pfx', `the same for a browser${password === null ? '' : '; its password is in clients/admin.pass'}`],
  ] as const
  const width = Math.max(...rows.map(([file]) => file.length))
  const lines = rows.map(([file, what]) => `  ${cyan(file.padEnd(width))}  ${what}`)
  return `made in ${shortPath(folder, terminal.cwd)}:\n${lines.join('\n')}\n${wildcardNote(names, terminal)}`
}

/** Else the console would be refused under a name that the certificate seems to have. */
function wildcardNote(names: readonly string[], terminal: Terminal): string {
  const wildcard = names.find((name) => name.startsWith('*.'))
  if (wildcard === undefined) return ''
  const note = `browsers open the console at localhost, an IP address or a name in admin.hosts: ${wildcard} stands for none`
  return `${styles(terminal).yellow('note:')} ${note}\n`
}

function keyRows(own: Initialized['own']): readonly (readonly [string, string])[] {
  if (own === null)
    return [
      ['ca/ca.key', "the root's key: only a rotation needs it, so keep it offline"],
      ['ca/issuing.key', 'the key that signs: keep it secret, and here, or nothing is issued or renewed'],
    ]
  const whose = own.signsItself ? `the key of ${own.dn}` : `the key of a new issuing CA under ${own.dn}`
  return [['ca/issuing.key', `${whose}: keep it secret`]]
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
