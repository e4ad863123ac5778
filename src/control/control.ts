import cluster from 'node:cluster'
import type { StoreSettings } from '../config/settings.ts'
import { CertgateError, ConfigError } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import { createAudit } from '../observability/audit.ts'
import { DESCRIPTORS_HINT, watchDescriptors } from '../observability/descriptor-shortage.ts'
import { createLogger, flushLogger, type Logger } from '../observability/logger.ts'
import type { OwnInventory } from '../observability/metrics-aggregator.ts'
import type { Audit } from '../observability/types.ts'
import { AdministrationService } from './administration/service.ts'
import { refuseIfRunning } from './already-running.ts'
import { EnrolmentService } from './enrolment/service.ts'
import { Gateway } from './gateway.ts'
import { InheritedSockets } from './listening/inherited-sockets.ts'
import { formatAddress } from './listening/sockets.ts'
import { ConfigurationLog } from './loading/configuration-log.ts'
import { type ConfigurationSource, type LoadResult, loadConfiguration } from './loading/load.ts'
import { Reloading } from './loading/reloading.ts'
import { Pki } from './pki/pki.ts'
import { openRegistryService, type RegistryService } from './registry/service.ts'
import type { Tell } from './revocation/alarms.ts'
import { RevocationService } from './revocation/service.ts'
import type { Status } from './status.ts'
import { statusOf } from './status-report.ts'
import { StopSignals } from './stop-signals.ts'
import { Telemetry, type TelemetryState } from './telemetry.ts'
import { Liveness } from './workers/liveness.ts'
import { WorkerPool } from './workers/pool.ts'

export interface ControlOptions {
  readonly source: ConfigurationSource
  readonly version: string
  /** Writes text to standard output: the `ready on` lines. */
  readonly out: (text: string) => void
  /** Once it serves. */
  readonly started?: (gateway: Pick<Gateway, 'inForce' | 'addresses'>) => void
}

/**
 * Runs the gateway in this process until a signal ends it; resolves to the exit code. Rejects with CertgateError (ConfigError with
 * every problem) where it cannot start: nothing has been announced then, and nothing is left open.
 */
export async function runControl(options: ControlOptions): Promise<number> {
  const readSince = Date.now()
  const result = await loadConfiguration(options.source, null)
  if (!result.ok) throw new ConfigError(result.problems)
  await refuseIfRunning(result.snapshot.settings)
  const control = new Control(options, result.snapshot)
  return control.run(result, readSince)
}

/** The primary process: what happens to it (signals, changed files, questions) and what the gateway makes of it. */
class Control {
  readonly #options: ControlOptions
  readonly #log: Logger
  readonly #audit: Audit
  readonly #telemetry: Telemetry
  readonly #loads: ConfigurationLog
  readonly #pool: WorkerPool
  readonly #liveness: Liveness
  readonly #inherited: InheritedSockets
  readonly #gateway: Gateway
  readonly #administration: AdministrationService
  /** null: not there yet, or started without a store: the quick form keeps nothing, and issues nothing. */
  #pki: Pki | null = null
  readonly #reloading: Reloading
  /** null: not opened yet, or started without a store. */
  #registry: RegistryService | null = null
  readonly #revocation: RevocationService
  readonly #startedAt = Date.now()
  readonly #stopSignals = new StopSignals()
  #state: Status['state'] = 'starting'
  readonly #ended = Promise.withResolvers<number>()

  constructor(options: ControlOptions, snapshot: Snapshot) {
    const { settings } = snapshot
    this.#options = options
    const log = createLogger({ ...settings.telemetry.log, worker: null })
    this.#log = log
    // Before there are workers, which get this environment.
    this.#inherited = InheritedSockets.receive(process.env, process.pid, (message, hint) => log.warn({ hint }, message))
    this.#audit = createAudit(log)
    this.#telemetry = new Telemetry(options.version, (error) => log.error({ err: error }, 'measurements could not be collected'))
    this.#loads = new ConfigurationLog({
      log,
      audit: this.#audit,
      telemetry: this.#telemetry,
      kept: () => this.#registry?.store.audit ?? null,
      name: options.source.kind === 'file' ? options.source.file : 'command line',
    })
    cluster.schedulingPolicy = cluster.SCHED_NONE
    cluster.setupPrimary({ serialization: 'advanced', args: [] })
    const tell: Tell = (level, message, fields) => log[level](fields, message)
    this.#revocation = new RevocationService(snapshot, () => this.#pool.workers, tell)
    this.#telemetry.countRevocation(() => this.#revocation.desk.counts)
    this.#pool = this.#createPool(tell)
    this.#liveness = new Liveness({ workers: () => this.#pool.workers, busyFor: () => this.#pool.busyFor })
    this.#administration = this.#createAdministration()
    this.#gateway = this.#createGateway()
    this.#reloading = new Reloading({
      source: options.source,
      log,
      loads: this.#loads,
      gateway: this.#gateway,
      pool: this.#pool,
      revocation: this.#revocation,
      authorityFiles: () => this.#pki?.files ?? [],
      done: (report, inForce) => {
        this.#administration.reloaded(report)
        if (!this.#ending) this.#pki?.take(inForce)
      },
      ending: () => this.#ending,
    })
    watchDescriptors(() => log.error({ hint: DESCRIPTORS_HINT }, 'out of file descriptors: telemetry and the admin socket do not answer'))
  }

  async run({ snapshot, warnings, digests }: LoadResult & { readonly ok: true }, readSince: number): Promise<number> {
    process.title = 'certgate: control'
    process.on('SIGTERM', () => this.#end('SIGTERM'))
    process.on('SIGINT', () => this.#end('SIGINT'))
    // It means nothing here, and would end the process.
    process.on('SIGUSR2', () => {})
    process.on('SIGHUP', () => void this.#reloading.request('signal'))
    this.#loads.problems(warnings)
    try {
      await this.#openStore(snapshot)
      // Also where it fails: one of them may be why an address is in use.
      let started = false
      const begun = this.#gateway.start(snapshot).then(() => {
        started = true
      })
      await begun.finally(() => this.#inherited.closeUnused(started))
    } catch (error) {
      this.#close()
      // A signal while starting is the reason then, not a failure.
      if (this.#ending) return this.#ended.promise
      throw error
    }
    if (this.#state === 'starting') this.#state = 'serving'
    this.#telemetry.loaded(snapshot)
    this.#pki?.take(snapshot)
    this.#log.info({ snapshot: snapshot.number, version: this.#options.version }, 'serving')
    this.#loads.started(snapshot, digests)
    this.#options.started?.(this.#gateway)
    await this.#reloading.begin(snapshot, readSince)
    const code = await this.#ended.promise
    this.#close()
    await flushLogger(this.#log)
    return code
  }

  async #openStore(snapshot: Snapshot): Promise<void> {
    const { store: settings } = snapshot.settings
    if (settings === null) return
    this.#registry = await openRegistryService(settings, this.#log, this.#pool, () => this.#maxStale(settings))
    if (this.#registry === null) return
    const { store, watch } = this.#registry
    this.#telemetry.watchStore(() => watch.standing.lost_for)
    const measured = (own: OwnInventory) => this.#telemetry.own(own)
    this.#pki = new Pki({ store, log: this.#log, reload: (by) => this.#reloading.request('file', by), measured }, snapshot)
  }

  /** Of the configuration in force. */
  #maxStale({ maxStale }: StoreSettings): number {
    return this.#gateway.inForce?.snapshot.settings.store?.maxStale ?? maxStale
  }

  /** The first signal drains, a later one ends at once. */
  #end(signal: string): void {
    const asked = this.#stopSignals.take()
    if (asked === 'repeated') return
    if (asked === 'at_once') {
      this.#log.warn({ signal }, 'stopping at once')
      this.#gateway.kill()
      this.#ended.resolve(1)
      return
    }
    this.#state = 'draining'
    this.#reloading.close()
    this.#log.info({ signal }, 'draining: no new connections, what runs may finish')
    this.#gateway.stop().then(
      () => this.#ended.resolve(0),
      (error) => {
        this.#log.error({ err: error }, 'stopping failed')
        this.#ended.resolve(1)
      },
    )
  }

  #close(): void {
    this.#reloading.close()
    this.#administration.close()
    this.#pki?.close()
    this.#telemetry.stop()
    this.#liveness.close()
    this.#registry?.close()
    // Whoever still asks is told that there is none.
    this.#registry = null
  }

  get #ending(): boolean {
    return this.#state === 'draining'
  }

  #createPool(tell: Tell): WorkerPool {
    return new WorkerPool({
      fork: () => cluster.fork(),
      log: tell,
      measured: (worker, values) => this.#telemetry.absorb(worker, values),
      ended: (worker) => this.#telemetry.workerGone(worker),
      welcome: async (worker) => this.#registry?.publisher.welcome(worker),
      sighted: (message) => this.#registry?.sightings.hear(message),
      statusWanted: this.#revocation.wanted,
    })
  }

  #createAdministration(): AdministrationService {
    return new AdministrationService({
      log: this.#log,
      audit: this.#audit,
      registry: () => this.#registry,
      authority: () => this.#pki?.service ?? null,
      statuses: this.#revocation.desk.book,
      knownStatus: (question) => this.#revocation.desk.look(question),
      changed: () => this.#pki?.issuanceChanged(),
      snapshot: () => this.#gateway.inForce?.snapshot ?? null,
      reload: (by, workers) => this.#reloading.request('command', by, workers),
      status: () => this.#status(),
      telemetry: this.#telemetry,
      measure: () => this.#pool.measure(false),
      expiring: () => this.#pki?.report ?? null,
    })
  }

  #createGateway(): Gateway {
    const log = this.#log
    const enrolment = new EnrolmentService({
      parts: async () => this.#administration.parts(),
      failed: (error) => log.error({ err: error }, 'enrolment failed'),
      opened: (at) => log.info(`https://${at} is open for enrolment`),
    })
    return new Gateway({
      openEst: (address, snapshot) => enrolment.open(address, snapshot),
      pool: this.#pool,
      inherited: this.#inherited,
      keepsRegistry: () => this.#registry !== null,
      announce: (line) => this.#options.out(`${line}\n`),
      openAdmin: (socket) => this.#administration.openSocket(socket),
      openAdministration: (address, trust) => this.#administration.openAddress(address, trust),
      openPki: async (address) => {
        if (this.#pki !== null) return this.#pki.open(address)
        throw new CertgateError('address_unavailable', 'there is no store to answer from', { hint: 'remove pki.http' })
      },
      openTelemetry: async (address) => {
        const server = await this.#telemetry.open(address, this.#telemetryState())
        log.info(`http://${formatAddress(server.address.address, server.address.port)} is open for telemetry`)
        return server
      },
    })
  }

  /** Asked later than it is made: the gateway is not there yet. */
  #telemetryState(): TelemetryState {
    return {
      measure: () => this.#pool.measure(),
      serving: () => this.#pool.servingCount,
      answering: () => this.#liveness.answering,
      state: () => this.#state,
    }
  }

  #status(): Promise<Status> {
    const { source, version } = this.#options
    return statusOf({
      version,
      startedAt: this.#startedAt,
      configFile: source.kind === 'file' ? source.file : null,
      gateway: this.#gateway,
      pool: this.#pool,
      registry: this.#registry,
      authority: () => this.#pki?.status() ?? null,
      state: () => this.#state,
      lastReload: () => this.#reloading.last,
    })
  }
}
