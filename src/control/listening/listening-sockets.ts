import type { ListenerSettings } from '../../config/settings.ts'
import type { Prepared } from '../workers/replaceable.ts'
import type { InheritedSockets } from './inherited-sockets.ts'
import { type BoundSocket, formatAddress, unavailable } from './sockets.ts'

/** Sockets bound for a new configuration; those of unchanged addresses are the old ones. */
export interface PreparedSockets extends Prepared {
  readonly byListener: ReadonlyMap<string, BoundSocket>
}

/** The sockets that control holds: one per address, carried over from one configuration to the next. */
export class ListeningSockets {
  readonly #inherited: InheritedSockets
  #held = new Map<string, BoundSocket>()

  constructor(inherited: InheritedSockets) {
    this.#inherited = inherited
  }

  /** Takes up or binds the addresses that are not held yet. Throws CertgateError `address_unavailable`; the old ones stay. */
  async prepare(listeners: Iterable<ListenerSettings>): Promise<PreparedSockets> {
    const before = this.#held
    const after = new Map<string, BoundSocket>()
    const byListener = new Map<string, BoundSocket>()
    const abandon = () => {
      for (const [key, socket] of after) if (before.get(key) !== socket) socket.close()
    }
    try {
      for (const listener of listeners) {
        const key = addressKey(listener)
        if (after.has(key)) throw unavailable(key, 'EADDRINUSE', 'two listeners of this configuration have the same address')
        const socket = before.get(key) ?? (await this.#inherited.take(listener.address)) ?? (await this.#inherited.bind(listener.address))
        after.set(key, socket)
        byListener.set(listener.name, socket)
      }
    } catch (error) {
      abandon()
      throw error
    }
    const commit = () => {
      for (const [key, socket] of before) if (after.get(key) !== socket) socket.close()
      this.#held = after
    }
    return { byListener, commit, abandon }
  }

  /** From here on the kernel refuses connections as soon as the workers have closed theirs, and whoever passed the sockets on. */
  close(): void {
    for (const socket of this.#held.values()) socket.close()
    this.#held = new Map()
  }
}

function addressKey(listener: ListenerSettings): string {
  const { host, port } = listener.address
  // Each `:0` is a port of its own, so the name belongs to it.
  return port === 0 ? `${listener.name}@${formatAddress(host, 0)}` : formatAddress(host, port)
}
