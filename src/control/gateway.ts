import type { SendHandle } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { Address } from '../config/settings.ts'
import { CertgateError, type Problem } from '../errors.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { PlainServer } from '../observability/plain-server.ts'
import { type AdminTrust, adminTrustOf } from './administration/listener.ts'
import type { AdminServer } from './administration/server.ts'
import type { AdminSocket } from './administration/socket.ts'
import type { EstServer, EstTls } from './enrolment/server.ts'
import { estTls } from './enrolment/tls.ts'
import type { InheritedSockets } from './listening/inherited-sockets.ts'
import { ListeningSockets } from './listening/listening-sockets.ts'
import { type BoundSocket, formatAddress, type ListenAddress, unavailable } from './listening/sockets.ts'
import type { LoadResult, ReadDigests } from './loading/load.ts'
import type { StatusAddresses } from './status.ts'
import type { WorkerPool } from './workers/pool.ts'
import { type Serving, WorkerGoneError, WorkerRefusedError } from './workers/process.ts'
import { type Prepared, Replaceable } from './workers/replaceable.ts'
import { rotationDue, TicketKeyring } from './workers/ticket-keys.ts'

/** Milliseconds. */
const telemetryPatience = 1_000

/** What is in force. */
export interface InForce {
  readonly snapshot: Snapshot
  /** Milliseconds since the epoch. */
  readonly loadedAt: number
  readonly sockets: ReadonlyMap<string, BoundSocket>
}

export interface GatewayServices {
  readonly pool: WorkerPool
  readonly inherited: InheritedSockets
  /** Whether there is a registry, and so something that can be revoked. */
  keepsRegistry(): boolean
  /** All reject with CertgateError `address_unavailable`. */
  openTelemetry(address: ListenAddress): Promise<PlainServer>
  openAdmin(socket: string): Promise<AdminSocket>
  openAdministration(address: ListenAddress, trust: AdminTrust): Promise<AdminServer>
  openPki(address: ListenAddress): Promise<PlainServer>
  openEst(address: ListenAddress, snapshot: Snapshot): Promise<EstServer>
  /** One line for people on standard output. */
  announce(line: string): void
}

export type Outcome =
  | { readonly kind: 'loaded'; readonly snapshot: Snapshot; readonly warnings: readonly Problem[]; readonly digests: ReadDigests }
  | { readonly kind: 'unchanged'; readonly warnings: readonly Problem[] }
  /** `error` is set where no file is to blame, e.g. a port in use. */
  | { readonly kind: 'failed'; readonly problems: readonly Problem[]; readonly error: CertgateError | null }

/**
 * Sockets, workers and servers of one running gateway. A configuration is taken up whole or not at all: everything new is opened
 * beside the old, the workers swap and acknowledge, and only then is the old closed.
 */
export class Gateway {
  readonly #services: GatewayServices
  readonly #sockets: ListeningSockets
  readonly #keyring = new TicketKeyring()
  readonly #admin = new Replaceable<AdminSocket>()
  readonly #administration = new Replaceable<AdminServer>()
  readonly #telemetry = new Replaceable<PlainServer>()
  readonly #pki = new Replaceable<PlainServer>()
  readonly #est = new Replaceable<EstServer>()
  #inForce: InForce | null = null
  #rotation: NodeJS.Timeout | null = null
  #busy = false
  #stopping = false

  constructor(services: GatewayServices) {
    this.#services = services
    this.#sockets = new ListeningSockets(services.inherited)
  }

  get inForce(): InForce | null {
    return this.#inForce
  }

  /** What is open beside the listeners, with the real ports. */
  get addresses(): StatusAddresses {
    const plain = (server: PlainServer | null) => (server === null ? null : formatAddress(server.address.address, server.address.port))
    const { pki } = this.#inForce?.snapshot.settings ?? {}
    const [administration, est] = [this.#administration.value, this.#est.value]
    return {
      admin: administration === null ? null : formatAddress(administration.address.host, administration.address.port),
      socket: this.#admin.value?.path ?? null,
      est: est === null ? null : formatAddress(pki?.est?.host ?? '', est.port),
      pki: plain(this.#pki.value),
      telemetry: plain(this.#telemetry.value),
    }
  }

  /** Opens everything, starts the workers and announces the listeners. Rejects, with nothing left open, when any of it fails. */
  async start(snapshot: Snapshot): Promise<void> {
    const { pool } = this.#services
    await this.#takeUp(snapshot, async (serving) => {
      try {
        await pool.start(workerCount(snapshot), serving)
      } catch (error) {
        pool.kill()
        throw error
      }
    })
  }

  /** Takes up a load; where any of it fails, what was in force stays so. Not to be called while another one runs. */
  async change(result: LoadResult): Promise<Outcome> {
    if (!result.ok) return { kind: 'failed', problems: result.problems, error: null }
    const { pool } = this.#services
    if (!result.changed) {
      pool.tellAll({ kind: 'reopen_logs' })
      return { kind: 'unchanged', warnings: result.warnings }
    }
    const { snapshot, warnings, digests } = result
    try {
      const trustChanged = this.#keyring.changesTrust(snapshot)
      await this.#takeUp(snapshot, (serving) => pool.apply(serving, trustChanged))
    } catch (error) {
      if (error instanceof CertgateError) return { kind: 'failed', problems: warnings, error }
      throw error
    }
    pool.tellAll({ kind: 'reopen_logs' })
    await pool.resize(workerCount(snapshot))
    return { kind: 'loaded', snapshot, warnings, digests }
  }

  /** Stops listening at once, and resolves when the last worker has ended. */
  async stop(): Promise<void> {
    this.#closeSockets()
    await this.#services.pool.stop()
    this.#admin.close()
    // A scraper that is slow to leave must not hold up the end.
    const servers = [this.#telemetry.close(), this.#pki.close(), this.#est.close()]
    await Promise.race([Promise.all(servers), delay(telemetryPatience, undefined, { ref: false })])
  }

  /** Ends the workers and whatever they serve at once. */
  kill(): void {
    this.#closeSockets()
    this.#services.pool.kill()
  }

  #closeSockets(): void {
    this.#stopping = true
    if (this.#rotation !== null) clearTimeout(this.#rotation)
    // First: what is given back from here on is closed, and connections to it wait for the next process.
    this.#services.inherited.close()
    this.#administration.close()
    this.#sockets.close()
  }

  async #takeUp(candidate: Snapshot, bring: (serving: Serving) => Promise<void>): Promise<void> {
    const snapshot = this.#keyring.fit(candidate)
    const { listeners, telemetry, admin, pki } = snapshot.settings
    const { inherited } = this.#services
    const prepared: Prepared[] = []
    this.#refuseIfStopping()
    this.#busy = true
    let sockets: ReadonlyMap<string, BoundSocket> = new Map()
    try {
      const listening = await this.#sockets.prepare(listeners.values())
      sockets = listening.byListener
      prepared.push(listening)
      const { address } = telemetry
      prepared.push(
        await this.#telemetry.prepare(keyOf(address), () => inherited.open(address as Address, (at) => this.#services.openTelemetry(at))),
      )
      const http = pki?.http ?? null
      prepared.push(await this.#pki.prepare(keyOf(http), () => inherited.open(http as Address, (at) => this.#services.openPki(at))))
      const socket = admin === null || (admin.byDefault && !this.#services.keepsRegistry()) ? null : admin.socket
      prepared.push(await this.#admin.prepare(socket, () => this.#services.openAdmin(socket as string)))
      prepared.push(...(await this.#prepareAdministration(snapshot)))
      prepared.push(...(await this.#prepareEst(snapshot)))
      await bring(servingOf(snapshot, sockets))
      this.#refuseIfStopping()
    } catch (error) {
      for (const each of prepared.reverse()) each.abandon()
      throw explain(error, sockets)
    } finally {
      this.#busy = false
    }
    for (const each of prepared) each.commit()
    const before = this.#inForce
    this.#keyring.adopt(snapshot)
    this.#inForce = { snapshot, loadedAt: Date.now(), sockets }
    this.#scheduleRotation()
    this.#announce(before)
  }

  #prepareAdministration(snapshot: Snapshot): Promise<Prepared[]> {
    const trust = adminTrustOf(snapshot)
    const address = trust === null ? null : (snapshot.settings.admin?.address ?? null)
    const open = () => this.#services.inherited.open(address as Address, (at) => this.#services.openAdministration(at, trust as AdminTrust))
    return prepareKeeping(this.#administration, address, open, (server) => server.prepare(trust as AdminTrust))
  }

  #prepareEst(snapshot: Snapshot): Promise<Prepared[]> {
    const address = snapshot.settings.pki?.est ?? null
    const open = () => this.#services.inherited.open(address as Address, (at) => this.#services.openEst(at, snapshot))
    return prepareKeeping(this.#est, address, open, (server) => server.prepare(estTls(snapshot) as EstTls))
  }

  #refuseIfStopping(): void {
    if (this.#stopping) throw new CertgateError('reload_failed', 'certgate is stopping')
  }

  /** Listeners that are new or on another socket than before. */
  #announce(before: InForce | null): void {
    for (const [name, socket] of this.#inForce?.sockets ?? []) {
      if (before?.sockets.get(name) === socket) continue
      const scheme = this.#inForce?.snapshot.settings.listeners.get(name)?.tls === null ? 'http' : 'https'
      this.#services.announce(`certgate: ready on ${scheme}://${formatAddress(socket.host, socket.port)}`)
    }
  }

  #scheduleRotation(): void {
    if (this.#rotation !== null) clearTimeout(this.#rotation)
    const { inForce } = this
    if (inForce === null) return
    const delay = rotationDue(inForce.snapshot) - Date.now()
    this.#rotation = setTimeout(() => this.#rotateTicketKeys(), Math.max(0, delay)).unref()
  }

  /** A change under way brings its own keys and schedules the next rotation. */
  #rotateTicketKeys(): void {
    const { inForce } = this
    if (inForce === null || this.#busy) return
    const snapshot = this.#keyring.renew(inForce.snapshot)
    this.#keyring.adopt(snapshot)
    this.#inForce = { ...inForce, snapshot }
    this.#services.pool.renew(servingOf(snapshot, inForce.sockets))
    this.#services.pool.tellAll({
      kind: 'ticket_keys',
      keys: new Map([...snapshot.listeners].map(([name, { ticketKeys }]) => [name, ticketKeys])),
    })
    this.#scheduleRotation()
  }
}

/** The same address keeps its server, which takes over the new trust, tried out before, once all of the new is in force. */
async function prepareKeeping<T extends { close(): unknown }>(
  place: Replaceable<T>,
  address: Address | null,
  open: () => Promise<T>,
  renew: (server: T) => Prepared,
): Promise<Prepared[]> {
  const before = place.value
  let opened = false
  const replaced = await place.prepare(keyOf(address), () => {
    opened = true
    return open()
  })
  return opened || before === null || address === null ? [replaced] : [renew(before)]
}

const keyOf = (address: Address | null): string | null => (address === null ? null : formatAddress(address.host, address.port))

function servingOf(snapshot: Snapshot, sockets: ReadonlyMap<string, BoundSocket>): Serving {
  const openings = new Map<string, string>()
  const handles = new Map<string, SendHandle>()
  for (const [name, { opening, handle }] of sockets) {
    // A listener that gains or loses TLS needs another server on the same socket.
    const kind = snapshot.settings.listeners.get(name)?.tls === null ? 'plain' : 'tls'
    openings.set(name, `${opening}/${kind}`)
    handles.set(name, handle)
  }
  return { snapshot, openings, handles }
}

const workerCount = ({ settings }: Snapshot): number => (settings.workers === 'auto' ? availableParallelism() : settings.workers)

/** What a worker could not do, told as what the gateway could not do. */
function explain(error: unknown, sockets: ReadonlyMap<string, BoundSocket>): unknown {
  if (error instanceof WorkerGoneError) {
    return new CertgateError('io_failed', `a worker did not start: ${error.message}`, { hint: 'its own lines above say why', cause: error })
  }
  if (!(error instanceof WorkerRefusedError)) return error
  const socket = error.listener === null ? undefined : sockets.get(error.listener)
  if (socket !== undefined && error.code !== null) return unavailable(formatAddress(socket.host, socket.port), error.code)
  return new CertgateError('reload_failed', `a worker could not take up the configuration: ${error.message}`, { cause: error })
}
