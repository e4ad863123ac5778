import { ADMINISTRATION_FLAGS, ADMINISTRATION_USAGE, administer } from './administration.ts'
import type { CertificateInfo, CertificatePage } from './api-types.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { endText } from './end-text.ts'
import { databasesOf } from './issued-text.ts'
import { readCount } from './lifetime-flags.ts'
import { programName } from './program-name.ts'
import { oneOf, readClearance } from './rights-flags.ts'
import { duration } from './status.ts'
import { styles } from './style.ts'
import { type Column, table } from './table.ts'

const STATES = ['valid', 'expiring', 'expired', 'disabled', 'revoked'] as const
const SORTS: ReadonlyMap<string, { readonly sort: string; readonly order: string }> = new Map([
  ['name', { sort: 'name', order: 'asc' }],
  ['until', { sort: 'not_after', order: 'asc' }],
  // The newest is what one looks for.
  ['created', { sort: 'created_at', order: 'desc' }],
  ['seen', { sort: 'last_seen', order: 'desc' }],
])
const DEFAULT_LIMIT = '200'
const PAGE = 1000
const MOST = 1_000_000

export const certListCommand: Command = {
  name: 'cert list',
  summary: 'list client certificates, their rights and state',
  usage: `usage: certgate cert list [--state STATE] [--clearance C] [--sort ORDER] [--limit N] [--wide] [TEXT]

Lists what is registered: issued here, or trusted. TEXT is looked for in names, subjects,
serials and thumbprints. The thumbprint, or its beginning, names a certificate in other commands.

      --state valid|expiring|expired|disabled|revoked           only these
      --clearance ClusterAdmin|ClusterNode|Operator|ValidUser   only these
      --sort name|until|created|seen   default: name
      --limit N           at most so many; default: ${DEFAULT_LIMIT}
      --wide              subject and issuer too, as several may have one name
${ADMINISTRATION_USAGE}

examples:
  certgate cert list
  certgate cert list --state expiring --sort until
  certgate cert list --wide bob
  certgate cert list --json | jq -r '.certificates[].name'
`,
  async run(args, terminal) {
    const spec = {
      ...ADMINISTRATION_FLAGS,
      state: { type: 'string' },
      clearance: { type: 'string' },
      sort: { type: 'string' },
      limit: { type: 'string' },
      wide: { type: 'boolean' },
    } as const
    const { flags, positionals } = parseArguments('cert list', args, spec, { max: 1, names: 'TEXT' })
    const sort = oneOf(flags.sort ?? 'name', [...SORTS.keys()], '--sort')
    const query = {
      ...(flags.state !== undefined && { state: oneOf(flags.state, STATES, '--state') }),
      ...(flags.clearance !== undefined && { clearance: readClearance(flags.clearance) }),
      ...(positionals[0] !== undefined && { text: positionals[0] }),
      ...SORTS.get(sort),
    }
    const limit = readCount(flags.limit ?? DEFAULT_LIMIT, '--limit', MOST)
    return administer(flags, terminal, async (administration) => {
      const page = await pages(limit, (offset, size) =>
        administration.get(`/api/v1/certificates?${new URLSearchParams({ ...query, offset: String(offset), limit: String(size) })}`),
      )
      const filtered = flags.state !== undefined || flags.clearance !== undefined || positionals.length > 0
      terminal.out(
        flags.json ? `${JSON.stringify(page, null, 2)}\n` : certificateList(page, { filtered, wide: flags.wide }, terminal, Date.now()),
      )
      return 0
    })
  },
}

/** The administration gives no more than PAGE at once. */
async function pages(limit: number, ask: (offset: number, size: number) => Promise<CertificatePage>): Promise<CertificatePage> {
  const certificates: CertificateInfo[] = []
  for (;;) {
    const size = Math.min(PAGE, limit - certificates.length)
    const page = await ask(certificates.length, size)
    certificates.push(...page.certificates)
    if (page.certificates.length < size || certificates.length >= limit) return { total: page.total, certificates }
  }
}

/** The list for people. */
export function certificateList(
  { total, certificates }: CertificatePage,
  { filtered, wide }: { readonly filtered: boolean; readonly wide: boolean },
  terminal: Terminal,
  now: number,
): string {
  const { bold, dim } = styles(terminal)
  if (certificates.length === 0) {
    if (filtered) return 'no certificate is like that\n'
    const line = `${programName(terminal)} cert generate NAME`
    return `no certificate is registered\nnext: ${bold(line)} issues one; ${bold('cert trust FILE')} takes one that exists\n`
  }
  const more =
    total > certificates.length ? dim(`${certificates.length} of ${total}: narrow it by TEXT or --state, or raise --limit\n`) : ''
  return `${table(columns(terminal, now, wide), certificates, terminal)}${more}`
}

/** Narrower terminals show the beginning of a thumbprint, and databases last, where they may take lines of their own. */
const WIDE = 120

function columns(terminal: Terminal, now: number, isWhole: boolean): readonly Column<CertificateInfo>[] {
  const wide = !terminal.isTty || terminal.columns >= WIDE
  const style = (certificate: CertificateInfo) => stateStyle(certificate.state, terminal)
  const databases = { title: 'databases', text: databasesOf }
  const rest: Column<CertificateInfo>[] = [
    { title: 'state', text: (certificate) => stateOf(certificate, now), style, shrinksTo: 8 },
    { title: 'until', text: ({ not_after }) => endText(not_after, now), style },
    { title: 'last seen', text: ({ last_seen }) => lastSeen(last_seen, now) },
    { title: 'thumbprint', text: ({ thumbprint }) => (wide ? thumbprint : thumbprint.slice(0, 10)) },
  ]
  const names: Column<CertificateInfo>[] = [
    { title: 'subject', text: ({ subject }) => subject, shrinksTo: 16 },
    { title: 'issuer', text: ({ issuer }) => issuer, shrinksTo: 16 },
  ]
  return [
    { title: 'name', text: ({ name }) => name, shrinksTo: 12 },
    ...(isWhole ? names : []),
    { title: 'clearance', text: ({ clearance }) => clearance },
    ...(terminal.isTty ? rest : [databases, ...rest]),
    ...(terminal.isTty ? [{ ...databases, wraps: true as const }] : []),
  ]
}

/** Where another certificate of its key is the reason, which. */
function stateOf(certificate: CertificateInfo, now: number): string {
  const { refused_by: through } = certificate
  const state = stateText(certificate, now)
  return through ? `${state} with ${through.name}` : state
}

/** As the console calls it too: what begins later lets nobody in yet. */
export function stateText({ state, not_before }: Pick<CertificateInfo, 'state' | 'not_before'>, now: number): string {
  const isAhead = (state === 'valid' || state === 'expiring') && Date.parse(not_before) > now
  return isAhead ? 'not yet valid' : state
}

export function stateStyle(state: CertificateInfo['state'], terminal: Terminal): (text: string) => string {
  const { green, yellow, red, dim } = styles(terminal)
  return { valid: green, expiring: yellow, expired: dim, disabled: yellow, revoked: red }[state] ?? dim
}

export function lastSeen(moment: string | null, now: number): string {
  if (moment === null) return 'never'
  const ago = now - Date.parse(moment)
  return ago < 120_000 ? 'now' : `${duration(ago)} ago`
}
