import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/** What a TLS socket has in common with the TCP one below it. */
export interface ConnectionEnd {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  readonly localAddress?: string | undefined
}

/**
 * Handshakes that one listener has begun and not ended. For one more than there may be the oldest is given up: whoever only connects keeps
 * nobody out, since who means it is done long before.
 */
export class HandshakesUnderWay {
  /** Oldest first, with the time each began. */
  readonly #sockets = new Map<string, { readonly socket: Socket; readonly since: number }>()

  /** `most`: that may be under way, this one included; 0: any number. Returns how many were given up. */
  begin(socket: Socket, most: number): number {
    let given = 0
    while (most > 0 && this.#sockets.size >= most && this.giveUp() !== null) given++
    const key = connectionKey(socket)
    this.#sockets.set(key, { socket, since: performance.now() })
    socket.once('close', () => {
      if (this.#sockets.get(key)?.socket === socket) this.#sockets.delete(key)
    })
    return given
  }

  /** Ends the oldest and returns it; null where none is under way for so many milliseconds. */
  giveUp(least = 0): Socket | null {
    for (const [key, { socket, since }] of this.#sockets) {
      if (performance.now() - since < least) return null
      this.#sockets.delete(key)
      socket.destroy()
      return socket
    }
    return null
  }

  /** The TLS socket that came of one. */
  end(socket: ConnectionEnd): void {
    this.#sockets.delete(connectionKey(socket))
  }
}

/** One connection of a listener. From one port a client may have one to each address of ours: none of them may pass for another. */
export function connectionKey({ remoteAddress, remotePort, localAddress }: ConnectionEnd): string {
  return `${remotePort} ${remoteAddress} ${localAddress}`
}
