import { visible } from './json-text.ts'

const RESET = '\u001b[0m'
const DIM = '\u001b[2m'
const BOLD = '\u001b[1m'
const GREEN = '\u001b[32m'
const CYAN = '\u001b[36m'
const YELLOW = '\u001b[33m'
const RED = '\u001b[31m'

/** What is read back of an access-log line. */
interface Fields {
  readonly time: string
  readonly remote: string
  readonly method: string
  readonly host: string
  readonly path: string
  readonly user: string | null
  readonly route: string | null
  readonly reason: string | null
  readonly status: number
  readonly upstream: string | null
  readonly bytes_out: number
  readonly duration_ms: number
}

/** An access-log line for a person at a terminal: `12:03:04.567 200 GET db.test/movies/x  alice → search  1.2 ms 340 B`. */
export function prettyAccess(line: string, colour: boolean): string {
  const fields = JSON.parse(line) as Fields
  const paint = (code: string, text: string): string => (colour ? `${code}${text}${RESET}` : text)
  const time = new Date(fields.time)
  const clock = `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`
  const who = fields.user === null ? paint(DIM, fields.remote) : visible(fields.user)
  const outcome = fields.reason === null ? '' : ` ${paint(RED, fields.reason)}`
  const where = fields.upstream === null ? '' : ` ${paint(DIM, `→ ${visible(fields.upstream)}`)}`
  const parts = [
    paint(DIM, clock),
    paint(BOLD + statusColour(fields.status), String(fields.status)),
    `${visible(fields.method)} ${paint(DIM, visible(fields.host))}${visible(fields.path)}${outcome}`,
    ` ${who}${where}`,
    ` ${paint(DIM, `${fields.duration_ms} ms ${bytes(fields.bytes_out)}`)}`,
  ]
  return `${parts.join(' ')}\n`
}

function statusColour(status: number): string {
  if (status < 300) return GREEN
  if (status < 400) return CYAN
  return status < 500 ? YELLOW : RED
}

function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  if (count < 1024 ** 2) return `${(count / 1024).toFixed(1)} KiB`
  return count < 1024 ** 3 ? `${(count / 1024 ** 2).toFixed(1)} MiB` : `${(count / 1024 ** 3).toFixed(1)} GiB`
}
