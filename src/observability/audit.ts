import type { Logger } from 'pino'
import type { Audit, AuditEvent } from './types.ts'

/** Length of the window in which events are counted, in milliseconds. */
const WINDOW = 1000
/** Events of one window that get a line of their own. */
const IN_FULL = 100
/** Different sources that are told apart once an event no longer gets its own line. */
const SOURCES = 256

const MESSAGES = {
  FAILED_LOGIN: 'login failed',
  SSL_EXCEPTION: 'client certificate refused',
  MISSING_PRIVILEGES: 'privileges missing',
  BAD_HEADERS: 'bad headers',
  CONFIG: 'configuration',
  RESERVED_ROLE_DROPPED: 'reserved role dropped',
} as const satisfies Record<AuditEvent['kind'], string>

interface Repetition {
  readonly category: AuditEvent['kind']
  readonly reason: string | null
  /** null: many addresses, no longer told apart. */
  readonly remote: string | null
  repeated: number
}

/**
 * Security-relevant events as log lines with `audit: true`, at info whatever the level of the log is.
 *
 * A flood of refusals must not become a flood of lines that costs more than the requests: beyond IN_FULL events a second,
 * further ones are counted by category, reason and address, and each count is a line of its own (`repeated`) when the
 * second ends. So nothing is dropped silently: lines without `repeated`, plus all `repeated`, are all events.
 */
export function createAudit(logger: Logger): Audit & { /** Writes the counts of the second under way. */ flush(): void } {
  const log = logger.child({ audit: true }, { level: 'info' })
  const repetitions = new Map<string, Repetition>()
  let written = 0
  let timer: NodeJS.Timeout | null = null

  const flush = (): void => {
    for (const entry of repetitions.values()) log.info(entry, `${MESSAGES[entry.category]}, ${entry.repeated} more like this`)
    repetitions.clear()
    written = 0
  }

  const audit = (event: AuditEvent): void => {
    if (timer === null) {
      timer = setTimeout(() => {
        timer = null
        flush()
      }, WINDOW).unref()
    }
    if (written < IN_FULL || event.kind === 'CONFIG') {
      written++
      const { kind, ...fields } = event
      log.info({ category: kind, ...fields }, MESSAGES[kind])
    } else {
      count(repetitions, event)
    }
  }

  process.once('exit', flush)
  return Object.assign(audit, { flush })
}

function count(repetitions: Map<string, Repetition>, event: AuditEvent): void {
  const reason = 'reason' in event ? event.reason : null
  const source = 'remote' in event ? event.remote : null
  const full = repetitions.size >= SOURCES && !repetitions.has(keyOf(event.kind, reason, source))
  const remote = full ? null : source
  const key = keyOf(event.kind, reason, remote)
  const entry = repetitions.get(key)
  if (entry === undefined) repetitions.set(key, { category: event.kind, reason, remote, repeated: 1 })
  else entry.repeated++
}

function keyOf(category: string, reason: string | null, remote: string | null): string {
  return `${category} ${reason} ${remote}`
}
