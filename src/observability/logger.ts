import { isatty } from 'node:tty'
import { type Logger, pino, stdTimeFunctions } from 'pino'
import { wantsColour } from './colour.ts'
import { errorFields } from './error-fields.ts'
import { escapeUnseen } from './json-text.ts'
import { LineSink } from './line-sink.ts'
import { createPrettifier } from './log-pretty.ts'
import { redact } from './redaction.ts'

export type { Logger } from 'pino'

/** Standard output is the access log's. */
const STDERR = 2

/** How long a log line may wait for others to be written with, in milliseconds. */
const FLUSH_AFTER = 10

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** `auto`: pretty where standard error is a terminal, JSON lines otherwise. */
  readonly format: 'auto' | 'json' | 'pretty'
  /** Number of the worker; null in control. */
  readonly worker: number | null
  /** Where finished lines go instead of standard error. */
  readonly write?: (line: string) => void
}

/**
 * The log of one process, on standard error: one line per event, as JSON or for people.
 *
 * Everything passes one place on its way out, where whatever looks like a secret is replaced (by key, or by shape) and
 * what could steer a terminal is escaped; so no call site has to remember either. Writing never blocks, except on a terminal.
 */
export function createLogger(options: LoggerOptions): Logger {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && isatty(STDERR))
  const prettify = pretty ? createPrettifier(options.write === undefined && wantsColour(STDERR)) : null
  const sink = options.write === undefined ? openSink() : null
  const output = options.write ?? ((line: string) => sink?.append(line))
  const destination = {
    write: (line: string) => output(finish(line, prettify)),
    /** What `logger.flush` calls. */
    flush: (done: () => void) => void (sink?.flush() ?? Promise.resolve()).then(done),
  }
  const logger = pino(
    {
      level: options.level,
      base: options.worker === null ? { pid: process.pid } : { pid: process.pid, worker: options.worker },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields, error: errorFields },
    },
    destination,
  )

  function openSink(): LineSink {
    return new LineSink({
      target: { fd: STDERR },
      flushAfter: FLUSH_AFTER,
      onLost: (lines, error) =>
        logger.warn({ lines, ...(error !== null && { err: error }) }, 'log lines were lost: standard error is not being read'),
      onReopenFailed: () => {},
    })
  }

  return logger
}

/** Resolves once everything logged so far is with the operating system; to be awaited before a deliberate exit. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => logger.flush(() => resolve()))
}

/** Fails closed: what cannot be read back cannot be searched for secrets, and is not written. */
function finish(line: string, prettify: ((fields: Record<string, unknown>) => string) | null): string {
  let fields: Record<string, unknown>
  try {
    fields = redact(JSON.parse(line)) as Record<string, unknown>
  } catch {
    fields = { level: 'error', time: new Date().toISOString(), msg: 'a log line could not be read back and was withheld' }
  }
  return prettify === null ? `${escapeUnseen(JSON.stringify(fields))}\n` : prettify(fields)
}
