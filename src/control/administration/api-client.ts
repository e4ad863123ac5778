import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { CertgateError } from '../../errors.ts'
import { notRunning } from './admin-client.ts'
import { giveUpOnSilence, type Patience } from './answering.ts'

/** One call of the administration's HTTP API. */
export interface ApiCall {
  readonly method: string
  /** Path and query, encoded. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface ApiAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  /** To be read once, as it comes: an export does not have to fit into memory. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Asks the running certgate on its admin socket. Throws CertgateError `not_running` where nobody answers, or no more, or only keeps silent. */
export async function askApi(socketPath: string, call: ApiCall, patience?: Patience): Promise<ApiAnswer> {
  const response = await exchange(socketPath, call, patience)
  const headers = new Map(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
  return { status: response.statusCode ?? 0, headers, body: chunksOf(response, socketPath) }
}

/** Whether it is certain that nobody was asked: the call can be made elsewhere instead. */
export function nobodyListens(error: unknown): boolean {
  if (!(error instanceof CertgateError) || error.code !== 'not_running') return false
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ECONNREFUSED'
}

function exchange(socketPath: string, { method, path, headers, body }: ApiCall, patience?: Patience): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent: ClientRequest = request(
      { socketPath, method, path, agent: false, headers: { host: 'admin', ...headers, ...length } },
      resolve,
    )
    giveUpOnSilence(socketPath, sent, patience)
    sent.on('error', (cause) => reject(notRunning(socketPath, cause)))
    sent.end(body)
  })
}

async function* chunksOf(response: IncomingMessage, socketPath: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of response) yield chunk as Buffer
  } catch (cause) {
    throw notRunning(socketPath, cause as NodeJS.ErrnoException)
  }
}
