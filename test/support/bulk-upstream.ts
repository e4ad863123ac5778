import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { StreamCheck, writeStream } from './byte-stream.ts'
import type { Lifetime } from './lifetime.ts'

/** What the upstream answers to an upload, as JSON. */
export interface Received {
  readonly bytes: number
  readonly wrongAt: number | null
  readonly user: string
  readonly chunked: boolean
}

/** An upstream for bodies of any size, on a thread of its own: POST counts and compares what comes, GET ?bytes=N[&chunked=1] sends. */
export interface BulkUpstream {
  readonly url: string
  /** Bytes that the system has taken off it so far, over all connections. */
  sent(): Promise<number>
  /** Whether it reads bodies: false leaves them standing from their next byte on. */
  reading(on: boolean): void
}

type Order = { readonly reading: boolean } | 'sent'

export async function startBulkUpstream(t: Lifetime): Promise<BulkUpstream> {
  const worker = new Worker(new URL(import.meta.url))
  t.after(() => worker.terminate())
  const answer = async () => ((await once(worker, 'message')) as [number])[0]
  const order = (message: Order) => worker.postMessage(message)
  const port = await answer()
  return {
    url: `http://127.0.0.1:${port}`,
    sent: () => {
      order('sent')
      return answer()
    },
    reading: (on) => order({ reading: on }),
  }
}

const sockets = new Set<Socket>()
const bodies = new Set<IncomingMessage>()
let reading = true

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    const check = new StreamCheck()
    request.on('data', (chunk: Buffer) => check.push(chunk))
    if (!reading) request.pause()
    bodies.add(request)
    await once(request, 'end')
    bodies.delete(request)
    const chunked = request.headers['transfer-encoding'] !== undefined
    const received: Received = { ...check, user: String(request.headers['x-forwarded-user']), chunked }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(received))
    return
  }
  const { searchParams } = new URL(request.url ?? '/', 'http://upstream')
  const bytes = Number(searchParams.get('bytes'))
  if (searchParams.get('chunked') === null) response.setHeader('content-length', bytes)
  response.flushHeaders()
  await writeStream(response, bytes)
  response.end()
}

function carryOut(order: Order): void {
  if (order === 'sent') {
    let sent = 0
    for (const socket of sockets) sent += socket.bytesWritten - socket.writableLength
    parentPort?.postMessage(sent)
    return
  }
  reading = order.reading
  for (const body of bodies) {
    if (reading) body.resume()
    else body.pause()
  }
}

if (!isMainThread) {
  parentPort?.on('message', carryOut)
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port))
}
