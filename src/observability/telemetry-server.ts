import type { IncomingMessage, ServerResponse } from 'node:http'
import { openPlainServer, type PlainAddress, type PlainLimits, type PlainServer } from './plain-server.ts'

const TEXT = 'text/plain; charset=utf-8'
/** The Prometheus text format. */
const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

const LIMITS: PlainLimits = {
  /** Scrapers and probes are few; whoever opens more is not one, and may not keep them out. */
  connections: 64,
  headBytes: 8 * 1024,
  head: 5_000,
  request: 10_000,
  /** Whoever does not read the answer does not keep it, or its place. */
  idle: 10_000,
  /** Longer than the usual scrape interval of 60 s, so that a scraper keeps its connection. */
  keepAlive: 65_000,
}

/** What the server asks of its process. A reason is a short text for the answer's body: null means fine. */
export interface TelemetrySources {
  readonly metrics: () => Promise<string>
  /** Why the process is not alive any more: e.g. no worker is left. */
  readonly unhealthy: () => string | null
  /** Why no traffic should come here: starting, draining, a listener that does not accept. */
  readonly unready: () => string | null
  /** A scrape failed (the scraper gets a 500 without the details), or a connection could not be accepted. */
  readonly onError: (error: unknown) => void
}

export type TelemetryServer = PlainServer

type Answer = { readonly status: number; readonly type: string; readonly body: string }

/**
 * Serves `/metrics`, `/healthz` and `/readyz` in plain HTTP, to GET and HEAD only.
 * Throws CertgateError `address_unavailable` where the address cannot be opened.
 */
export async function startTelemetryServer(address: PlainAddress, sources: TelemetrySources): Promise<TelemetryServer> {
  const scrape = shared(sources.metrics)
  const { host, port } = address
  const shown = `telemetry address ${host}:${port}`
  return openPlainServer(
    { ...address, shown },
    LIMITS,
    (request, response) => void respond(request, response, sources, scrape),
    sources.onError,
  )
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  sources: TelemetrySources,
  scrape: () => Promise<string>,
): Promise<void> {
  // A body is of no use to any answer here: it is not read, and the connection that carries one is not kept.
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)
    response.shouldKeepAlive = false
  const { status, type, body } = await answer(request, sources, scrape)
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 405 && { Allow: 'GET, HEAD' }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function answer(request: IncomingMessage, sources: TelemetrySources, scrape: () => Promise<string>): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0]
  if (path !== '/metrics' && path !== '/healthz' && path !== '/readyz') return plain(404, 'not found')
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'method not allowed')
  if (path !== '/metrics') {
    const reason = path === '/healthz' ? sources.unhealthy() : sources.unready()
    return reason === null ? plain(200, 'ok') : plain(503, reason)
  }
  try {
    return { status: 200, type: EXPOSITION, body: await scrape() }
  } catch (error) {
    sources.onError(error)
    return plain(500, 'the measurements could not be collected, see the log')
  }
}

function plain(status: number, text: string): Answer {
  return { status, type: TEXT, body: `${text}\n` }
}

/** Many scrapes at once ask the workers only once. */
function shared<T>(collect: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  return () => {
    running ??= collect().finally(() => {
      running = null
    })
    return running
  }
}
