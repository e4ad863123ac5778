import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

/** One request as its bytes reached the upstream; read by a parser of its own, not by the gateway's. */
export interface RecordedRequest {
  readonly method: string
  readonly target: string
  readonly version: string
  /** Names as received, in order. */
  readonly headers: readonly (readonly [string, string])[]
  /** Body with chunk framing, as received. */
  readonly rawBody: Buffer
  /** Body without framing. */
  readonly body: Buffer
  readonly trailers: readonly string[]
  /** Head as received. */
  readonly head: string
  /** Which connection, counted from 1. */
  readonly connection: number
  /** Values of a header, ignoring case. */
  values(name: string): readonly string[]
}

/** Answers one request; writes to the socket whatever it likes. */
export type Answer = (request: RecordedRequest, socket: Socket) => void

const DEFAULT_ANSWER: Answer = (request, socket) => {
  const body = request.method === 'HEAD' ? '' : 'ok\n'
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${body}`)
}

/** A plain HTTP/1.1 server on a socket that keeps every byte it got, so that tests can assert what reached the upstream. */
export class RecordingUpstream {
  readonly requests: RecordedRequest[] = []
  /** Every byte of every connection, also those of requests that never became complete. */
  readonly received: Buffer[] = []
  readonly sockets = new Set<Socket>()
  connections = 0
  answer: Answer = DEFAULT_ANSWER
  /** Called for each head as soon as it is there, before its body. */
  onHead: ((head: string, socket: Socket) => void) | null = null
  readonly #server: Server
  readonly #waiting: { count: number; resolve: () => void }[] = []

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  static async start(
    t?: { after(callback: () => unknown): void },
    listen: { port?: number; path?: string } = {},
  ): Promise<RecordingUpstream> {
    const upstream = new RecordingUpstream()
    await new Promise<void>((resolve, reject) => {
      upstream.#server.once('error', reject)
      if (listen.path !== undefined) upstream.#server.listen(listen.path, resolve)
      else upstream.#server.listen(listen.port ?? 0, '127.0.0.1', resolve)
    })
    t?.after(() => upstream.stop())
    return upstream
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** The only request so far. */
  get only(): RecordedRequest {
    if (this.requests.length !== 1) throw new Error(`${this.requests.length} requests reached the upstream, not one`)
    return this.requests[0]
  }

  get receivedText(): string {
    return Buffer.concat(this.received).toString('latin1')
  }

  reset(): void {
    this.requests.length = 0
    this.received.length = 0
    this.answer = DEFAULT_ANSWER
    this.onHead = null
  }

  /** Resolves once `count` complete requests have been recorded. */
  until(count: number): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ count, resolve }))
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    const connection = ++this.connections
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
    let buffered: Buffer = Buffer.alloc(0)
    let headSeen = false
    socket.on('data', (bytes: Buffer) => {
      this.received.push(bytes)
      buffered = Buffer.concat([buffered, bytes])
      for (;;) {
        const headEnd = buffered.indexOf('\r\n\r\n')
        if (headEnd < 0) return
        if (!headSeen) {
          headSeen = true
          this.onHead?.(buffered.subarray(0, headEnd + 4).toString('latin1'), socket)
        }
        const read = readRequest(buffered, headEnd, connection)
        if (read === null) return
        buffered = buffered.subarray(read.end)
        headSeen = false
        this.requests.push(read.request)
        this.answer(read.request, socket)
        for (const waiter of [...this.#waiting]) {
          if (this.requests.length < waiter.count) continue
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
          waiter.resolve()
        }
      }
    })
  }
}

function readRequest(bytes: Buffer, headEnd: number, connection: number): { request: RecordedRequest; end: number } | null {
  const head = bytes.subarray(0, headEnd + 4).toString('latin1')
  const [line = '', ...lines] = head.slice(0, -4).split('\r\n')
  const [method = '', target = '', version = ''] = line.split(' ')
  const headers = lines.map((text): [string, string] => {
    const colon = text.indexOf(':')
    return [text.slice(0, colon), text.slice(colon + 1).trim()]
  })
  const values = (name: string): string[] => headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  const start = headEnd + 4
  const chunked = values('transfer-encoding').length > 0
  const framed = chunked ? readChunks(bytes, start) : readLength(bytes, start, Number(values('content-length')[0] ?? 0))
  if (framed === null) return null
  const { end, body, trailers } = framed
  const rawBody = Buffer.from(bytes.subarray(start, end))
  return { request: { method, target, version, headers, rawBody, body, trailers, head, connection, values }, end }
}

interface Framed {
  readonly end: number
  readonly body: Buffer
  readonly trailers: readonly string[]
}

function readLength(bytes: Buffer, start: number, length: number): Framed | null {
  if (bytes.length < start + length) return null
  return { end: start + length, body: Buffer.from(bytes.subarray(start, start + length)), trailers: [] }
}

function readChunks(bytes: Buffer, start: number): Framed | null {
  const parts: Buffer[] = []
  let at = start
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16)
    at = lineEnd + 2
    if (size === 0) break
    if (bytes.length < at + size + 2) return null
    parts.push(Buffer.from(bytes.subarray(at, at + size)))
    at += size + 2
  }
  const trailers: string[] = []
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const text = bytes.subarray(at, lineEnd).toString('latin1')
    at = lineEnd + 2
    if (text === '') return { end: at, body: Buffer.concat(parts), trailers }
    trailers.push(text)
  }
}
