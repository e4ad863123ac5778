import { isatty } from 'node:tty'
import { prettyAccess } from './access-pretty.ts'
import { AccessSerializer } from './access-record.ts'
import { wantsColour } from './colour.ts'
import { LineSink } from './line-sink.ts'
import type { AccessLog } from './types.ts'

/** The longest a record waits for its batch, in milliseconds. */
const FLUSH_AFTER = 1000

const STDOUT = 1

export interface AccessLogOptions {
  /** As in `telemetry.access_log`; `on` is standard output, so that it is never mixed with the log on standard error. */
  readonly to: 'on' | 'off' | { readonly file: string }
  /** As in `telemetry.log.format`; a file always gets JSON. */
  readonly format: 'auto' | 'json' | 'pretty'
  /** Lines were given up; `error` says why, null means that whoever reads them is too slow. */
  readonly onLost: (lines: number, error: Error | null) => void
  /** The file could not be reopened: the old one stays in use. */
  readonly onReopenFailed: (error: Error) => void
}

/** Opens the access log; null where it is off. Throws CertgateError `io_failed` where the file cannot be opened. */
export function openAccessLog(options: AccessLogOptions): AccessLog | null {
  if (options.to === 'off') return null
  const target = options.to === 'on' ? { fd: STDOUT } : options.to
  const sink = new LineSink({ target, flushAfter: FLUSH_AFTER, onLost: options.onLost, onReopenFailed: options.onReopenFailed })
  const serializer = new AccessSerializer()
  const pretty = options.to === 'on' && (options.format === 'pretty' || (options.format === 'auto' && isatty(STDOUT)))
  const colour = pretty && wantsColour(STDOUT)
  return {
    write: pretty
      ? (record) => sink.append(prettyAccess(serializer.line(record), colour))
      : (record) => sink.append(serializer.line(record)),
    reopen: () => sink.reopen(),
    flush: () => sink.flush(),
    close: () => sink.close(),
  }
}
