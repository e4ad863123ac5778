import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { AuditLine, CertificateDetails } from './api-types.ts'
import { auditColumns } from './audit-text.ts'
import { lastSeen, stateStyle, stateText } from './cert-list.ts'
import { resolveReference } from './certificate-reference.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { endText } from './end-text.ts'
import { databasesOf } from './issued-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'
import { pairs, table } from './table.ts'

export const certShowCommand: Command = {
  name: 'cert show',
  summary: 'show all that is known of a client certificate',
  usage: `usage: certgate cert show [--pem] NAME-or-THUMBPRINT

Rights, roles under the mapping in force, state, dates, what it renews, what renewed it, and who
did what with it. A NAME means its newest certificate that is in force.

      --pem               print the certificate alone
${ADMINISTRATION_USAGE}

examples:
  certgate cert show alice
  certgate cert show 3F1D9C02AB --pem | openssl x509 -noout -text
`,
  async run(args, terminal) {
    const spec = { ...ADMINISTRATION_FLAGS, pem: { type: 'boolean' } } as const
    const { flags, positionals } = parseArguments('cert show', args, spec, { min: 1, max: 1, names: 'NAME-or-THUMBPRINT' })
    return administer(flags, terminal, async (administration) => {
      const { certificate: details } = await resolveReference(administration, positionals[0] ?? '')
      if (flags.pem) terminal.out(details.pem.endsWith('\n') ? details.pem : `${details.pem}\n`)
      else terminal.out(flags.json ? `${JSON.stringify(details, null, 2)}\n` : certificateText(details, terminal, Date.now()))
      return 0
    })
  },
}

/** Everything for people. */
export function certificateText(details: CertificateDetails, terminal: Terminal, now: number): string {
  const { bold } = styles(terminal)
  const why = details.refused_by ? `, by its key, which is that of ${throughWhich(details.refused_by)}` : ownWhy(details)
  const rows: [string, string][] = [
    ['state', `${stateStyle(details.state, terminal)(stateText(details, now))}${printable(why)}`],
    ['clearance', details.clearance],
    ['databases', printable(databasesOf(details))],
    ['roles', printable(details.roles.join(', '))],
    ['valid', `${details.not_before.slice(0, 10)} to ${endText(details.not_after, now)}`],
    ['last seen', lastSeen(details.last_seen, now)],
    ['subject', printable(details.subject)],
    ['names', printable(details.sans.join(', '))],
    ['issuer', printable(details.issuer)],
    ['serial', details.serial],
    ['thumbprint', details.thumbprint],
    ['SHA-256', details.fingerprint],
    ['key (SHA-256)', details.pin],
    [details.origin, `${moment(details.created_at)} by ${printable(details.created_by)}`],
    ...relatives(details),
  ]
  const history = details.history.length === 0 ? '' : `\n${table<AuditLine>(auditColumns(terminal, false), details.history, terminal)}`
  return `${bold(printable(details.name))}\n${pairs(rows, terminal)}${history}`
}

function ownWhy({ revoked }: CertificateDetails): string {
  return revoked === null ? '' : `, ${moment(revoked.at)}, ${revoked.reason}`
}

const throughWhich = ({ name, fingerprint, state }: NonNullable<CertificateDetails['refused_by']>): string =>
  `${name} (${state}, SHA-256 ${fingerprint})`

/** What it renews and what renewed it, newest first, with what became of them. */
function relatives({ predecessor, renewals, others, created_at }: CertificateDetails): [string, string][] {
  const known = new Set(others.map(({ fingerprint }) => fingerprint))
  const rows = others.map((other): [string, string] => [
    Date.parse(other.created_at) > Date.parse(created_at) ? 'renewed by' : 'renews',
    `${other.thumbprint}, ${other.state}, until ${endText(other.not_after)}`,
  ])
  // Those of another name, and what is registered no more.
  const unnamed = (label: string, fingerprint: string): [string, string][] => (known.has(fingerprint) ? [] : [[label, fingerprint]])
  return [
    ...renewals.flatMap((one) => unnamed('renewed by', one)),
    ...rows,
    ...(predecessor === null ? [] : unnamed('renews', predecessor)),
  ]
}

/** To the second, UTC. */
const moment = (text: string): string => text.replace(/\.\d+Z$/, 'Z')
