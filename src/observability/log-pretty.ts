import { prettyFactory } from 'pino-pretty'
import type { ErrorFields } from './error-fields.ts'
import { visible } from './json-text.ts'

/** Fields that every line has and that are shown in their own place, or not at all. */
const SHOWN_APART = new Set(['level', 'time', 'pid', 'worker', 'msg', 'audit'])

/** The lines of a file that a problem is about, with a mark below: shown as `check` shows them. */
const SNIPPET = 'snippet'

/** Lines of their own below the event: indented, so that none of them looks like another event. */
const blockOf = (value: unknown): string =>
  String(value)
    .split('\n')
    .map((line) => `\n    ${visible(line)}`)
    .join('')

/** Log lines for people: one line per event and the lines of a file below it, `12:03:04.567 INFO: [2] configuration loaded  snapshot=3`. */
export function createPrettifier(colour: boolean): (fields: Record<string, unknown>) => string {
  return prettyFactory({
    colorize: colour,
    hideObject: true,
    singleLine: false,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    customPrettifiers: { time: String },
    messageFormat: (log, _messageKey, _levelLabel, { colors }) => {
      const worker = log.worker === undefined ? '' : colors.gray(`[${log.worker}] `)
      const rest = Object.entries(log).filter(([key]) => !SHOWN_APART.has(key))
      const blocks = rest.flatMap(([key, value]) => (key === SNIPPET ? [blockOf(value)] : []))
      const pairs = rest
        .filter(([key]) => key !== SNIPPET)
        .map(([key, value]) => `${colors.gray(`${visible(key)}=`)}${visible(text(value))}`)
      return `${worker}${visible(String(log.msg ?? ''))}${pairs.length === 0 ? '' : `  ${pairs.join(' ')}`}${blocks.join('')}`
    },
  })
}

function text(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'type' in value && 'message' in value) return errorText(value as ErrorFields)
  return typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value)
}

function errorText(error: ErrorFields): string {
  const where = error.stack === undefined ? '' : ` at ${error.stack}`
  const cause = error.cause === undefined ? '' : `, caused by ${errorText(error.cause)}`
  return `${error.type}: ${error.message}${where}${cause}`
}
