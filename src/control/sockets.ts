import type { SendHandle } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import net from 'node:net'
import { getSystemErrorName } from 'node:util'
import type { ListenerSettings } from '../config/settings.ts'
import { CertgateError } from '../errors.ts'
import type { Prepared } from './replaceable.ts'

/**
 * A bound TCP handle that nobody in control accepts on. Control keeps it open, so that connections queue in the kernel
 * while a worker is replaced, and gives each worker its own copy to listen on.
 */
export interface BoundSocket {
  /** Identifies this very binding: what workers compare to know whether they already serve it. */
  readonly opening: string
  readonly host: string
  /** The real one, where 0 was configured. */
  readonly port: number
  readonly handle: SendHandle
  close(): void
}

/** The part of Node's TCP handle used here. */
interface TcpHandle {
  getsockname(into: { port?: number; address?: string }): number
  close(): void
}

type CreateServerHandle = (address: string, port: number, addressType: 4 | 6) => TcpHandle | number

/**
 * Node has no public call that binds without accepting and yields something that can be sent to a child process
 * (net.BoundSocket cannot be sent). This is the one that node:cluster itself binds with; only this file touches it.
 */
const createServerHandle = (net as unknown as { _createServerHandle: CreateServerHandle })._createServerHandle

let bindings = 0

/**
 * Binds an address given as IP or host name; port 0 takes a free one.
 * Throws CertgateError `address_unavailable` where it is in use, not ours to bind, or the name does not resolve.
 */
export async function bind(host: string, port: number): Promise<BoundSocket> {
  const at = formatAddress(host, port)
  const { address, family } = await resolve(host, at)
  const handle = createServerHandle(address, port, family)
  if (typeof handle === 'number') throw unavailable(at, handle)
  const bound: { port?: number } = {}
  // libuv reports a port in use only on the next call.
  const failure = handle.getsockname(bound)
  if (failure !== 0) {
    handle.close()
    throw unavailable(at, failure)
  }
  return {
    opening: `${++bindings}`,
    host,
    port: bound.port ?? port,
    handle: handle as unknown as SendHandle,
    close: () => handle.close(),
  }
}

/** `127.0.0.1:8443`, `[::1]:8443`. */
export function formatAddress(host: string, port: number): string {
  return `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
}

async function resolve(host: string, at: string): Promise<{ address: string; family: 4 | 6 }> {
  const family = net.isIP(host)
  if (family !== 0) return { address: host, family: family === 6 ? 6 : 4 }
  try {
    const found = await lookup(host)
    return { address: found.address, family: found.family === 6 ? 6 : 4 }
  } catch (cause) {
    throw new CertgateError('address_unavailable', `cannot listen on ${at}: the name ${host} does not resolve`, { cause })
  }
}

/** The error for a system error code, as a negative libuv number or a name. */
export function unavailable(at: string, failure: number | string, hint?: string): CertgateError {
  const code = typeof failure === 'string' ? failure : getSystemErrorName(failure)
  if (code === 'EADDRINUSE') {
    return new CertgateError('address_unavailable', `cannot listen on ${at}: another program already listens there`, {
      hint: hint ?? `stop that program (find it with 'ss -ltnp'), or choose another port`,
    })
  }
  if (code === 'EACCES') {
    return new CertgateError('address_unavailable', `cannot listen on ${at}: not permitted`, {
      hint: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE; choose a higher port',
    })
  }
  if (code === 'EADDRNOTAVAIL') {
    return new CertgateError('address_unavailable', `cannot listen on ${at}: this machine has no such address`)
  }
  return new CertgateError('address_unavailable', `cannot listen on ${at}: ${code}`)
}

/** Sockets bound for a new configuration; those of unchanged addresses are the old ones. */
export interface PreparedSockets extends Prepared {
  readonly byListener: ReadonlyMap<string, BoundSocket>
}

/** The sockets that control holds: one per address, carried over from one configuration to the next. */
export class ListeningSockets {
  #held = new Map<string, BoundSocket>()

  /** Binds the addresses that are not held yet. Throws CertgateError `address_unavailable`; the old ones stay. */
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
        const socket = before.get(key) ?? (await bind(listener.address.host, listener.address.port))
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

  /** From here on the kernel refuses connections as soon as the workers have closed theirs. */
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
