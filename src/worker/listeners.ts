import { createServer, type Server, type Socket } from 'node:net'
import { networkOf } from '../policy/address.ts'
import type { HandshakeCosts } from '../tls/handshake-costs.ts'
import type { Admission } from './admission.ts'
import type { Overload } from './overload.ts'

/** Takes over a TCP connection that was admitted. */
export type Acceptor = (socket: Socket) => void

export interface ListenerEvents {
  opened(listener: string, opening: string): void
  failed(listener: string, opening: string, error: NodeJS.ErrnoException): void
  /** A connection could not be accepted; the listener goes on. */
  acceptFailed(listener: string, error: NodeJS.ErrnoException): void
  /** A connection was closed before its handshake: a limit is reached, or the worker has too much to do. */
  refused(listener: string, remote: string, reason: 'limit' | 'overload' | 'costly'): void
}

interface OpenListener {
  readonly opening: string
  readonly server: Server
}

/** What decides about a connection before anything is read from it. */
export interface Load {
  readonly admission: Admission
  readonly overload: Overload
  readonly costs: HandshakeCosts
}

/** The sockets this worker accepts on. They are control's: closing one here leaves it open for the others. */
export class Listeners {
  readonly #admission: Admission
  readonly #overload: Overload
  readonly #costs: HandshakeCosts
  readonly #events: ListenerEvents
  readonly #acceptor: (listener: string) => Acceptor | null
  readonly #open = new Map<string, OpenListener>()
  /** Admitted connections and when each was accepted, in milliseconds of the monotonic clock. */
  readonly #sockets = new Map<Socket, number>()
  #emptied: (() => void) | null = null

  /** `acceptor` gives what takes over the connections of a listener by the snapshot in force; null where it has none. */
  constructor(load: Load, acceptor: (listener: string) => Acceptor | null, events: ListenerEvents) {
    this.#admission = load.admission
    this.#overload = load.overload
    this.#costs = load.costs
    this.#acceptor = acceptor
    this.#events = events
  }

  /** Accepts on a bound handle; where the listener was open on another one, that is closed once this one accepts. */
  open(listener: string, opening: string, handle: unknown): void {
    // Not half-open yet: whoever hangs up while waiting or during the handshake is gone, and must not hold a place.
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
      this.#admit(listener, socket),
    )
    const failed = (error: NodeJS.ErrnoException) => this.#events.failed(listener, opening, error)
    server.once('error', failed)
    server.listen(handle, backlog, () => {
      server.off('error', failed)
      server.on('error', (error) => this.#events.acceptFailed(listener, error))
      this.#open.get(listener)?.server.close()
      this.#open.set(listener, { opening, server })
      this.#events.opened(listener, opening)
    })
  }

  /** Closes those that are not wanted any more; their connections go on. */
  keep(wanted: ReadonlyMap<string, string>): void {
    for (const [name, { server }] of this.#open) {
      if (wanted.has(name)) continue
      server.close()
      this.#open.delete(name)
    }
  }

  close(): void {
    this.keep(new Map())
  }

  /** Milliseconds until the youngest connection has had `grace` for its handshake and its first request; 0 where there is none. */
  youth(grace: number): number {
    const now = performance.now()
    let left = 0
    for (const acceptedAt of this.#sockets.values()) left = Math.max(left, acceptedAt + grace - now)
    return left
  }

  /** Resolves when no connection is left, those in their handshake included. */
  empty(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#emptied = resolve
    })
  }

  /** Cuts off every connection. */
  destroy(): void {
    for (const socket of this.#sockets.keys()) socket.destroy()
  }

  #admit(listener: string, socket: Socket): void {
    const { remoteAddress } = socket
    // Gone before it was accepted.
    if (remoteAddress === undefined) {
      socket.destroy()
      return
    }
    // Until somebody takes it over: a reset must not become an uncaught error.
    socket.on('error', ignore)
    const network = networkOf(remoteAddress)
    const reason = this.#costs.refuses(network) ? 'costly' : this.#overload.connections.admits(network) ? null : 'overload'
    if (reason !== null) {
      socket.destroy()
      this.#events.refused(listener, remoteAddress, reason)
      return
    }
    this.#admission.admit(listener, network, (place) => {
      const accept = place === null ? null : this.#acceptor(listener)
      if (place === null || accept === null || socket.destroyed) {
        place?.release()
        socket.destroy()
        if (place === null) this.#events.refused(listener, remoteAddress, 'limit')
        return
      }
      this.#sockets.set(socket, performance.now())
      socket.once('close', () => {
        place.release()
        this.#sockets.delete(socket)
        if (this.#sockets.size === 0) this.#emptied?.()
      })
      accept(socket)
    })
  }
}

/** Connections that the kernel holds ready; the system's own limit (net.core.somaxconn) caps it. */
const backlog = 4096

const ignore = () => {}
