import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { AuthorityInfo, ListInfo } from './api-types.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { printable } from './printable.ts'
import { ABOUT_TO_EXPIRE, duration, listIsLate } from './status.ts'
import { styles } from './style.ts'
import { table } from './table.ts'

export const caShowCommand: Command = {
  name: 'ca show',
  summary: 'show the authority: what signs, what is trusted, until when',
  usage: `usage: certgate ca show

Issuing authority, all that are answered for with their revocation lists, those of the roots above
them, and trusted roots.
The key is the SHA-256 that pki.http serves a list under: /crl/KEY.crl.
Exit code 1 where nothing can be issued.

${ADMINISTRATION_USAGE}

examples:
  certgate ca show
`,
  async run(args, terminal) {
    const { flags } = parseArguments('ca show', args, ADMINISTRATION_FLAGS)
    return administer(flags, terminal, async (administration) => {
      const authority = await administration.get<AuthorityInfo>('/api/v1/ca')
      terminal.out(flags.json ? `${JSON.stringify(authority, null, 2)}\n` : authorityText(authority, terminal, Date.now()))
      return authority.issuing === null ? 1 : 0
    })
  },
}

/** The authority for people. */
export function authorityText(
  { issuing, problem, issuers, root_lists: lists = [], roots, rotation }: AuthorityInfo,
  terminal: Terminal,
  now: number,
): string {
  const { bold, red, yellow } = styles(terminal)
  const style = (date: string) => {
    const left = Date.parse(date) - now
    return left <= 0 ? red : left < ABOUT_TO_EXPIRE ? yellow : plain
  }
  const listStyle = ({ this_update, next_update }: ListInfo) => {
    const [from, to] = [Date.parse(this_update), Date.parse(next_update)]
    return to <= now ? red : listIsLate(from, to, now) ? yellow : plain
  }
  const head =
    issuing === null
      ? `${bold(red('nothing can be issued'))}: ${printable(problem)}\n`
      : `signs with ${bold(printable(issuing.subject))} (${issuing.key_type}), until ${style(issuing.not_after)(until(issuing.not_after, now))}\n`
  const overlap = rotation === null ? '' : yellow(`rotation: the replaced root is trusted until ${rotation.overlap_until.slice(0, 10)}\n`)
  const ofRoots = lists.map((one) => ({ ...one, not_after: one.crl.next_update, signs: false }))
  const list = table<AuthorityInfo['issuers'][number]>(
    [
      { title: 'issuer', text: ({ subject }) => subject, shrinksTo: 16 },
      { title: 'until', text: ({ not_after }) => not_after.slice(0, 10), style: ({ not_after }) => style(not_after) },
      { title: 'signs', text: ({ signs }) => (signs ? 'yes' : 'no') },
      { title: 'CRL', text: ({ crl }) => (crl === null ? 'none' : `#${crl.number}, ${crl.revoked} revoked`) },
      {
        title: 'next CRL',
        text: ({ crl }) => crl?.next_update.slice(0, 10) ?? '',
        style: ({ crl }) => (crl === null ? plain : listStyle(crl)),
      },
      { title: 'key', text: ({ key_id }) => key_id, shrinksTo: 12 },
    ],
    [...issuers, ...ofRoots],
    terminal,
  )
  const trusted = table<AuthorityInfo['roots'][number]>(
    [
      { title: 'trusted root', text: ({ subject }) => subject, shrinksTo: 16 },
      { title: 'until', text: ({ not_after }) => not_after.slice(0, 10), style: ({ not_after }) => style(not_after) },
      { title: 'SHA-256', text: ({ fingerprint }) => fingerprint, shrinksTo: 16 },
    ],
    roots,
    terminal,
  )
  return `${head}${overlap}${issuers.length === 0 ? '' : `\n${list}`}${roots.length === 0 ? '' : `\n${trusted}`}`
}

const plain = (text: string) => text

export function until(date: string, now: number): string {
  const left = Date.parse(date) - now
  return `${date.slice(0, 10)} (${left <= 0 ? 'expired' : `in ${duration(left)}`})`
}
