import type { TelemetrySettings } from '../config/settings.ts'
import { openAccessLog } from '../observability/access-log.ts'
import { createAudit } from '../observability/audit.ts'
import { DESCRIPTORS_HINT, watchDescriptors } from '../observability/descriptor-shortage.ts'
import { createLogger, flushLogger, type Logger } from '../observability/logger.ts'
import type { AccessLog, Audit } from '../observability/types.ts'
import { createWorkerMetrics, type WorkerMetrics } from '../observability/worker-metrics.ts'

/** Exactly one of the two is to be called. */
export interface PreparedLogs {
  commit(): void
  abandon(): void
}

/** What this worker measures and writes with. `accessLog` is to be read anew for each record: a reload may replace it. */
export class WorkerServices {
  readonly metrics: WorkerMetrics = createWorkerMetrics()
  readonly log: Logger
  readonly audit: Audit
  #accessLog: AccessLog | null
  #telemetry: TelemetrySettings

  /** Throws CertgateError `io_failed` where the access log cannot be opened. */
  constructor(worker: number, telemetry: TelemetrySettings) {
    this.log = createLogger({ ...telemetry.log, worker })
    this.audit = createAudit(this.log)
    this.#accessLog = this.#open(telemetry)
    this.#telemetry = telemetry
    watchDescriptors(() => this.log.error({ hint: DESCRIPTORS_HINT }, 'out of file descriptors: connections are closed as they come'))
  }

  get accessLog(): AccessLog | null {
    return this.#accessLog
  }

  /** Opens what changed beside what is in use; throws, and all stays, where the new access log cannot be opened. */
  prepare(telemetry: TelemetrySettings): PreparedLogs {
    const same = JSON.stringify(telemetry.accessLog) === JSON.stringify(this.#telemetry.accessLog)
    const next = same ? this.#accessLog : this.#open(telemetry)
    return {
      commit: () => {
        const before = this.#accessLog
        this.#accessLog = next
        this.#telemetry = telemetry
        this.log.level = telemetry.log.level
        if (before !== next) void before?.close()
      },
      abandon: () => {
        if (next !== this.#accessLog) void next?.close()
      },
    }
  }

  reopenLogs(): void {
    this.#accessLog?.reopen()
  }

  /** Resolves once everything is with the operating system. */
  async flush(): Promise<void> {
    await Promise.all([this.#accessLog?.flush(), flushLogger(this.log)])
  }

  #open({ accessLog, log }: TelemetrySettings): AccessLog | null {
    return openAccessLog({
      to: accessLog,
      format: log.format,
      onLost: (lines, error) => {
        this.metrics.accessLogDropped(lines)
        this.log.warn({ lines, ...(error !== null && { err: error }) }, 'access-log lines were lost')
      },
      onReopenFailed: (error) => this.log.error({ err: error }, 'the access log could not be opened anew, the old file stays in use'),
    })
  }
}
