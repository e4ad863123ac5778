import { withTimes } from '../admin/v1/shapes.ts'
import { askStatus } from '../control/administration/admin-client.ts'
import type { Status } from '../control/status.ts'
import { type Command, parseArguments, type Terminal } from './command.ts'
import { widthOf } from './printable.ts'
import { formatProblems, shortPath } from './report-error.ts'
import { socketOf } from './running.ts'
import { styles } from './style.ts'

export const statusCommand: Command = {
  name: 'status',
  summary: 'show how the running certgate is',
  usage: `usage: certgate status [--config FILE | --socket FILE] [--json]

Configuration in force, last reload and its problems, workers, listeners, and when certificates and revocation lists run out.
Exit code 1 where certgate is not running.

  -c, --config FILE   whose admin socket to ask on; default: certgate.yml
      --socket FILE   the admin socket itself
      --json          everything as one JSON object, as /api/v1/status answers

examples:
  certgate status
  certgate status --json
`,
  async run(args, terminal) {
    const { flags } = parseArguments('status', args, {
      config: { type: 'string', short: 'c' },
      socket: { type: 'string' },
      json: { type: 'boolean' },
    })
    const status = await askStatus(socketOf(flags, terminal))
    terminal.out(flags.json ? `${JSON.stringify(withTimes(status))}\n` : renderStatus(status, terminal, Date.now()))
    return 0
  },
}

const DAY = 86_400_000
/** As RavenDB's Studio shows it. */
export const ABOUT_TO_EXPIRE = 14 * DAY

/** Most live for days, and are renewed by themselves at half of that: late is what has used up three quarters, as the log says it too. */
export function listIsLate(from: number, to: number, now: number): boolean {
  return to - now < Math.min(ABOUT_TO_EXPIRE, (to - from) / 4)
}

/** The status for people. */
export function renderStatus(status: Status, terminal: Terminal, now: number): string {
  const { bold, green, yellow, red } = styles(terminal)
  const path = (file: string) => shortPath(file, terminal.cwd)
  const expiry = (moment: number) => {
    const left = moment - now
    const text = `${day(moment)} (${left <= 0 ? 'expired' : `in ${duration(left)}`})`
    return left <= 0 ? red(text) : left < ABOUT_TO_EXPIRE ? yellow(text) : text
  }
  const listExpiry = (from: number, to: number) => {
    const text = `${day(to)} (${to <= now ? 'overdue' : `in ${duration(to - now)}`})`
    return to <= now ? red(text) : listIsLate(from, to, now) ? yellow(text) : text
  }
  const state = status.state === 'serving' ? green(status.state) : yellow(status.state)
  const lines = [
    `${bold('certgate')} ${status.version}, ${state}, pid ${status.pid}, up ${duration(now - status.started_at)}`,
    `configuration  ${status.config_file === null ? 'flags of the command line' : path(status.config_file)}`,
    `snapshot       ${status.snapshot.number}, loaded ${duration(now - status.snapshot.loaded_at)} ago`,
  ]
  const reload = status.last_reload
  if (reload !== null) {
    const when = `${duration(now - reload.at)} ago, by ${reload.cause}`
    if (reload.outcome === 'unchanged') lines.push(`last reload    nothing had changed, ${when}`)
    else lines.push(`last reload    ${reload.outcome === 'failed' ? red('failed') : 'taken up'}, ${when}: ${reload.message}`)
  }
  lines.push('', bold('listeners'))
  const { socket, ...addresses } = status.addresses
  const names = [...status.listeners.map(({ name }) => name), ...Object.keys(addresses), 'socket']
  const width = Math.max(...names.map(widthOf))
  const named = (name: string) => `  ${name}${' '.repeat(width - widthOf(name))}`
  for (const { name, address, tls, clientauth_mode } of status.listeners) {
    lines.push(`${named(name)}  ${tls ? 'https' : 'http'}://${address}${clientauth_mode === null ? '' : `  ${clientauth_mode}`}`)
  }
  for (const [what, address] of Object.entries(addresses))
    if (address !== null) lines.push(`${named(what)}  ${what === 'admin' || what === 'est' ? 'https' : 'http'}://${address}`)
  if (socket !== null) lines.push(`${named('socket')}  ${path(socket)}`)
  lines.push('', bold('workers'))
  for (const worker of status.workers) {
    const connections = worker.connections === null ? yellow('no answer') : `${worker.connections} open`
    const restarts = worker.restarts === 0 ? '' : yellow(`, restarted ${worker.restarts}×`)
    const age = duration(now - worker.started_at)
    lines.push(`  pid ${worker.pid}  ${worker.state}, snapshot ${worker.snapshot}, connections: ${connections}, up ${age}${restarts}`)
  }
  if (status.certificates.length > 0) lines.push('', bold('certificates'))
  for (const { kind, listener, server_name, subject, not_after } of status.certificates) {
    const where = server_name === null ? listener : `${listener} ${server_name}`
    lines.push(`  ${kind.padEnd(6)}  ${where}  ${subject}  ${expiry(not_after)}`)
  }
  if (status.crls.length > 0) lines.push('', bold('revocation lists'))
  for (const { listener, file, issuer, this_update, next_update, revoked } of status.crls) {
    lines.push(`  ${listener}  ${path(file)}  ${issuer}, ${revoked} revoked, next update ${listExpiry(this_update, next_update)}`)
  }
  lines.push(...authorityLines(status, terminal, expiry, listExpiry), ...storeLines(status, terminal))
  const problems = reload?.outcome === 'failed' ? `\n${formatProblems(reload.problems, terminal)}` : ''
  return `${lines.join('\n')}\n${problems}`
}

/** How many certificates there are in which state, and whether the store can be used. */
function storeLines({ store }: Status, terminal: Terminal): string[] {
  if (store === null) return []
  const { bold, red } = styles(terminal)
  const lines = ['', bold('registry')]
  const counts = Object.entries(store.registered ?? {}).map(([state, count]) => `${count} ${state}`)
  if (store.registered !== null) lines.push(`  ${counts.join(', ')}`)
  if (store.lost_for !== null) {
    const effect = store.stale ? 'whoever shows a certificate is answered 503' : 'certificates are judged by what was known'
    lines.push(`  ${red(`lost ${duration(store.lost_for)} ago`)}, ${effect}: ${store.problem}`)
  }
  return lines
}

type ListExpiry = (from: number, to: number) => string

function authorityLines({ authority }: Status, terminal: Terminal, expiry: (moment: number) => string, listExpiry: ListExpiry): string[] {
  if (authority === null) return []
  const { bold, yellow } = styles(terminal)
  const { issuing, problem, overlap_until, crls, expiring_clients } = authority
  const lines = ['', bold('authority')]
  lines.push(issuing === null ? `  ${yellow('issues nothing')}: ${problem}` : `  signs   ${issuing.subject}  ${expiry(issuing.not_after)}`)
  if (overlap_until !== null) lines.push(`  rotated, the replaced root is trusted until ${day(overlap_until)}`)
  for (const { issuer, number, this_update, next_update, revoked } of crls)
    lines.push(`  list    ${issuer}, number ${number}, ${revoked} revoked, next update ${listExpiry(this_update, next_update)}`)
  if (expiring_clients > 0)
    lines.push(`  ${yellow(`${expiring_clients} client certificate${expiring_clients === 1 ? ' ends' : 's end'} soon`)}`)
  return lines
}

const day = (moment: number): string => (Number.isFinite(moment) ? new Date(moment).toISOString().slice(0, 10) : 'never')

/** The largest unit that says enough: `12 s`, `3 min`, `5 h`, `40 days`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}
