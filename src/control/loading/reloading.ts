import type { Settings } from '../../config/settings.ts'
import { CertgateError } from '../../errors.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Actor } from '../../store/types.ts'
import type { Gateway, Outcome } from '../gateway.ts'
import { OneAtATime } from '../one-at-a-time.ts'
import type { RevocationService } from '../revocation/service.ts'
import type { ReloadCause, ReloadReport } from '../status.ts'
import type { WorkerPool } from '../workers/pool.ts'
import type { ConfigurationLog } from './configuration-log.ts'
import { type ConfigurationSource, loadConfiguration } from './load.ts'
import { reportOf } from './reload-report.ts'
import { FileWatcher } from './watcher.ts'

export interface ReloadingServices {
  readonly source: ConfigurationSource
  readonly log: Logger
  readonly loads: Pick<ConfigurationLog, 'tell'>
  readonly gateway: Pick<Gateway, 'inForce' | 'change'>
  readonly pool: Pick<WorkerPool, 'replaceAll'>
  readonly revocation: Pick<RevocationService, 'configure'>
  /** Files of the authority: what they hold counts too. */
  authorityFiles(): readonly string[]
  /** What came of it, with the snapshot in force afterwards; the process may be ending by then. */
  done(report: ReloadReport, inForce: Snapshot): void
  ending(): boolean
}

interface ReloadRequest {
  readonly cause: ReloadCause
  readonly replaceWorkers: boolean
  /** Who asked; null: nobody, it happened by itself. */
  readonly by: Actor | null
  /** Only to be sure: where nothing had changed, there was no reload. */
  readonly doubted: boolean
}

/** From a signal, a changed file or a command to what came of it: one reload at a time, and none before the gateway serves. */
export class Reloading {
  readonly #services: ReloadingServices
  readonly #reloads: OneAtATime<ReloadRequest, ReloadReport>
  readonly #watcher: FileWatcher
  /** Resolved once the gateway serves, with what it started with: a reload asked for earlier waits. */
  readonly #started = Promise.withResolvers<Snapshot>()
  #last: ReloadReport | null = null

  constructor(services: ReloadingServices) {
    this.#services = services
    this.#reloads = new OneAtATime(
      (request) => this.#reload(request),
      (earlier, later) => ({
        cause: later.cause,
        replaceWorkers: earlier.replaceWorkers || later.replaceWorkers,
        by: later.by ?? earlier.by,
        doubted: earlier.doubted && later.doubted,
      }),
    )
    this.#watcher = new FileWatcher((why) => {
      void this.#reloads.run({ cause: 'file', replaceWorkers: false, by: null, doubted: why === 'doubted' })
    })
  }

  /** null before the first. */
  get last(): ReloadReport | null {
    return this.#last
  }

  /** The gateway serves by this snapshot, whose files were read after `readSince`. */
  async begin(snapshot: Snapshot, readSince: number): Promise<void> {
    this.#started.resolve(snapshot)
    await this.#watcher.watch(this.#filesOf(snapshot.settings), readSince, true)
  }

  request(cause: ReloadCause, by: Actor | null = null, replaceWorkers = false): Promise<ReloadReport> {
    return this.#reloads.run({ cause, replaceWorkers, by, doubted: false })
  }

  /** No file is looked at any more. */
  close(): void {
    this.#watcher.close()
  }

  /** Never rejects: whatever goes wrong, what was in force stays so, and that is the answer. */
  async #reload({ cause, replaceWorkers, by, doubted }: ReloadRequest): Promise<ReloadReport> {
    const before = await this.#started.promise
    const readSince = Date.now()
    const { outcome, files } = await this.#takeUp(before)
    const { gateway, revocation, loads, done, ending } = this.#services
    const { snapshot, loadedAt } = gateway.inForce ?? { snapshot: before, loadedAt: readSince }
    if (outcome.kind === 'failed') revocation.configure(snapshot)
    const report = reportOf(outcome, cause, { snapshot: snapshot.number, loadedAt, at: Date.now() })
    // After a failure it is news that the files are fit again.
    const isNews = !doubted || outcome.kind !== 'unchanged' || this.#last?.outcome === 'failed'
    if (isNews) {
      this.#last = report
      loads.tell(outcome, report, by)
      done(report, snapshot)
    }
    if (ending()) return report
    await this.#watcher.watch([...this.#filesOf(snapshot.settings), ...files], readSince, outcome.kind !== 'failed')
    if (!replaceWorkers || outcome.kind === 'failed') return report
    const why = await this.#replaceWorkers()
    if (why === null) return report
    const failed: ReloadReport = { ...report, outcome: 'failed', message: `${report.message}; not every worker was replaced: ${why}` }
    this.#last = failed
    return failed
  }

  /** `files`: those of a configuration that could not be taken up; they are watched too. */
  async #takeUp(before: Snapshot): Promise<{ readonly outcome: Outcome; readonly files: readonly string[] }> {
    const { source, gateway, revocation } = this.#services
    let files: readonly string[] = []
    try {
      const result = await loadConfiguration(source, gateway.inForce?.snapshot ?? before)
      if (!result.ok) files = result.watchedFiles
      // Before the workers ask by it.
      if (result.ok) revocation.configure(result.snapshot)
      return { outcome: await gateway.change(result), files }
    } catch (error) {
      return { outcome: { kind: 'failed', problems: [], error: asCertgateError(error) }, files }
    }
  }

  /** Why the old ones stay; null: they were replaced. */
  async #replaceWorkers(): Promise<string | null> {
    const { pool, log } = this.#services
    try {
      await pool.replaceAll()
      return null
    } catch (error) {
      log.error({ err: error }, 'a new worker did not come up, the old ones stay')
      return error instanceof Error ? error.message : String(error)
    }
  }

  #filesOf(settings: Settings): string[] {
    const { source, authorityFiles } = this.#services
    const files = [...settings.watchedFiles, ...authorityFiles()]
    return source.kind === 'file' ? [source.file, ...files] : files
  }
}

function asCertgateError(error: unknown): CertgateError {
  if (error instanceof CertgateError) return error
  return new CertgateError('reload_failed', error instanceof Error ? error.message : String(error), { cause: error })
}
