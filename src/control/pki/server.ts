import type { IncomingMessage, ServerResponse } from 'node:http'
import { openPlainServer, type PlainLimits, type PlainServer } from '../../observability/plain-server.ts'
import { formatAddress, type ListenAddress } from '../listening/sockets.ts'

/** As much as an OCSP request is read of (src/certificates/ocsp-request.ts). */
const MAX_BODY_BYTES = 16 * 1024
const LIMITS: PlainLimits = { connections: 512, headBytes: 8 * 1024, head: 5_000, request: 10_000, idle: 10_000, keepAlive: 5_000 }
/** Milliseconds. A large revocation list to a slow reader, and no longer. */
const ANSWER_TIMEOUT = 60_000

export interface PkiRequest {
  /** GET stands for HEAD too. */
  readonly method: string
  /** Without query, still encoded. */
  readonly path: string
  readonly body: Buffer
  readonly ifNoneMatch: string | null
}

export interface PkiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
}

export type PkiServer = PlainServer

/**
 * Plain HTTP for whoever checks certificates: everything served is public and signed. Bounded in everything a client may send or hold.
 * Rejects with CertgateError `address_unavailable`.
 */
export async function startPkiServer(
  address: ListenAddress,
  answer: (request: PkiRequest) => Promise<PkiAnswer>,
  failed: (error: unknown) => void,
): Promise<PkiServer> {
  const { host, port } = address
  const shown = `the pki address ${formatAddress(host, port)}`
  return openPlainServer({ ...address, shown }, LIMITS, (request, response) => void respond(request, response, answer, failed), failed)
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: PkiRequest) => Promise<PkiAnswer>,
  failed: (error: unknown) => void,
): Promise<void> {
  const deadline = setTimeout(() => request.socket.destroy(), ANSWER_TIMEOUT).unref()
  response.once('close', () => clearTimeout(deadline))
  const { status, headers, body } = await answered(request, response, answer, failed)
  if (response.destroyed) return
  response.writeHead(status, { 'X-Content-Type-Options': 'nosniff', 'Content-Length': Buffer.byteLength(body), ...headers })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answered(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: PkiRequest) => Promise<PkiAnswer>,
  failed: (error: unknown) => void,
): Promise<PkiAnswer> {
  const { method = '', url = '', headers } = request
  const body = await readBody(request)
  if (body === null) {
    // What comes after is not read: the connection ends with the answer.
    response.shouldKeepAlive = false
    return plain(413, 'too large')
  }
  try {
    const ifNoneMatch = headers['if-none-match'] ?? null
    return await answer({ method: method === 'HEAD' ? 'GET' : method, path: url.split('?', 1)[0] ?? '', body, ifNoneMatch })
  } catch (error) {
    failed(error)
    return plain(500, 'failed')
  }
}

/** null: larger than anything that is of use here, or broken off. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > MAX_BODY_BYTES) return null
      chunks.push(chunk)
    }
  } catch {
    return null
  }
  return Buffer.concat(chunks)
}

export function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): PkiAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers }, body: `${text}\n` }
}
