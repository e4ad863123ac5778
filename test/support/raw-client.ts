import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { Issued } from './authority.ts'

/** One response, read by a parser of its own. */
export interface RawResponse {
  readonly status: number
  readonly head: string
  readonly headers: readonly (readonly [string, string])[]
  /** Without chunk framing. */
  readonly body: string
  readonly chunked: boolean
  value(name: string): string | undefined
  json(): { readonly code?: string; readonly detail?: string; readonly status?: number; readonly request_id?: string }
}

export interface RawClientOptions {
  readonly port: number
  /** PEM; what the server's certificate is verified by. Null: a plain connection. */
  readonly ca: string | null
  readonly client?: Issued | null
  readonly servername?: string
  readonly tls?: ConnectionOptions
  readonly localAddress?: string
  /** Told when TCP has connected, before the handshake. */
  readonly onConnect?: () => void
}

/** A client that sends exactly the bytes it is given over one TLS connection. */
export class RawClient {
  readonly socket: TLSSocket | Socket
  /** Ours; 0 before there is one. Kept when the connection has ended. */
  localPort = 0
  #received: Buffer = Buffer.alloc(0)
  #ended = false
  readonly #waiting = new Set<() => void>()
  /** How many bytes have come in all. */
  receivedBytes = 0

  private constructor(socket: TLSSocket | Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.receivedBytes += bytes.length
      this.#received = Buffer.concat([this.#received, bytes])
      this.#wake()
    })
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#ended = true
        this.#wake()
      })
    }
  }

  static async connect(options: RawClientOptions, t?: { after(callback: () => unknown): void }): Promise<RawClient> {
    const { port, ca, client, servername = 'localhost', localAddress } = options
    const socket =
      ca === null
        ? connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true })
        : connectTls({
            host: '127.0.0.1',
            port,
            ca,
            servername,
            allowHalfOpen: true,
            ...(client == null ? {} : { cert: client.chain, key: client.key }),
            ...(localAddress === undefined ? {} : { localAddress }),
            ...options.tls,
          } as ConnectionOptions)
    t?.after(() => socket.destroy())
    const raw = new RawClient(socket)
    socket.once('connect', () => {
      raw.localPort = socket.localPort ?? 0
      options.onConnect?.()
    })
    await once(socket, ca === null ? 'connect' : 'secureConnect')
    socket.setNoDelay(true)
    return raw
  }

  get ended(): boolean {
    return this.#ended
  }

  /** What has come and was not read yet, as Latin-1. */
  get text(): string {
    return this.#received.toString('latin1')
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Resolves when the connection has ended or was reset. */
  end(timeout?: number): Promise<void> {
    return this.#until(() => this.#ended, timeout, 'the connection to end')
  }

  /** Resolves once the unread bytes match. */
  textMatching(pattern: RegExp, timeout?: number): Promise<void> {
    return this.#until(() => pattern.test(this.text) || this.#ended, timeout, String(pattern))
  }

  /** Reads one response; `head` says that it answers a HEAD request. Rejects where the connection ends without one. */
  async response(options: { head?: boolean; timeout?: number } = {}): Promise<RawResponse> {
    let read: { response: RawResponse; end: number } | null = null
    await this.#until(
      () => {
        read = readResponse(this.#received, options.head === true, this.#ended)
        return read !== null || this.#ended
      },
      options.timeout,
      'a response',
    )
    if (read === null) throw new Error(`the connection ended without a response; received ${JSON.stringify(this.text.slice(0, 300))}`)
    const { response, end } = read as { response: RawResponse; end: number }
    this.#received = this.#received.subarray(end)
    return response
  }

  /** Sends a request and reads its response. */
  async ask(text: string, options: { head?: boolean; timeout?: number } = {}): Promise<RawResponse> {
    this.send(text)
    return this.response(options)
  }

  close(): void {
    this.socket.destroy()
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }

  #until(done: () => boolean, timeout = 10_000, what = ''): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!done()) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`${timeout} ms without ${what}; received ${JSON.stringify(this.text.slice(0, 300))}`))
      }, timeout)
      this.#waiting.add(check)
      check()
    })
  }
}

function readResponse(bytes: Buffer, toHead: boolean, ended: boolean): { response: RawResponse; end: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const head = bytes.subarray(0, headEnd + 4).toString('latin1')
  const [line = '', ...lines] = head.slice(0, -4).split('\r\n')
  const status = Number(line.split(' ')[1])
  const headers = lines.map((text): [string, string] => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1).trim()])
  const value = (name: string): string | undefined => headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
  const start = headEnd + 4
  const chunked = value('transfer-encoding') !== undefined
  let body = ''
  let end = start
  if (!toHead && status >= 200 && status !== 204 && status !== 304) {
    if (chunked) {
      for (;;) {
        const lineEnd = bytes.indexOf('\r\n', end)
        if (lineEnd < 0) return null
        const size = Number.parseInt(bytes.subarray(end, lineEnd).toString('latin1'), 16)
        end = lineEnd + 2
        if (size === 0) break
        if (bytes.length < end + size + 2) return null
        body += bytes.subarray(end, end + size).toString('latin1')
        end += size + 2
      }
      const last = bytes.indexOf('\r\n\r\n', end - 2)
      if (last < 0) return null
      end = last + 4
    } else if (value('content-length') !== undefined) {
      const length = Number(value('content-length'))
      if (bytes.length < start + length) return null
      end = start + length
      body = bytes.subarray(start, end).toString('latin1')
    } else {
      if (!ended) return null
      end = bytes.length
      body = bytes.subarray(start).toString('latin1')
    }
  }
  return { response: { status, head, headers, body, chunked, value, json: () => JSON.parse(body) }, end }
}
