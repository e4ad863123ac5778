import type { SendHandle } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { closeSync } from 'node:fs'
import net from 'node:net'
import { getSystemErrorName } from 'node:util'
import type { Address } from '../../config/settings.ts'
import { CertgateError } from '../../errors.ts'

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

/** An address, and where it is bound already, the handle to listen on instead of binding it. */
export interface ListenAddress extends Address {
  readonly handle?: SendHandle
}

/** For `listen` of a server. */
export const listenOn = ({ host, port, handle }: ListenAddress): object => handle ?? { host, port }

/** The part of Node's TCP handle used here. */
interface TcpHandle {
  getsockname?(into: { port?: number; address?: string }): number
  close(): void
  ref(): void
  unref(): void
  /** What libuv calls with every connection it accepted; a server that listens puts its own there. */
  onconnection?(status: number, connection: { close(): void } | undefined): void
}

type CreateServerHandle = (address: string | null, port: number, addressType: 4 | 6, fd?: number) => TcpHandle | number

/**
 * Node has no public call that binds without accepting and yields something that can be sent to a child process
 * (net.BoundSocket cannot be sent), nor one that takes up a descriptor without accepting. This is the one that node:cluster itself
 * binds with; only this file touches it.
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
  const failure = handle.getsockname?.(bound) ?? 0
  if (failure !== 0) {
    handle.close()
    throw unavailable(at, failure)
  }
  return boundSocket(host, bound.port ?? port, handle as unknown as SendHandle, () => handle.close())
}

export function boundSocket(host: string, port: number, handle: SendHandle, close: () => void): BoundSocket {
  return { opening: `${++bindings}`, host, port, handle, close }
}

/** Takes up a TCP socket that somebody else bound, by its descriptor. null: it is another kind of socket, and closed. */
export function adopt(fd: number): BoundSocket | null {
  const handle = createServerHandle(null, 0, 4, fd)
  if (typeof handle === 'number') {
    closeSync(fd)
    return null
  }
  const bound: { port?: number; address?: string } = {}
  // A Unix socket gets a handle without addresses.
  const { address, port } = handle.getsockname?.(bound) === 0 ? bound : {}
  if (address !== undefined && port !== undefined) return boundSocket(address, port, handle as unknown as SendHandle, () => handle.close())
  handle.close()
  return null
}

/**
 * The handle of a socket for one server of this process. Node closes a handle with the server that listened on it, and no call of its makes
 * another descriptor of the same socket: so that closing only says that the server is gone.
 */
export function lend({ handle }: BoundSocket, returned: () => void): SendHandle {
  const tcp = handle as unknown as TcpHandle
  tcp.ref()
  Object.defineProperty(tcp, 'close', {
    configurable: true,
    value: () => {
      takeBack(tcp)
      returned()
    },
  })
  return handle
}

/** From here on `close` closes it. */
export function takeBack(handle: unknown): void {
  delete (handle as Partial<TcpHandle>).close
}

/** Nobody listens on it any more, but libuv does: what comes is closed, and no reason to go on running. */
export function park({ handle }: BoundSocket): void {
  const tcp = handle as unknown as TcpHandle
  tcp.onconnection = (_status, connection) => connection?.close()
  tcp.unref()
}

/** `127.0.0.1:8443`, `[::1]:8443`. */
export function formatAddress(host: string, port: number): string {
  return `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Throws CertgateError `address_unavailable`; `at` is the address as that calls it. */
export async function resolve(host: string, at: string): Promise<{ address: string; family: 4 | 6 }> {
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
