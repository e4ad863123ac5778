import type { Socket } from 'node:net'

/** What a TLS socket has in common with the TCP one below it. */
export interface ConnectionEnd {
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/**
 * Handshakes that one listener has begun and not ended. For one more than there may be the oldest is given up: whoever only connects keeps
 * nobody out, since who means it is done long before.
 */
export class HandshakesUnderWay {
  readonly #sockets = new Map<string, Socket>()

  /** `most`: that may be under way, this one included; 0: any number. Returns how many were given up. */
  begin(socket: Socket, most: number): number {
    let given = 0
    if (most > 0) {
      for (const [oldest, other] of this.#sockets) {
        if (this.#sockets.size < most) break
        this.#sockets.delete(oldest)
        other.destroy()
        given++
      }
    }
    const key = connectionKey(socket)
    this.#sockets.set(key, socket)
    socket.once('close', () => {
      if (this.#sockets.get(key) === socket) this.#sockets.delete(key)
    })
    return given
  }

  /** The TLS socket that came of one. */
  end(socket: ConnectionEnd): void {
    this.#sockets.delete(connectionKey(socket))
  }
}

/** One connection to a listening address. */
export function connectionKey({ remoteAddress, remotePort }: ConnectionEnd): string {
  return `${remotePort} ${remoteAddress}`
}
