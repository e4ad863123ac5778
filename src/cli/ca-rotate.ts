import { KEY_TYPES } from '../certificates/key.ts'
import { CertgateError, UsageError } from '../errors.ts'
import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { AuthorityInfo, RotationInfo } from './api-types.ts'
import { authorityText } from './ca-show.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { confirm } from './confirm.ts'
import { reportStopped } from './issued-text.ts'
import { readDays } from './lifetime-flags.ts'
import { printable } from './printable.ts'
import { oneOf } from './rights-flags.ts'
import { shortPath } from './short-path.ts'
import { styles } from './style.ts'

const DAY = 86_400_000
const DEFAULT_OVERLAP = 90

export const caRotateCommand: Command = {
  name: 'ca rotate',
  summary: 'replace the authority; the old one is trusted for a while',
  usage: `usage: certgate ca rotate [--overlap DAYS] [--days N] [--key-type TYPE] [--new-root] [--yes]

Makes a new root and issuing authority, and signs with it from then on. Certificates of the old
one are accepted until the overlap ends, and after it where they are registered and 'trust' lets
the registry speak for itself (either, the default, or registry). --overlap 0 is for a key in
wrong hands: no older authority is trusted from then on, that of a rotation under way included.
Below a CA of your own (init --ca) it needs --new-root: trust in that CA ends with the overlap.
Says what will happen, and trust in which roots ends when, and asks; where nobody can be asked it does nothing without --yes.

      --overlap DAYS      how long both are trusted, e.g. 30d; 0: not at all; default: ${DEFAULT_OVERLAP}d
      --days N            how long the new authority is valid; default: 3650
      --key-type ec|rsa|rsa4096|ed25519   default: that of the old one
      --new-root          make a root of certgate's own in place of your CA
      --yes               do not ask
${ADMINISTRATION_USAGE}

examples:
  certgate ca rotate --overlap 30d
  certgate ca rotate --overlap 0
`,
  async run(args, terminal) {
    const spec = {
      ...ADMINISTRATION_FLAGS,
      overlap: { type: 'string' },
      days: { type: 'string' },
      'key-type': { type: 'string' },
      'new-root': { type: 'boolean' },
      yes: { type: 'boolean' },
    } as const
    const { flags } = parseArguments('ca rotate', args, spec)
    const overlap = flags.overlap === undefined ? DEFAULT_OVERLAP : overlapDays(flags.overlap)
    const body = {
      overlap_days: overlap,
      ...(flags.days !== undefined && { days: readDays(flags.days, '--days') }),
      ...(flags['key-type'] !== undefined && { key_type: oneOf(flags['key-type'], [...KEY_TYPES], '--key-type') }),
      ...(flags['new-root'] && { new_root: true }),
    }
    return administer(flags, terminal, async (administration) => {
      const before = await administration.get<AuthorityInfo>('/api/v1/ca')
      if (before.issuing === null) throw new CertgateError('entry_unknown', `there is no authority to rotate: ${printable(before.problem)}`)
      if (overlap > 0) refuseOverlap(before, Date.now())
      if (!flags['new-root']) refuseOwn(before)
      terminal.err(plan(before, overlap, Date.now()))
      if (!flags.yes && !(await confirm(overlap === 0 ? 'end the old authority now?' : 'rotate the authority?', terminal))) {
        terminal.err('certgate: nothing was changed\n')
        return 1
      }
      const answer = await administration.send<RotationInfo | undefined>('POST', '/api/v1/ca/rotate', body)
      const after: RotationInfo = answer?.issuers === undefined ? await administration.get<AuthorityInfo>('/api/v1/ca') : answer
      terminal.out(flags.json ? `${JSON.stringify(after, null, 2)}\n` : authorityText(after, terminal, Date.now()))
      if (!flags.json) {
        terminal.out(unboundText(after, terminal))
        reportStopped(administration, terminal)
      }
      return 0
    })
  },
}

/** What does not follow by itself: a binding is never widened by certgate. */
function unboundText({ unbound_roles: roles = [], issuer }: RotationInfo, terminal: Terminal): string {
  if (roles.length === 0) return ''
  const { bold, yellow } = styles(terminal)
  const lines = roles.map(({ role, file, line }) => `  ${bold(printable(role))}  ${printable(shortPath(file, terminal.cwd))}:${line}\n`)
  const add = issuer ? `where they are meant too, add to 'issuers': ${issuer.key}\n  the key of ${printable(issuer.subject)}\n` : ''
  return `\n${yellow('these roles are bound to the replaced authority: certificates that are signed now do not get them')}\n${lines.join('')}${add}`
}

/** What would be refused is not announced first. */
function refuseOverlap({ rotation }: AuthorityInfo, now: number): void {
  if (rotation === null || Date.parse(rotation.overlap_until) <= now) return
  throw new CertgateError('issuance_refused', `the last rotation goes on until ${rotation.overlap_until.slice(0, 10)}`, {
    hint: 'rotate again after that; with --overlap 0 at once, if a key is in wrong hands',
  })
}

/** Before anybody is asked: whoever brought a CA of their own hardly means to lose it. */
function refuseOwn({ roots }: AuthorityInfo): void {
  const own = roots.find((root) => root.own === true)
  if (own === undefined) return
  const why = `${printable(own.subject)} is a CA of your own: a rotation makes a root of certgate's, and ends trust in it`
  throw new CertgateError('issuance_refused', why, {
    hint: 'add --new-root if that is meant; to stay under it, have it sign a CA, and name that under pki.authority',
  })
}

function endingOf({ roots }: AuthorityInfo, when: string): string {
  return roots
    .filter((root) => root.ends_by_rotation === true)
    .map((root) => `  trust in ${printable(root.subject)}${root.own === true ? ', your own CA,' : ''} ends ${when}\n`)
    .join('')
}

function overlapDays(text: string): number {
  const [, days = ''] = /^(\d{1,6})d?$/.exec(text) ?? []
  if (days === '') throw new UsageError(`--overlap: '${text}' is not a number of days`, 'for example 90d; 0 ends the old authority at once')
  return Number(days)
}

function plan(before: AuthorityInfo, overlap: number, now: number): string {
  const subject = before.issuing?.subject ?? ''
  if (overlap === 0) return planOfEnd(subject, endingOf(before, 'at once'))
  const end = new Date(now + overlap * DAY).toISOString().slice(0, 10)
  return `this replaces ${printable(subject)}:
  a new root and a new issuing authority are made, and sign all that is issued from now on
${endingOf(before, end)}  certificates of the old one are accepted until ${end} (${overlap} days); after that only those in the registry are,
  where 'trust' is either (the default) or registry: renew them by then
  the gateway's own certificate is renewed too; give its clients the new root (ca/ca.crt) by then
`
}

function planOfEnd(subject: string, ending: string): string {
  return `this ends ${printable(subject)} at once, as for a key in wrong hands:
  a new root and a new issuing authority are made, and sign all that is issued from now on
${ending}  no older root is trusted: what is not in the registry is refused, and its connections are closed
  certificates in the registry go on where 'trust' is either (the default) or registry: revoke those that you do not know;
  where it is ca or both nobody comes in before they are issued a new one, administrators too (commands here go on)
  the gateway's own certificate is renewed; its clients do not trust it before they have the new root (ca/ca.crt)
`
}
