import type { Problem } from '../../errors.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Audit, ConfigurationDetails } from '../../observability/types.ts'
import type { AuditLog } from '../../store/audit-log.ts'
import type { Actor } from '../../store/types.ts'
import type { Outcome } from '../gateway.ts'
import type { ReloadReport } from '../status.ts'
import type { Telemetry } from '../telemetry.ts'
import type { ReadDigests } from './load.ts'

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
const CERTGATE: Actor = { name: 'certgate', fingerprint: null }

interface Details extends ConfigurationDetails {
  readonly cause: string
  readonly snapshot: number
  readonly message: string
}

/** Tells of every load of the configuration whoever may want to know: log, metrics, and the audit log that is kept. Never throws. */
export class ConfigurationLog {
  readonly #services: ConfigurationLogServices

  constructor(services: ConfigurationLogServices) {
    this.#services = services
  }

  started({ number }: Snapshot, digests: ReadDigests): void {
    this.#keep('loaded', null, { cause: 'start', snapshot: number, message: this.#services.name, ...digestDetails(digests) })
  }

  /** `by`: who asked; null: nobody, it happened by itself. */
  tell(outcome: Outcome, { message, cause, snapshot, problems }: ReloadReport, by: Actor | null): void {
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
        this.#keep('loaded', by, { cause, snapshot, message: name, ...digestDetails(outcome.digests) })
        return
      case 'failed':
        telemetry.rejected()
        this.problems(problems)
        log.error({ cause, snapshot, hint: outcome.error?.hint }, `configuration not taken up: ${message}`)
        this.#keep('rejected', by, { cause, snapshot, message, ...problemDetails(problems) })
    }
  }

  problems(problems: readonly Problem[]): void {
    const { log } = this.#services
    for (const { severity, message, ...place } of problems.slice(0, MOST_PROBLEMS)) {
      log[severity === 'error' ? 'error' : 'warn'](place, message)
    }
    if (problems.length > MOST_PROBLEMS) log.warn(`and ${problems.length - MOST_PROBLEMS} problems more: certgate check prints them all`)
  }

  #keep(action: 'loaded' | 'rejected', by: Actor | null, { cause, snapshot, message, ...more }: Details): void {
    const { audit, kept, log } = this.#services
    const actor = by ?? CERTGATE
    audit({ kind: 'CONFIG', action, cause, snapshot, detail: message, ...askedBy(actor), ...more })
    try {
      const details = { cause, snapshot, message: message.toWellFormed(), ...more }
      const outcome = action === 'loaded' ? 'done' : 'refused'
      kept()?.append({ action: `configuration.${action}`, target: null, outcome, details }, actor)
    } catch (error) {
      // What is in force is in force; that it could not be written down is told all the same.
      log.error({ err: error }, 'a load of the configuration is missing in the audit log')
    }
  }
}

function digestDetails({ configuration, rolesMapping }: ReadDigests): ConfigurationDetails {
  return {
    ...(configuration !== null && { configuration_sha256: configuration }),
    ...(rolesMapping !== null && { roles_mapping_sha256: rolesMapping }),
  }
}

/** Of the first that is in the way. */
function problemDetails(problems: readonly Problem[]): ConfigurationDetails {
  const first = problems.find(({ severity }) => severity === 'error')
  return first === undefined ? {} : { problem: `${first.file}:${first.line}: ${first.message}`.toWellFormed() }
}

function askedBy({ name, fingerprint, osUser }: Actor): { readonly by: string; readonly fingerprint?: string; readonly os_user?: string } {
  return { by: name, ...(fingerprint !== null && { fingerprint }), ...(osUser !== undefined && { os_user: osUser }) }
}
