import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type BoundSocket, bind } from '../../src/control/listening/sockets.ts'
import { ownEntry, type Program, type ProgramOptions, startProgram } from './program.ts'

/** The pid that is meant is known only to the process itself: exec keeps it. */
const BECOME = 'LISTEN_PID=$$; export LISTEN_PID; exec "$0" "$@"'

/** A stand-in for systemd: holds sockets, and passes them to one process after the other (sd_listen_fds(3)). */
export class Activation {
  readonly ports: readonly number[]
  readonly #sockets: readonly BoundSocket[]

  private constructor(sockets: readonly BoundSocket[]) {
    this.#sockets = sockets
    this.ports = sockets.map(({ port }) => port)
  }

  /** Binds so many free ports. They listen from the first program's start on, and as long as these are held: connections wait. */
  static async hold(t: { after(callback: () => void): void }, count: number, host = '127.0.0.1'): Promise<Activation> {
    const sockets: BoundSocket[] = []
    t.after(() => {
      for (const socket of sockets) socket.close()
    })
    while (sockets.length < count) sockets.push(await bind(host, 0))
    return new Activation(sockets)
  }

  /** Which of the ports a process holds the sockets of (Linux). */
  heldBy(pid: number): number[] {
    const links = descriptors(pid)
    const ours = this.#sockets.map((socket) => [socket.port, readlinkSync(`/proc/self/fd/${descriptorOf(socket)}`)] as const)
    return ours.filter(([, link]) => links.includes(link)).map(([port]) => port)
  }

  /** As startProgram, with the sockets. */
  readonly start = (options: ProgramOptions, t?: Parameters<typeof startProgram>[1]): Promise<Program> => {
    const { entry = ownEntry, config, args = [] } = options
    const passed = this.#sockets.map(descriptorOf)
    const command = [entry, ...(config === undefined ? [] : ['serve', '--config', config]), ...args]
    const { config: _, ...rest } = options
    const env = { LISTEN_FDS: `${passed.length}`, LISTEN_FDNAMES: passed.map(() => 'certgate.socket').join(':'), ...options.env }
    return startProgram({ ...rest, entry: '/bin/sh', args: ['-c', BECOME, ...command], descriptors: passed, env }, t)
  }
}

const descriptorOf = ({ handle }: BoundSocket): number => (handle as unknown as { readonly fd: number }).fd

/** What its descriptors are; none where it has ended. */
function descriptors(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}
