import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { DEFAULT_LIMITS } from '../config/sections/limits.ts'
import { DEFAULT_REVOCATION } from '../config/sections/revocation.ts'
import type { Limits, ListenerSettings, Settings } from '../config/settings.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/types.ts'
import { networkOf } from '../policy/address.ts'
import type { HandshakeCosts } from '../tls/handshake-costs.ts'
import { HandshakesUnderWay } from '../tls/handshakes-under-way.ts'
import { createTlsListener, type TlsListener } from '../tls/listener.ts'
import type { Registry } from '../tls/registry.ts'
import type { StatusBook } from '../tls/status-book.ts'
import type { ListenerMaterial, Peer } from '../tls/types.ts'
import type { Above, Acceptor } from './listeners.ts'

export interface EndpointServices {
  readonly metrics: Metrics
  readonly log: Logger
  /** The worker's; all listeners judge by it. */
  readonly registry: Registry
  readonly costs: HandshakeCosts
  /** How many there are. */
  workers(): number
  /** Told of every certificate that was shown in a handshake. */
  sighted(peer: Peer): void
  readonly statuses: StatusBook
  /** Takes over a connection whose handshake is done, or a plain one (null). */
  accept(listener: string, socket: TLSSocket | Socket, peer: Peer | null): void
}

/** A handful may always be under way, however few connections there may be. */
const LEAST_HANDSHAKES = 16

/** Milliseconds: whoever means it is done by then. Giving up younger ones would let nobody in while too many come. */
const GRACE = 1_000

/** Milliseconds between two warnings about the same. */
const QUIET = 60_000

interface TlsEndpoint {
  readonly tls: TlsListener
  readonly handshakes: HandshakesUnderWay
  settings: ListenerSettings
  material: ListenerMaterial
}

/** What happens to a connection between TCP and HTTP: TLS by the snapshot in force, or nothing on a plain listener. */
export class Endpoints implements Above {
  readonly #services: EndpointServices
  /** Those of removed listeners stay: their connections are still judged. */
  readonly #tls = new Map<string, TlsEndpoint>()
  #settings: Settings | null = null
  #handshakeTimeout = 0
  #quietUntil = Number.NEGATIVE_INFINITY

  constructor(services: EndpointServices) {
    this.#services = services
  }

  /**
   * Takes up the certificates and the trust of a snapshot for all handshakes from now on. Throws where any cannot be used: then
   * all are as before.
   */
  update(snapshot: Snapshot): void {
    const before = this.#handshakeTimeout
    const undo: (() => void)[] = []
    this.#handshakeTimeout = snapshot.settings.limits.handshake
    try {
      for (const [name, material] of snapshot.listeners) {
        const settings = snapshot.settings.listeners.get(name)
        if (settings !== undefined) undo.push(this.#updateOne(settings, material))
      }
    } catch (error) {
      this.#handshakeTimeout = before
      for (const step of undo.reverse()) step()
      throw error
    }
    this.#settings = snapshot.settings
  }

  /** Tickets made under other keys mean a full handshake from now on. */
  setTicketKeys(keys: ReadonlyMap<string, Uint8Array>): void {
    for (const [name, ticketKeys] of keys) {
      const endpoint = this.#tls.get(name)
      if (endpoint === undefined || endpoint.settings.tls === null) continue
      const material = { ...endpoint.material, ticketKeys }
      endpoint.tls.update(endpoint.settings.tls, material)
      endpoint.material = material
    }
  }

  /** What takes over the connections of a listener; null where the snapshot in force has no such listener. */
  acceptor(name: string): Acceptor | null {
    const settings = this.#settings?.listeners.get(name)
    if (settings === undefined) return null
    if (settings.tls === null) return (socket) => this.#accept(name, socket, null)
    const endpoint = this.#tls.get(name)
    return endpoint === undefined ? null : (socket) => this.#shakeHands(name, endpoint, socket)
  }

  giveUpHandshake(name: string): Socket | null {
    const given = this.#tls.get(name)?.handshakes.giveUp(GRACE) ?? null
    if (given !== null) this.#gaveUp(name, 1)
    return given
  }

  /** The verdict of now on a connection made earlier. */
  judge(name: string, peer: Peer): Peer {
    return this.#tls.get(name)?.tls.judgeAgain(peer) ?? peer
  }

  #accept(name: string, socket: TLSSocket | Socket, peer: Peer | null): void {
    // From here on a client that has sent its last request still gets the answer.
    socket.allowHalfOpen = true
    this.#services.accept(name, socket, peer)
  }

  #shakeHands(name: string, { tls, handshakes, settings }: TlsEndpoint, socket: Socket): void {
    const given = handshakes.begin(socket, mostHandshakes(this.#settings?.limits ?? DEFAULT_LIMITS, this.#services.workers()))
    if (given > 0) this.#gaveUp(name, given)
    const begin = () => tls.server.emit('connection', socket)
    // Nobody can show a chain there, and nobody would ever be known.
    if (settings.tls?.clientauthMode === 'NONE') begin()
    else this.#services.costs.admit(name, socket, networkOf(socket.remoteAddress ?? ''), begin)
  }

  #gaveUp(listener: string, count: number): void {
    const { metrics, log } = this.#services
    for (let i = 0; i < count; i++) metrics.connectionRefused(listener, 'handshakes')
    const now = performance.now()
    if (now < this.#quietUntil) return
    this.#quietUntil = now + QUIET
    log.warn({ listener }, 'too many handshakes under way: the oldest are given up for new connections')
  }

  /** Returns what makes it as it was. */
  #updateOne(settings: ListenerSettings, material: ListenerMaterial): () => void {
    const { name, tls } = settings
    const before = this.#tls.get(name)
    if (tls === null) return () => {}
    if (before === undefined) {
      const handshakes = new HandshakesUnderWay()
      this.#tls.set(name, { tls: this.#create(name, tls, material, handshakes), handshakes, settings, material })
      return () => void this.#tls.delete(name)
    }
    before.tls.update(tls, material)
    const { settings: oldSettings, material: oldMaterial } = before
    this.#tls.set(name, { ...before, settings, material })
    return () => {
      if (oldSettings.tls !== null) before.tls.update(oldSettings.tls, oldMaterial)
      this.#tls.set(name, before)
    }
  }

  #create(
    name: string,
    settings: NonNullable<ListenerSettings['tls']>,
    material: ListenerMaterial,
    handshakes: HandshakesUnderWay,
  ): TlsListener {
    const timeout = () => this.#handshakeTimeout
    const patience = () => statusPatience(this.#settings)
    const { metrics, log, registry, statuses, sighted, costs } = this.#services
    return createTlsListener({
      name,
      settings,
      material,
      registry,
      /** Read anew with each update. */
      get handshakeTimeout() {
        return timeout()
      },
      statuses,
      get statusPatience() {
        return patience()
      },
      onSecured: (socket) => {
        handshakes.end(socket)
        costs.secured(name, socket)
      },
      onConnection: (socket, peer) => {
        costs.judged(name, socket, peer.certificate !== null && peer.refusal === null)
        metrics.handshake(peer.resumed ? 'resumed' : 'ok', socket.getProtocol() ?? '')
        if (peer.certificate !== null) metrics.certificateLife((peer.certificate.notAfter - Date.now()) / 1_000)
        sighted(peer)
        this.#accept(name, socket, peer)
      },
      onHandshakeFailure: (error: NodeJS.ErrnoException, socket) => {
        const timedOut = error.code === 'handshake_timeout'
        metrics.handshake(timedOut ? 'timeout' : 'failed', '')
        log.debug({ listener: name, remote: socket.remoteAddress, code: error.code }, `handshake failed: ${error.message}`)
      },
    })
  }
}

/** Under way in one worker at once: those of all workers leave half of the connections to whoever is done. */
function mostHandshakes({ handshakes, connections }: Limits, workers: number): number {
  if (handshakes === 0 || connections === 0) return handshakes
  return Math.min(handshakes, Math.max(LEAST_HANDSHAKES, Math.floor(connections / 2 / workers)))
}

/** Milliseconds: what control has for an answer, and a little for the way, so that its reason is told when it has none. */
function statusPatience(settings: Settings | null): number {
  return (settings?.revocation ?? DEFAULT_REVOCATION).timeout + 250
}
