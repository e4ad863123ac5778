import type { LiveNames } from '../../admin/certificates/live-names.ts'
import { Enrolment, type EnrolmentContext } from '../../admin/enrolment/enrolment.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { Registry } from '../../tls/registry.ts'
import type { StatusBook } from '../../tls/status-book.ts'
import { formatAddress, type ListenAddress } from '../listening/sockets.ts'
import { type EstServer, type EstServices, type EstTls, startEstServer } from './server.ts'
import { estTls } from './tls.ts'

/** What enrolment works on. */
export interface EnrolmentParts {
  readonly context: EnrolmentContext
  /** The administration's: a registry of names for both. */
  readonly names: LiveNames
  /** Control's own: it judges who comes. */
  readonly registry: Registry
  readonly statuses?: StatusBook
}

export interface EnrolmentServices {
  /** Asked once, when enrolment is opened for the first time. */
  parts(starting: Snapshot): Promise<EnrolmentParts>
  failed(error: unknown): void
  /** `HOST:PORT`, with the port that was really taken. */
  opened(at: string): void
}

/** Opens enrolment for control; what it remembers of failures stays when its address moves. */
export class EnrolmentService {
  readonly #services: EnrolmentServices
  #enrolling: Omit<EstServices, 'failed'> | null = null

  constructor(services: EnrolmentServices) {
    this.#services = services
  }

  /** Rejects with CertgateError, `address_unavailable` or of the store. */
  async open(address: ListenAddress, snapshot: Snapshot): Promise<EstServer> {
    const tls = estTls(snapshot) as EstTls
    this.#enrolling ??= await this.#make(snapshot)
    const server = await startEstServer(address, tls, { ...this.#enrolling, failed: this.#services.failed })
    this.#services.opened(formatAddress(address.host, server.port))
    return server
  }

  async #make(snapshot: Snapshot): Promise<Omit<EstServices, 'failed'>> {
    const { context, names, ...judging } = await this.#services.parts(snapshot)
    return { enrolment: new Enrolment(context, { names }), ...judging }
  }
}
