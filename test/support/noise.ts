import { connect, type TLSSocket } from 'node:tls'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Lifetime } from './lifetime.ts'

/** A client that asks the same over and over on many connections, in a thread of its own. */
export interface NoiseOptions {
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly request: string
  readonly connections: number
  /** Requests sent at once on each connection. */
  readonly pipelined: number
}

/** How often each status was answered so far. */
export type Answers = ReadonlyMap<string, number>

export interface Noise {
  answers(): Answers
  stop(): Promise<void>
}

export function makeNoise(lifetime: Lifetime, options: NoiseOptions): Noise {
  const thread = new Worker(new URL(import.meta.url), { workerData: options })
  let answers: Answers = new Map()
  thread.on('message', (heard: Answers) => {
    answers = heard
  })
  const stop = async () => void (await thread.terminate())
  lifetime.after(stop)
  return { answers: () => answers, stop }
}

const STATUS = /HTTP\/1\.1 (\d{3}) /g

function shout(options: NoiseOptions): void {
  const counts = new Map<string, number>()
  const burst = options.request.repeat(options.pipelined)
  for (let i = 0; i < options.connections; i++) open(options, burst, counts)
  setInterval(() => parentPort?.postMessage(counts), 50)
}

function open(options: NoiseOptions, burst: string, counts: Map<string, number>): void {
  let due = options.pipelined
  let rest = ''
  const { port, ca, cert, key } = options
  const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, cert, key, servername: 'localhost' }, () => socket.write(burst))
  socket.on('data', (bytes: Buffer) => {
    const text = rest + bytes.toString('latin1')
    let end = 0
    for (const found of text.matchAll(STATUS)) {
      const [whole, status = ''] = found
      end = found.index + whole.length
      counts.set(status, (counts.get(status) ?? 0) + 1)
      due--
    }
    // A status line may be cut anywhere.
    rest = text.slice(Math.max(end, text.length - 'HTTP/1.1 200'.length))
    if (due > 0) return
    due += options.pipelined
    socket.write(burst)
  })
  // One that is refused or closed comes again, as such clients do.
  socket.on('error', () => {})
  socket.once('close', () => open(options, burst, counts))
}

if (!isMainThread && parentPort !== null && (workerData as NoiseOptions | null)?.pipelined !== undefined) shout(workerData as NoiseOptions)
