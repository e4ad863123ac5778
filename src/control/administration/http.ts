import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Api, bodyLimit } from '../../admin/router.ts'
import type { ApiRequest, ApiResponse, Caller } from '../../admin/types.ts'

/** Milliseconds in which a client takes nothing of an answer. */
const STALLED = 60_000
/** Bytes of a whole answer that are sent at once, and taken within that time. */
const PIECE = 64 * 1024
/** Bytes of a body that are read at all. */
const MOST_DROPPED = 16 * 1024 * 1024

/**
 * Carries one HTTP request to the administration and its answer back. `callerNow` is asked before the body and after it, which may take its
 * time: rights are those of the answer. null: nobody any more, and the connection ends. Rejects only where the client has gone.
 */
export async function carry(request: IncomingMessage, response: ServerResponse, callerNow: () => Caller | null, api: Api): Promise<void> {
  const first = callerNow()
  const limit = first === null ? 0 : bodyLimit({ path: pathOf(request), caller: first })
  const body = await readBody(request, limit)
  const caller = callerNow()
  if (caller === null) {
    response.destroy()
    return
  }
  // What is left of a body that is too large would be read as the next request.
  if (body.length > limit) response.shouldKeepAlive = false
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await api({ ...requestOf(request, body, caller), signal: gone.signal })
  await send(response, answer, request.method === 'HEAD')
}

/** Null where a target is no path: absolute and network-path forms (`//host/x`) have no meaning here. */
export function isPath(target: string): boolean {
  return /^\/(?!\/)/.test(target) && URL.canParse(target, 'http://admin')
}

function requestOf(request: IncomingMessage, body: Buffer, caller: Caller): ApiRequest {
  const target = request.url ?? ''
  const at = target.indexOf('?')
  const headers = Object.entries(request.headersDistinct).flatMap(([name, values]) =>
    values === undefined ? [] : [[name, values.join(', ')] as const],
  )
  return {
    method: request.method ?? '',
    path: pathOf(request),
    query: new URLSearchParams(at === -1 ? '' : target.slice(at + 1)),
    headers: new Map(headers),
    body,
    caller,
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

/** One byte more than is allowed at most. The rest is taken and dropped, so that whoever sends it can still read why it was refused. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  const whole = () => Buffer.concat(parts).subarray(0, limit + 1)
  return new Promise((resolve, reject) => {
    request.on('data', (part: Buffer) => {
      if (length <= limit) parts.push(part)
      length += part.length
      if (length > MOST_DROPPED) resolve(whole())
    })
    request.once('end', () => resolve(whole()))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the client has gone')))
  })
}

export async function send(response: ServerResponse, { status, headers, body }: ApiResponse, headOnly = false): Promise<void> {
  if (response.destroyed) return
  const streamed = body !== null && typeof body === 'object' && !(body instanceof Uint8Array)
  const whole = streamed || body === null ? null : Buffer.from(body as string | Uint8Array)
  const length: Record<string, number> = streamed || status === 204 || status === 304 ? {} : { 'Content-Length': whole?.length ?? 0 }
  response.writeHead(status, { ...headers, ...length })
  if (!streamed || headOnly) {
    await sendWhole(response, headOnly ? null : whole)
    return
  }
  response.flushHeaders()
  await stream(response, body as AsyncIterable<string>)
}

/** In pieces, so that a slow reader of much has the whole time for each of them. */
async function sendWhole(response: ServerResponse, whole: Buffer | null): Promise<void> {
  let rest = whole ?? Buffer.alloc(0)
  for (; rest.length > PIECE; rest = rest.subarray(PIECE)) {
    if (!response.write(rest.subarray(0, PIECE))) await taken(response, 'drain')
    if (response.destroyed) return
  }
  response.end(rest)
  if (!response.writableFinished) await taken(response, 'finish')
}

/** Ends with what is streamed, or as soon as the client goes: whoever makes it is told by `return`. */
async function stream(response: ServerResponse, body: AsyncIterable<string>): Promise<void> {
  const iterator = body[Symbol.asyncIterator]()
  const gone = new Promise<null>((resolve) => response.once('close', () => resolve(null)))
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), gone])
      if (next === null || next.done === true || response.destroyed) break
      if (!response.write(next.value)) await taken(response, 'drain')
    }
  } finally {
    // Not waited for: a generator that waits itself answers only then.
    iterator.return?.().catch(() => {})
  }
  response.end()
}

/** Whoever does not read is cut off. */
function taken(response: ServerResponse, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), STALLED)
    const done = () => {
      clearTimeout(timer)
      response.off(event, done)
      response.off('close', done)
      resolve()
    }
    response.on(event, done)
    response.on('close', done)
  })
}
