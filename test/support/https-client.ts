import { createHash } from 'node:crypto'
import { type IncomingHttpHeaders, request as requestPlain } from 'node:http'
import { Agent, request as requestTls } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What a request came to; a body of any size is counted and hashed, and kept only up to 1 MiB. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: number
  readonly sha256: string
  /** The first MiB of the body. */
  readonly head: Buffer
  readonly text: string
}

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | Readable
}

/** Credentials as PEM; without any: no client certificate. */
export interface Credentials {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

const KEPT = 1 << 20

/** An ordinary client: Node's own, with real verification and one kept-alive connection. */
export class HttpsClient {
  readonly #origin: string
  readonly #agent: Agent

  constructor(origin: string, ca: string | Buffer, credentials?: Credentials) {
    this.#origin = origin
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca, ...credentials })
  }

  ask(path: string, question: Question = {}): Promise<Answer> {
    return ask(new URL(path, this.#origin), question, this.#agent)
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** Asks without TLS: the upstream itself, to compare with. */
export function askPlain(url: string, question: Question = {}): Promise<Answer> {
  return ask(new URL(url), question)
}

function ask(url: URL, { method = 'GET', headers = {}, body }: Question, agent?: Agent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const length = body === undefined || body instanceof Readable ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options = { method, headers: { ...headers, ...length } }
  const request = agent === undefined ? requestPlain(url, options) : requestTls(url, { ...options, agent })
  request.once('error', reject)
  request.once('response', (response) => {
    const hash = createHash('sha256')
    const kept: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      if (bytes < KEPT) kept.push(chunk)
      bytes += chunk.length
      hash.update(chunk)
    })
    response.once('error', reject)
    response.once('end', () => {
      const head = Buffer.concat(kept).subarray(0, KEPT)
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        bytes,
        sha256: hash.digest('hex'),
        head,
        text: head.toString(),
      })
    })
  })
  // An early answer may cut the body off; then the answer counts.
  if (body instanceof Readable) pipeline(body, request).catch(reject)
  else request.end(body)
  return promise
}
