import type { Problem } from '../../errors.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Audit } from '../../observability/types.ts'
import type { AuditLog } from '../../store/audit-log.ts'
import type { Outcome } from '../gateway.ts'
import type { ReloadReport } from '../status.ts'
import type { Telemetry } from '../telemetry.ts'

export interface ConfigurationLogServices {
  readonly log: Logger
  readonly audit: Audit
  readonly telemetry: Pick<Telemetry, 'loaded' | 'unchanged' | 'rejected'>
  /** The one that is kept; null: there is no store. */
  kept(): AuditLog | null
  /** What was read: a file, or the command line. */
  readonly name: string
}

const MOST_PROBLEMS = 20

/** Tells of every load of the configuration whoever may want to know: log, metrics, and the audit log that is kept. Never throws. */
export class ConfigurationLog {
  readonly #services: ConfigurationLogServices

  constructor(services: ConfigurationLogServices) {
    this.#services = services
  }

  started({ number }: Snapshot): void {
    this.#keep('loaded', 'start', number, this.#services.name)
  }

  tell(outcome: Outcome, { message, cause, snapshot, problems }: ReloadReport): void {
    const { log, telemetry, name } = this.#services
    switch (outcome.kind) {
      case 'unchanged':
        telemetry.unchanged()
        // Most are editors and mounts that touch files without changing them.
        log[cause === 'file' ? 'debug' : 'info']({ cause, snapshot }, message)
        return
      case 'loaded':
        telemetry.loaded(outcome.snapshot)
        log.level = outcome.snapshot.settings.telemetry.log.level
        this.problems(problems)
        log.info({ cause, snapshot }, message)
        this.#keep('loaded', cause, snapshot, name)
        return
      case 'failed':
        telemetry.rejected()
        this.problems(problems)
        log.error({ cause, snapshot, hint: outcome.error?.hint }, `configuration not taken up: ${message}`)
        this.#keep('rejected', cause, snapshot, message)
    }
  }

  problems(problems: readonly Problem[]): void {
    const { log } = this.#services
    for (const { severity, message, ...place } of problems.slice(0, MOST_PROBLEMS)) {
      log[severity === 'error' ? 'error' : 'warn'](place, message)
    }
    if (problems.length > MOST_PROBLEMS) log.warn(`and ${problems.length - MOST_PROBLEMS} problems more: certgate check prints them all`)
  }

  #keep(action: 'loaded' | 'rejected', cause: string, snapshot: number, detail: string): void {
    const { audit, kept, log } = this.#services
    audit({ kind: 'CONFIG', action, snapshot, detail })
    try {
      const details = { cause, snapshot, message: detail.toWellFormed() }
      const outcome = action === 'loaded' ? 'done' : 'refused'
      kept()?.append({ action: `configuration.${action}`, target: null, outcome, details }, { name: 'certgate', fingerprint: null })
    } catch (error) {
      // What is in force is in force; that it could not be written down is told all the same.
      log.error({ err: error }, 'a load of the configuration is missing in the audit log')
    }
  }
}
