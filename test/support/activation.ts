import { type BoundSocket, bind } from '../../src/control/sockets.ts'
import { type Program, type ProgramOptions, ownEntry, startProgram } from './program.ts'

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

  /** As startProgram, with the sockets. */
  readonly start = (options: ProgramOptions, t?: Parameters<typeof startProgram>[1]): Promise<Program> => {
    const { entry = ownEntry, config, args = [] } = options
    const descriptors = this.#sockets.map(({ handle }) => (handle as unknown as { readonly fd: number }).fd)
    const command = [entry, ...(config === undefined ? [] : ['serve', '--config', config]), ...args]
    const { config: _, ...rest } = options
    const env = { LISTEN_FDS: `${descriptors.length}`, LISTEN_FDNAMES: descriptors.map(() => 'certgate.socket').join(':'), ...options.env }
    return startProgram({ ...rest, entry: '/bin/sh', args: ['-c', BECOME, ...command], descriptors, env }, t)
  }
}
