import { request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Credentials } from './pki.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
  /** As negotiated, e.g. `TLSv1.3 TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string
}

export interface Question {
  readonly port: number
  readonly path: string
  readonly method?: 'GET' | 'PUT'
  readonly body?: Buffer
  readonly headers?: Readonly<Record<string, string>>
  /** null: no certificate. */
  readonly client: Credentials | null
  /** PEM of the CA the contender's own certificate is under. */
  readonly ca: string
}

const TIMEOUT = 10_000

/** One request on a connection of its own, to the loopback address. Rejects where TLS or the framing fails, or after ten seconds. */
export function ask(question: Question): Promise<Answer> {
  const { port, path, method = 'GET', body, headers, client, ca } = question
  return new Promise((resolve, reject) => {
    const identity = { ca, cert: client?.cert, key: client?.key }
    const options = { host: '127.0.0.1', port, path, method, headers: { ...headers, Host: `localhost:${port}` }, ...identity }
    const outgoing = request({ ...options, servername: 'localhost', agent: false, signal: AbortSignal.timeout(TIMEOUT) }, (response) => {
      const socket = response.socket as TLSSocket
      const cipher = `${socket.getProtocol()} ${socket.getCipher().standardName}`
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), cipher }))
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
