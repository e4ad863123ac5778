import type { Socket } from 'node:net'
import { networkOf } from '../../policy/address.ts'

/** Clients enrol once in a while: whoever has more connections open is not one. */
const MOST = 256
const MOST_PER_NETWORK = 16
/** Milliseconds that a place is safe from others of its network: enough for a handshake and a request, so that many at once do not undo each other. */
const UNDISTURBED = 2_000

interface Place {
  readonly network: string
  readonly since: number
  answering: boolean
}

/**
 * Holds connections to a number, from TCP on. A network has few; when all places are taken the oldest that is not being answered gives
 * way, in a full network only once it had its time, so that whoever opens many and waits keeps nobody out, neighbours least of all.
 */
export class ConnectionPlaces {
  /** Oldest first. */
  readonly #open = new Map<Socket, Place>()
  readonly #now: () => number

  /** `now`: milliseconds, monotonic. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** False: the socket was closed. */
  admit(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress ?? '')
    const now = this.#now()
    const ofSame = (place: Place) => place.network === network
    const same = [...this.#open.values()].filter(ofSame).length
    const hasRoom = same < MOST_PER_NETWORK || this.#giveWay((place) => ofSame(place) && now - place.since >= UNDISTURBED)
    if (!hasRoom || (this.#open.size >= MOST && !this.#giveWay(() => true))) {
      socket.destroy()
      return false
    }
    this.#open.set(socket, { network, since: now, answering: false })
    socket.once('close', () => this.#open.delete(socket))
    return true
  }

  /** From now on the connection is not given up, as all that it asks is there: it may be recorded already. Half a request holds no place. */
  answering(remoteAddress: string | undefined, remotePort: number | undefined): void {
    for (const [socket, place] of this.#open) {
      if (socket.remotePort === remotePort && socket.remoteAddress === remoteAddress) place.answering = true
    }
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  #giveWay(may: (place: Place) => boolean): boolean {
    for (const [socket, place] of this.#open) {
      if (place.answering || !may(place)) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}
