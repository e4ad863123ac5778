import { createApi } from '../../admin/api.ts'
import type { AuthorityService } from '../../admin/authority-service.ts'
import { LiveNames } from '../../admin/certificates/live-names.ts'
import type { AdministrationContext } from '../../admin/context.ts'
import { EventHub } from '../../admin/event-hub.ts'
import type { ExpiryReport } from '../../admin/expiring.ts'
import { AdminProblem } from '../../admin/problem.ts'
import { type Api, createRouter } from '../../admin/router.ts'
import type { ApiRequest, ApiResponse } from '../../admin/types.ts'
import { withTimes } from '../../admin/v1/shapes.ts'
import { CertgateError } from '../../errors.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Audit } from '../../observability/types.ts'
import type { Actor } from '../../store/types.ts'
import type { StatusBook } from '../../tls/status-book.ts'
import type { Peer } from '../../tls/types.ts'
import type { EnrolmentParts } from '../enrolment/service.ts'
import { formatAddress, type ListenAddress } from '../listening/sockets.ts'
import type { RegistryService } from '../registry/service.ts'
import type { ReloadReport, Status } from '../status.ts'
import { administrationOf } from './administration.ts'
import { AuditTail } from './audit-tail.ts'
import type { AdminTrust } from './listener.ts'
import { type OverviewOptions, OverviewService } from './overview.ts'
import { type AdminServer, openAdminServer } from './server.ts'
import { type AdminSocket, openAdminSocket } from './socket.ts'

export interface AdministrationServices {
  readonly log: Logger
  readonly audit: Audit
  /** null: not opened, as in the quick form, which keeps none. */
  registry(): RegistryService | null
  /** null: not there yet. */
  authority(): AuthorityService | null
  /** What control found out about foreign certificates. */
  readonly statuses: StatusBook
  /** What is known of one of them, without asking anybody. */
  readonly knownStatus: AdministrationContext['knownStatus']
  /** Hears of each change of what is registered or issued. */
  changed(): void
  /** null: nothing is served yet. */
  snapshot(): Snapshot | null
  reload(by: Actor | null, workers: boolean): Promise<ReloadReport>
  status(): Promise<Status>
  readonly telemetry: OverviewOptions['telemetry']
  measure(): Promise<void>
  expiring(): ExpiryReport | null
}

/** Administration in a running gateway: the one API, and the two ways to it. */
export class AdministrationService {
  readonly #services: AdministrationServices
  readonly #hub = new EventHub()
  readonly #overview: OverviewService
  #opened: Opened | null = null
  #tail: AuditTail | null = null

  constructor(services: AdministrationServices) {
    this.#services = services
    this.#overview = new OverviewService({
      telemetry: services.telemetry,
      measure: () => services.measure(),
      status: () => services.status(),
      expiring: () => services.expiring(),
      isWanted: () => this.#hub.clients > 0,
      tell: (event) => this.#hub.tell(event),
      failed: (error) => services.log.error({ err: error }, 'what goes through the gateway could not be measured for live views'),
    })
  }

  /** Rejects with CertgateError `address_unavailable`. */
  openSocket(socket: string): Promise<AdminSocket> {
    const { log } = this.#services
    return openAdminSocket(socket, {
      status: () => this.#services.status(),
      reload: (by, workers) => this.#services.reload(by, workers),
      api: (request) => this.#answer(request),
      failed: (error) => log.error({ err: error }, 'an admin request could not be answered'),
    })
  }

  /** Rejects with CertgateError `address_unavailable`. */
  async openAddress(address: ListenAddress, trust: AdminTrust): Promise<AdminServer> {
    const { log, audit } = this.#services
    const opened = this.#open()
    if (opened === null) throw new CertgateError('address_unavailable', 'there is no store to administer', { hint: 'remove admin.address' })
    const server = await openAdminServer(address, trust, {
      api: (request) => this.#answer(request),
      registry: opened.registry.publisher.registry,
      statuses: this.#services.statuses,
      inForce: () => opened.context.inForce(),
      audit,
      seen: (peer) => this.#note(opened.registry, peer),
      failed: (error) => log.error({ err: error }, 'an admin request could not be answered'),
    })
    log.info(`https://${formatAddress(server.address.host, server.address.port)} is open for administration`)
    if (trust.ownUnwritten) log.info(SERVER_CERTIFICATE_HINT, SERVER_CERTIFICATE)
    return server
  }

  /** Tells live views what came of a load. */
  reloaded(report: ReloadReport): void {
    this.#hub.publish({ kind: 'reload', data: withTimes(report) })
  }

  /** What enrolment works on. Throws CertgateError where there is no store. */
  parts(): EnrolmentParts {
    const opened = this.#open()
    if (opened === null) throw new CertgateError('address_unavailable', 'there is no store to enrol into', { hint: 'remove pki.est' })
    const { context, names, registry } = opened
    return { context, names, registry: registry.publisher.registry, statuses: this.#services.statuses }
  }

  /** Ends what live views read; before the store is closed. */
  close(): void {
    this.#overview.close()
    this.#tail?.close()
    this.#hub.close()
  }

  /** As workers tell it of their handshakes. */
  #note({ sightings }: RegistryService, { certificate, evidence, renews }: Peer): void {
    if (certificate === null) return
    if (renews !== undefined) sightings.hear({ kind: 'renewal', certificate: certificate.derBase64 })
    else if (evidence?.registered === certificate.fingerprint)
      sightings.hear({ kind: 'seen', seen: new Map([[certificate.fingerprint, Date.now()]]) })
  }

  async #answer(request: ApiRequest): Promise<ApiResponse> {
    const opened = this.#open()
    return opened === null ? NOTHING_KEPT(request) : opened.api(request)
  }

  /** Once there is a store; null: this gateway keeps none. */
  #open(): Opened | null {
    const registry = this.#services.registry()
    if (registry === null) return null
    if (this.#opened?.registry === registry) return this.#opened
    const { log } = this.#services
    const context = administrationOf({
      store: registry.store,
      snapshot: () => this.#services.snapshot(),
      authority: () => this.#services.authority(),
      published: () => {
        this.#services.changed()
        return registry.publisher.published()
      },
      reload: (by) => this.#services.reload(by, false),
      status: () => this.#services.status(),
      overview: () => this.#overview.now(),
      announce: (event) => this.#hub.publish(event),
      knownStatus: this.#services.knownStatus,
    })
    const failed = (error: unknown) => log.error({ err: error }, 'an admin request could not be answered')
    const names = new LiveNames(context)
    const api = createApi(context, failed, this.#hub, names)
    this.#tail?.close()
    this.#tail = new AuditTail({
      audit: registry.store.audit,
      isWanted: () => this.#hub.clients > 0,
      publish: (event) => this.#hub.publish(event),
      failed: (error) => log.error({ err: error }, 'the audit log could not be read for live views'),
    })
    this.#opened = { registry, context, names, api }
    return this.#opened
  }
}

const SERVER_CERTIFICATE =
  "the gateway's own certificate may make administrators, at POST /admin/certificates alone: the way back in after a lock-out"
const SERVER_CERTIFICATE_HINT = {
  hint: 'write `server_certificate: deny` under `admin` where its key is also kept elsewhere; `allow` says that it is meant, and this is not told again',
}

interface Opened {
  readonly registry: RegistryService
  readonly context: AdministrationContext
  readonly names: LiveNames
  readonly api: Api
}

const NOTHING_KEPT = createRouter(
  [
    async ({ path }) => {
      if (!/^\/(api|admin|certificates|_plugins|_opendistro)\//.test(path)) return null
      throw new AdminProblem(409, 'no_store', 'this gateway keeps no store of certificates', { hint: 'serve a configuration file' })
    },
  ],
  { failed: () => {} },
)
