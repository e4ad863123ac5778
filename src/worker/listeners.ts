import { createServer, type Server, type Socket } from 'node:net'
import { networkOf } from '../policy/address.ts'
import type { HandshakeCosts } from '../tls/handshake-costs.ts'
import type { Admission, Place } from './admission.ts'
import type { Overload } from './overload.ts'

/** Takes over a TCP connection that was admitted. */
export type Acceptor = (socket: Socket) => void

/** What comes after TCP, by the snapshot in force. */
export interface Above {
  /** Null where it has no such listener. */
  acceptor(listener: string): Acceptor | null
  /** Ends the oldest handshake under way, and returns it; null where none has had its time. */
  giveUpHandshake(listener: string): Socket | null
}

/** A limit is reached, the worker has too much to do, or handshakes from there have cost too much. */
export type Refused = 'limit' | 'overload' | 'costly'

export interface ListenerEvents {
  opened(listener: string, opening: string): void
  failed(listener: string, opening: string, error: NodeJS.ErrnoException): void
  /** A connection could not be accepted; the listener goes on. */
  acceptFailed(listener: string, error: NodeJS.ErrnoException): void
  /** A connection was closed before its handshake. */
  refused(listener: string, remote: string, reason: Refused): void
}

interface Admitted {
  /** Milliseconds of the monotonic clock. */
  readonly acceptedAt: number
  readonly place: Place
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
  readonly #above: () => Above | null
  readonly #open = new Map<string, OpenListener>()
  readonly #sockets = new Map<Socket, Admitted>()
  #emptied: (() => void) | null = null

  /** `above`: null before the first snapshot. */
  constructor(load: Load, above: () => Above | null, events: ListenerEvents) {
    this.#admission = load.admission
    this.#overload = load.overload
    this.#costs = load.costs
    this.#above = above
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
    for (const { acceptedAt } of this.#sockets.values()) left = Math.max(left, acceptedAt + grace - now)
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
    this.#place(listener, network, socket)
  }

  /** Whoever has shown no more than that it can connect keeps nobody out: at the limit it is given up before anybody is refused. */
  #place(listener: string, network: string, socket: Socket): void {
    const { remoteAddress = '' } = socket
    this.#admission.admit(listener, network, (place) => {
      if (place === 'listener' && !socket.destroyed && this.#makeRoom(listener)) this.#place(listener, network, socket)
      else if (typeof place !== 'string') this.#take(listener, socket, place)
      else {
        socket.destroy()
        this.#events.refused(listener, remoteAddress, 'limit')
      }
    })
  }

  #makeRoom(listener: string): boolean {
    const given = this.#above()?.giveUpHandshake(listener) ?? null
    if (given === null) return false
    this.#forget(given)
    return true
  }

  #take(listener: string, socket: Socket, place: Place): void {
    const accept = this.#above()?.acceptor(listener) ?? null
    if (accept === null || socket.destroyed) {
      place.release()
      socket.destroy()
      return
    }
    this.#sockets.set(socket, { acceptedAt: performance.now(), place })
    socket.once('close', () => this.#forget(socket))
    accept(socket)
  }

  #forget(socket: Socket): void {
    const admitted = this.#sockets.get(socket)
    if (admitted === undefined) return
    this.#sockets.delete(socket)
    admitted.place.release()
    if (this.#sockets.size === 0) this.#emptied?.()
  }
}

/** Connections that the kernel holds ready; the system's own limit (net.core.somaxconn) caps it. */
const backlog = 4096

const ignore = () => {}
