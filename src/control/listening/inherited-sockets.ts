import { fstatSync } from 'node:fs'
import { isIPv6, SocketAddress } from 'node:net'
import type { Address } from '../../config/settings.ts'
import { adopt, type BoundSocket, boundSocket, formatAddress, type ListenAddress, resolve } from './sockets.ts'

/** As systemd passes them (sd_listen_fds(3)): descriptors from this one on. */
const FIRST = 3
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']

export type Warn = (message: string, hint: string) => void

/**
 * Listening sockets that whoever started this process bound, and keeps: connections that come while no process accepts wait in the
 * kernel for the next one. Addresses of the configuration that equal theirs take them up instead of being bound.
 */
export class InheritedSockets {
  readonly #warn: Warn
  readonly #free: BoundSocket[] = []
  #closed = false

  constructor(sockets: Iterable<BoundSocket> = [], warn: Warn = () => {}) {
    this.#free.push(...sockets)
    this.#warn = warn
  }

  /** What `env` says was passed to the process `pid`. Its variables are removed: they are not meant for any child. */
  static receive(env: NodeJS.ProcessEnv, pid: number, warn: Warn): InheritedSockets {
    const { LISTEN_PID: target, LISTEN_FDS: count = '', LISTEN_FDNAMES: names = '' } = env
    for (const name of VARIABLES) delete env[name]
    if (target === undefined || count === '') return new InheritedSockets()
    if (target !== String(pid)) {
      warn(`sockets were passed to process ${target}, and this is ${pid}: they are not used`, 'start certgate with exec')
      return new InheritedSockets()
    }
    if (!/^\d{1,4}$/.test(count)) {
      warn(`LISTEN_FDS is ${JSON.stringify(count)}, which is no number: no socket that was passed is used`, 'leave it to systemd')
      return new InheritedSockets()
    }
    const named = names.split(':')
    const sockets: BoundSocket[] = []
    for (let at = 0; at < Number(count); at++) {
      const socket = isSocket(FIRST + at) ? adopt(FIRST + at) : null
      if (socket !== null) sockets.push(socket)
      else
        warn(
          `descriptor ${FIRST + at} (${named[at] || 'unnamed'}) was passed and is no TCP socket: it is not used`,
          'ListenStream=HOST:PORT',
        )
    }
    return new InheritedSockets(sockets, warn)
  }

  /** null: there is none with that address. Closing it gives it back, for a configuration that returns to the address. */
  async take(address: Address): Promise<BoundSocket | null> {
    const socket = await this.#find(address)
    if (socket === null) return null
    this.#remove(socket)
    const { host, port, handle } = socket
    return boundSocket(host, port, handle, () => {
      if (this.#closed) socket.close()
      else this.#free.push(socket)
    })
  }

  /** Has a server of this process opened, on the socket of its address where there is one. */
  async open<T>(address: Address, open: (at: ListenAddress) => Promise<T>): Promise<T> {
    const socket = await this.#find(address)
    if (socket === null) return open(address)
    const server = await open({ ...address, handle: socket.handle })
    this.#remove(socket)
    return server
  }

  /** What nobody has taken: connections to it would wait for ever. */
  closeUnused(): void {
    for (const socket of this.#free.splice(0)) {
      const at = formatAddress(socket.host, socket.port)
      this.#warn(`the socket ${at} was passed and is closed: the configuration has no such address`, 'addresses have to be equal')
      socket.close()
    }
  }

  /** From here on what is given back is closed. */
  close(): void {
    this.#closed = true
    for (const socket of this.#free.splice(0)) socket.close()
  }

  async #find({ host, port }: Address): Promise<BoundSocket | null> {
    // Most processes have inherited nothing, and names take a while.
    if (port === 0 || !this.#free.some((socket) => socket.port === port)) return null
    const { address } = await resolve(host, formatAddress(host, port))
    return this.#free.find((socket) => socket.port === port && canonical(socket.host) === canonical(address)) ?? null
  }

  #remove(socket: BoundSocket): void {
    this.#free.splice(this.#free.indexOf(socket), 1)
  }
}

/** Whatever else is open there is not ours to take or to close: Node.js has descriptors of its own. */
function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    return false
  }
}

/** IPv6 addresses have many spellings. */
const canonical = (host: string): string => (isIPv6(host) ? new SocketAddress({ address: host, family: 'ipv6' }).address : host)
