import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import type { Lifetime } from '../support/lifetime.ts'
import { readBody, readHead, type StrictHead } from './strict-message.ts'

/** A request whose head reached the upstream. */
export interface Witnessed extends StrictHead {
  /** As received. */
  readonly head: string
  /** Counted from 1, over all connections, in order of arrival. */
  readonly sequence: number
  readonly connection: number
  body: string
  trailers: readonly string[]
  /** Its last byte came, and it was answered. */
  complete: boolean
  /** What a strict reader objects to in the body. */
  bodyProblem: string | null
  values(name: string): readonly string[]
}

/**
 * An upstream that reads as strictly as the RFC allows and keeps all it saw. It answers only what is complete, so that a response proves that
 * a whole request was accepted.
 */
export class Witness {
  readonly requests: Witnessed[] = []
  /** Bytes that never became a head. */
  readonly strays: string[] = []
  readonly #server: Server
  readonly #open = new Map<Socket, number>()
  #connections = 0

  private constructor() {
    this.#server = createServer((socket) => this.#accept(socket, ++this.#connections))
  }

  static async start(t: Lifetime): Promise<Witness> {
    const witness = new Witness()
    await new Promise<void>((resolve) => witness.#server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      for (const socket of witness.#open.keys()) socket.destroy()
      witness.#server.close()
    })
    return witness
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Connections that are open now. */
  get open(): ReadonlySet<number> {
    return new Set(this.#open.values())
  }

  #accept(socket: Socket, connection: number): void {
    this.#open.set(socket, connection)
    let buffered = ''
    let current: Witnessed | null = null
    let start = 0
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#open.delete(socket)
      if (current === null && buffered !== '') this.strays.push(buffered)
    })
    socket.on('data', (bytes) => {
      buffered += bytes.toString('latin1')
      for (;;) {
        if (current === null) {
          const end = buffered.indexOf('\r\n\r\n')
          if (end < 0) return
          start = end + 4
          current = this.#witness(buffered.slice(0, start), connection)
          if (current.values('expect').length > 0) socket.write('HTTP/1.1 100 Continue\r\n\r\n')
        }
        const read = readBody(buffered, start, current.length)
        if (read === null) return
        current.body = read.body
        current.trailers = read.trailers
        current.bodyProblem = read.problem
        current.complete = true
        buffered = buffered.slice(read.end)
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${current.method === 'HEAD' ? '' : 'ok\n'}`)
        current = null
      }
    })
  }

  #witness(head: string, connection: number): Witnessed {
    const strict = readHead(head)
    const values = (name: string): string[] => strict.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
    const sequence = this.requests.length + 1
    const witnessed: Witnessed = {
      ...strict,
      head,
      sequence,
      connection,
      body: '',
      trailers: [],
      complete: false,
      bodyProblem: null,
      values,
    }
    this.requests.push(witnessed)
    return witnessed
  }
}
