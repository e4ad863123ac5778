import { createApi } from '../admin/api.ts'
import type { AdministrationContext } from '../admin/context.ts'
import { EventHub } from '../admin/event-hub.ts'
import { AdminProblem } from '../admin/problem.ts'
import { type Api, createRouter } from '../admin/router.ts'
import type { ApiRequest, ApiResponse } from '../admin/types.ts'
import type { OperatingAuthority } from '../certificates/operating-authority.ts'
import type { Address } from '../config/settings.ts'
import { CertgateError } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { Logger } from '../observability/logger.ts'
import type { Audit } from '../observability/types.ts'
import type { AdminTrust } from './admin-listener.ts'
import { type AdminServer, openAdminServer } from './admin-server.ts'
import { type AdminSocket, openAdminSocket } from './admin-socket.ts'
import { administrationOf } from './administration.ts'
import { authorityBeside } from './interim-authority.ts'
import type { RegistryService } from './registry-service.ts'
import { formatAddress } from './sockets.ts'
import type { ReloadReport, Status } from './status.ts'

export interface AdministrationServices {
  readonly log: Logger
  readonly audit: Audit
  /** null: not opened, as in the quick form, which keeps none. */
  registry(): RegistryService | null
  /** null: nothing is served yet. */
  snapshot(): Snapshot | null
  reload(workers: boolean): Promise<ReloadReport>
  status(): Promise<Status>
}

/** Administration in a running gateway: the one API, and the two ways to it. */
export class AdministrationService {
  readonly #services: AdministrationServices
  readonly #hub = new EventHub()
  #opened: Opened | null = null
  #authority: { readonly snapshot: Snapshot; readonly authority: OperatingAuthority } | null = null

  constructor(services: AdministrationServices) {
    this.#services = services
  }

  /** Rejects with CertgateError `address_unavailable`. */
  openSocket(socket: string): Promise<AdminSocket> {
    const { log } = this.#services
    return openAdminSocket(socket, {
      status: () => this.#services.status(),
      reload: (workers) => this.#services.reload(workers),
      api: (request) => this.#answer(request),
      failed: (error) => log.error({ err: error }, 'an admin request could not be answered'),
    })
  }

  /** Rejects with CertgateError `address_unavailable`. */
  async openAddress(address: Address, trust: AdminTrust): Promise<AdminServer> {
    const { log, audit } = this.#services
    const opened = this.#open()
    if (opened === null) throw new CertgateError('address_unavailable', 'there is no store to administer', { hint: 'remove admin.address' })
    const server = await openAdminServer(address, trust, {
      api: (request) => this.#answer(request),
      registry: opened.registry.publisher.registry,
      inForce: () => opened.context.inForce(),
      audit,
      failed: (error) => log.error({ err: error }, 'an admin request could not be answered'),
    })
    log.info(`https://${formatAddress(server.address.host, server.address.port)} is open for administration`)
    return server
  }

  /** Records what came of a reload, and tells who listens. Never throws: what is in force does not depend on it. */
  reloaded({ outcome, cause, snapshot, message }: ReloadReport): void {
    if (outcome === 'unchanged') return
    const details = { cause, snapshot, message: message.toWellFormed() }
    try {
      const action = outcome === 'loaded' ? 'config.loaded' : 'config.rejected'
      this.#open()?.context.store.audit.append({ action, target: null, details }, { name: 'certgate', fingerprint: null })
    } catch (error) {
      this.#services.log.error({ err: error }, 'a reload could not be recorded in the audit log')
    }
    this.#hub.publish({ kind: 'reload', data: { outcome, ...details } })
  }

  /** Ends the answers that have no end of their own. */
  stop(): void {
    this.#hub.close()
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
      authority: () => this.#authorityOf(this.#services.snapshot()),
      published: () => registry.publisher.published(),
      reload: () => this.#services.reload(false),
      status: () => this.#services.status(),
      announce: (event) => this.#hub.publish(event),
    })
    const api = createApi(context, (error) => log.error({ err: error }, 'an admin request could not be answered'), this.#hub)
    this.#opened = { registry, context, api }
    return this.#opened
  }

  /** Read once per configuration: another key beside the same certificate counts after a reload. */
  #authorityOf(snapshot: Snapshot | null): OperatingAuthority {
    if (snapshot === null) return { issuing: null, problem: 'the gateway does not serve yet', issuers: [], roots: [] }
    if (this.#authority?.snapshot !== snapshot) this.#authority = { snapshot, authority: authorityBeside(snapshot.settings) }
    return this.#authority.authority
  }
}

interface Opened {
  readonly registry: RegistryService
  readonly context: AdministrationContext
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
