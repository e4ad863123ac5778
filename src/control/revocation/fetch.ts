import { lookup } from 'node:dns/promises'
import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { FetchRules } from './rules.ts'

/** Nothing usable came; the message says why, for the operator. */
export class FetchError extends Error {}

export interface Fetch {
  readonly url: string
  /** The configuration named it, so that it may lead anywhere; false: a certificate did. */
  readonly configured: boolean
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly maxBytes: number
  /** Milliseconds for all of it, name look-up included. */
  readonly timeout: number
}

interface Target {
  readonly address: string
  readonly family: number
}

/** For tests: how names are resolved. */
export type Resolve = (host: string) => Promise<readonly Target[]>

const resolveByDns: Resolve = (host) => lookup(host, { all: true })

/**
 * Fetches what a URL leads to. The name is resolved once, every address is judged, and the connection can only go to one that was allowed;
 * redirects are not followed. Rejects with FetchError for whatever is not the whole answer with status 200.
 */
export async function fetchBytes(fetch: Fetch, rules: FetchRules, resolve: Resolve = resolveByDns): Promise<Buffer> {
  const url = URL.parse(fetch.url)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new FetchError(`${fetch.url} is not an http or https URL`)
  const deadline = AbortSignal.timeout(fetch.timeout)
  const late = new Promise<never>((_resolve, reject) => {
    deadline.addEventListener('abort', () => reject(new FetchError(`no answer within ${fetch.timeout} ms`)), { once: true })
  })
  // Whoever is not waiting for it any more must not be told.
  late.catch(() => {})
  const targets = await Promise.race([findTargets(url, fetch.configured, rules, resolve), late])
  return Promise.race([exchange(url, fetch, targets, deadline), late])
}

async function findTargets(url: URL, configured: boolean, rules: FetchRules, resolve: Resolve): Promise<Target[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  let targets: readonly Target[]
  try {
    targets = family === 0 ? await resolve(host) : [{ address: host, family }]
  } catch (error) {
    throw new FetchError(`${host} cannot be resolved: ${messageOf(error)}`)
  }
  if (configured || rules.allowsHost(host)) return [...targets]
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const allowed = targets.filter(({ address }) => rules.allowsAddress(address, port))
  if (allowed.length > 0) return allowed
  const where = targets.map(({ address }) => address).join(', ')
  throw new FetchError(`${url.host} (${where}, port ${port}) is not in revocation.fetch_allow, and certificates alone lead nowhere else`)
}

function exchange(url: URL, fetch: Fetch, targets: readonly Target[], signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestTls : requestPlain)(url, {
      method: fetch.method,
      headers: { ...fetch.headers, ...(fetch.body === undefined ? {} : { 'content-length': fetch.body.length }) },
      // A connection of its own, which cannot have been opened to anywhere else before.
      agent: false,
      lookup: only(targets),
      signal,
    })
    request.once('socket', (socket) => verifyAddress(socket, request, targets))
    request.once('error', (error) => reject(new FetchError(messageOf(error))))
    request.once('response', (response) => {
      readBody(response, fetch.maxBytes).then(resolve, (error) => {
        request.destroy()
        reject(error instanceof FetchError ? error : new FetchError(messageOf(error)))
      })
    })
    request.end(fetch.body)
  })
}

/** Gives the addresses that were judged, whatever is asked for. */
function only(targets: readonly Target[]): LookupFunction {
  return (host, options, found) => {
    const [first] = targets
    if (first === undefined) found(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '', 0)
    else if (options.all) found(null, [...targets])
    else found(null, first.address, first.family)
  }
}

/** The last word: what the socket is really connected to. */
function verifyAddress(socket: Socket, request: ClientRequest, targets: readonly Target[]): void {
  socket.once('connect', () => {
    const { remoteAddress = '' } = socket
    if (!targets.some(({ address }) => address === remoteAddress || sameAddress(address, remoteAddress)))
      request.destroy(new FetchError(`it is connected to ${remoteAddress}, which was not allowed`))
  })
}

const sameAddress = (one: string, other: string): boolean =>
  URL.parse(`http://[${one}]/`)?.host === URL.parse(`http://[${other}]/`)?.host && isIP(one) === 6

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { statusCode = 0 } = response
  if (statusCode >= 300 && statusCode < 400) throw new FetchError(`it answers ${statusCode}, and redirects are not followed`)
  if (statusCode !== 200) throw new FetchError(`it answers ${statusCode}`)
  const tooLarge = () => new FetchError(`the answer is larger than ${maxBytes} bytes`)
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error))
