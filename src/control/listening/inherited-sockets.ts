import { fstatSync } from 'node:fs'
import { isIPv6, SocketAddress } from 'node:net'
import type { Address } from '../../config/settings.ts'
import { CertgateError } from '../../errors.ts'
import { adopt, type BoundSocket, bind, boundSocket, formatAddress, type ListenAddress, lend, park, resolve, takeBack } from './sockets.ts'

/** As systemd passes them (sd_listen_fds(3)): descriptors from this one on. */
const FIRST = 3
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']

/** Addresses that hold their port on all others. */
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

export type Warn = (message: string, hint: string) => void

/**
 * Listening sockets that whoever started this process bound, and keeps: connections that come while no process accepts wait in the
 * kernel for the next one. Addresses of the configuration that equal theirs take them up instead of being bound.
 */
export class InheritedSockets {
  readonly #warn: Warn
  readonly #free: BoundSocket[] = []
  /** A server of this process listened on these: they wait for another one, and workers cannot have them. */
  readonly #parked: BoundSocket[] = []
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
      const what = /^\d+$/.test(count) ? 'more than any process has' : 'no number'
      warn(`LISTEN_FDS is ${JSON.stringify(count)}, which is ${what}: no socket that was passed is used`, 'leave it to systemd')
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
    return boundSocket(host, port, handle, () => this.#giveBack(socket))
  }

  /** Has a server of this process opened, on the socket of its address where there is one; closing the server gives it back. */
  async open<T>(address: Address, open: (at: ListenAddress) => Promise<T>): Promise<T> {
    const socket = (await this.#find(address, this.#parked)) ?? (await this.#find(address))
    if (socket === null) return open(address)
    this.#remove(socket)
    let returned = false
    const handle = lend(socket, () => {
      returned = true
      this.#park(socket)
    })
    try {
      return await open({ ...address, handle })
    } catch (error) {
      // Nobody listens on it yet: it is as it was.
      if (!returned) this.#giveBack(socket)
      throw error
    }
  }

  /** What nobody has taken: connections to it would wait for ever. `started`: the configuration was taken up whole. */
  closeUnused(started = true): void {
    const why = started ? 'the configuration has no such address' : 'nothing had taken it up when the start failed'
    for (const socket of this.#free.splice(0)) {
      const at = formatAddress(socket.host, socket.port)
      this.#warn(`the socket ${at} was passed and is closed: ${why}`, 'addresses have to be equal')
      socket.close()
    }
  }

  /** Binds what none of these has. Rejects with CertgateError `address_unavailable`, also where one of these is what is in the way. */
  async bind({ host, port }: Address): Promise<BoundSocket> {
    try {
      return await bind(host, port)
    } catch (error) {
      const isInTheWay = (socket: BoundSocket) => socket.port === port && [host, socket.host].some((one) => EVERYWHERE.has(one))
      const inTheWay = [...this.#free, ...this.#parked].find(isInTheWay)
      if (inTheWay === undefined || !(error instanceof CertgateError) || error.code !== 'address_unavailable') throw error
      const passed = formatAddress(inTheWay.host, port)
      throw new CertgateError(
        'address_unavailable',
        `cannot listen on ${formatAddress(host, port)}: the socket ${passed} was passed instead`,
        {
          hint: `write ${passed} into the configuration, or have ${formatAddress(host, port)} passed: addresses have to be equal`,
          cause: error,
        },
      )
    }
  }

  /** From here on what is given back is closed. */
  close(): void {
    this.#closed = true
    for (const socket of [...this.#free.splice(0), ...this.#parked.splice(0)]) socket.close()
  }

  async #find({ host, port }: Address, among: readonly BoundSocket[] = this.#free): Promise<BoundSocket | null> {
    // Most processes have inherited nothing, and names take a while.
    if (port === 0 || !among.some((socket) => socket.port === port)) return null
    const { address } = await resolve(host, formatAddress(host, port))
    return among.find((socket) => socket.port === port && canonical(socket.host) === canonical(address)) ?? null
  }

  #remove(socket: BoundSocket): void {
    for (const sockets of [this.#free, this.#parked]) {
      const at = sockets.indexOf(socket)
      if (at >= 0) sockets.splice(at, 1)
    }
  }

  #giveBack(socket: BoundSocket): void {
    takeBack(socket.handle)
    if (this.#closed) socket.close()
    else this.#free.push(socket)
  }

  #park(socket: BoundSocket): void {
    if (this.#closed) {
      socket.close()
      return
    }
    park(socket)
    this.#parked.push(socket)
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
