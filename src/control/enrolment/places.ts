import type { Socket } from 'node:net'
import { networkOf } from '../../policy/address.ts'

/** Clients enrol once in a while: whoever has more connections open is not one. */
const MOST = 256
const MOST_PER_NETWORK = 16

interface Place {
  readonly network: string
  answering: boolean
}

/**
 * Holds connections to a number, from TCP on. A network has few; when all places are taken the oldest that is not being answered gives
 * way, so that whoever opens many and waits keeps nobody out.
 */
export class ConnectionPlaces {
  /** Oldest first. */
  readonly #open = new Map<Socket, Place>()

  /** False: the socket was closed. */
  admit(socket: Socket): boolean {
    const network = networkOf(socket.remoteAddress ?? '')
    const same = [...this.#open.values()].filter((place) => place.network === network).length
    if (same >= MOST_PER_NETWORK || (this.#open.size >= MOST && !this.#giveWay())) {
      socket.destroy()
      return false
    }
    this.#open.set(socket, { network, answering: false })
    socket.once('close', () => this.#open.delete(socket))
    return true
  }

  /** From now on the connection is not given up: what it asked for may be recorded already. */
  answering(remoteAddress: string | undefined, remotePort: number | undefined): void {
    for (const [socket, place] of this.#open) {
      if (socket.remotePort === remotePort && socket.remoteAddress === remoteAddress) place.answering = true
    }
  }

  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  #giveWay(): boolean {
    for (const [socket, { answering }] of this.#open) {
      if (answering) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }
}
