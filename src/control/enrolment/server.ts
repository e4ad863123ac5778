import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Enrolment } from '../../admin/enrolment/enrolment.ts'
import { EnrolmentError } from '../../admin/enrolment/enrolment-error.ts'
import { writeCertsOnly } from '../../certificates/certs-only.ts'
import type { ListenerTlsSettings } from '../../config/settings.ts'
import { networkOf } from '../../policy/address.ts'
import { HandshakeCosts } from '../../tls/handshake-costs.ts'
import { createTlsListener, type TlsListener } from '../../tls/listener.ts'
import type { Registry } from '../../tls/registry.ts'
import type { StatusBook } from '../../tls/status-book.ts'
import type { ListenerMaterial, Peer } from '../../tls/types.ts'
import { formatAddress, type ListenAddress, listenOn, unavailable } from '../listening/sockets.ts'
import type { Prepared } from '../workers/replaceable.ts'
import { ConnectionPlaces } from './places.ts'
import { credentialsOf, isFromElsewhere, MAX_BODY, OPERATIONS, operationOf, readBody } from './request.ts'

/** Milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000
const HEAD_TIMEOUT = 10_000
/** From the end of the head to the end of the answer: a body, and a password to be hashed among others. */
const ANSWER_TIMEOUT = 30_000
const MAX_HEAD_BYTES = 16 * 1024
const CLOSE_TIMEOUT = 1_000

const CERTS_ONLY = 'application/pkcs7-mime; smime-type=certs-only'
const CHALLENGE = 'Basic realm="certgate enrolment", charset="UTF-8"'
const TEXT = 'text/plain; charset=utf-8'

/** Whose certificate and client authorities count for enrolment. */
export interface EstTls {
  readonly settings: ListenerTlsSettings
  readonly material: ListenerMaterial
}

export interface EstServices {
  readonly enrolment: Enrolment
  /** Control's own. */
  readonly registry: Registry
  /** What is known of foreign certificates' status; default: nothing. */
  readonly statuses?: StatusBook
  /** Something was wrong with us; the client was told that, without the details. */
  failed(error: unknown): void
}

export interface EstServer {
  /** As bound. */
  readonly port: number
  /** Whose certificate and authorities count once that is committed. Throws where they cannot be used. */
  prepare(tls: EstTls): Prepared
  /** Stops accepting; answers under way have a second to finish. */
  close(): Promise<void>
}

/**
 * Enrolment over Secure Transport (RFC 7030, with RFC 8951): one request per connection, and nothing else is served. A client
 * certificate is asked for and may be absent. Rejects with CertgateError `address_unavailable`.
 */
export async function startEstServer(address: ListenAddress, tls: EstTls, services: EstServices): Promise<EstServer> {
  const conversations = new WeakMap<object, { readonly peer: Peer; readonly deadline: Deadline }>()
  const places = new ConnectionPlaces()
  const costs = new HandshakeCosts()
  const http = createServer({ maxHeaderSize: MAX_HEAD_BYTES, keepAlive: false })
  http.maxRequestsPerSocket = 1
  const listenerFor = ({ settings, material }: EstTls): TlsListener =>
    createTlsListener({
      name: 'pki.est',
      settings: optional(settings),
      material,
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      registry: services.registry,
      ...(services.statuses === undefined ? {} : { statuses: services.statuses }),
      admit: (socket, proceed) => {
        const network = networkOf(socket.remoteAddress ?? '')
        if (costs.refuses(network)) socket.destroy()
        else if (places.admit(socket)) costs.admit('pki.est', socket, network, proceed)
      },
      onSecured: (socket) => costs.secured('pki.est', socket),
      onHandshakeFailure: () => {},
      onConnection: (socket, peer) => {
        costs.judged('pki.est', socket, peer.certificate !== null && peer.refusal === null)
        conversations.set(socket, { peer, deadline: new Deadline(socket) })
        http.emit('connection', socket)
      },
    })
  const listener = listenerFor(tls)
  http.on('request', (request, response) => {
    const { remoteAddress, remotePort } = request.socket
    const conversation = conversations.get(request.socket)
    conversation?.deadline.asked()
    const answered =
      conversation === undefined
        ? Promise.reject(new Error('nobody judged this connection'))
        : answer(request, listener.judgeAgain(conversation.peer), services, () => places.answering(remoteAddress, remotePort))
    answered.then(
      (given) => respond(request, response, given),
      (error: unknown) => respond(request, response, failure(error, services)),
    )
  })
  await listen(listener, address)
  listener.server.on('error', services.failed)
  const { port } = listener.server.address() as { readonly port: number }
  return {
    port,
    prepare: (next) => {
      listenerFor(next).close()
      return { commit: () => listener.update(optional(next.settings), next.material), abandon: () => {} }
    },
    close: () => close(listener, places),
  }
}

/** Whatever the listener asks of its clients: who enrols has no certificate yet. */
const optional = (settings: ListenerTlsSettings): ListenerTlsSettings => ({ ...settings, clientauthMode: 'OPTIONAL' })

/** Ends a connection that takes too long; Node looks after no deadlines on a server that does not listen itself. */
class Deadline {
  readonly #socket: TLSSocket
  #timer: NodeJS.Timeout

  constructor(socket: TLSSocket) {
    this.#socket = socket
    this.#timer = this.#after(HEAD_TIMEOUT)
    socket.once('close', () => clearTimeout(this.#timer))
    socket.on('error', () => socket.destroy())
  }

  /** The head is there. */
  asked(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#after(ANSWER_TIMEOUT)
  }

  #after(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#socket.destroy(), milliseconds).unref()
  }
}

async function listen({ server }: TlsListener, address: ListenAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(listenOn(address), resolve)
  try {
    await promise
  } catch (cause) {
    throw unavailable(formatAddress(address.host, address.port), (cause as NodeJS.ErrnoException).code ?? String(cause))
  } finally {
    server.off('error', reject)
  }
}

async function close(listener: TlsListener, places: ConnectionPlaces): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  listener.server.close(() => resolve())
  const deadline = setTimeout(() => places.closeAll(), CLOSE_TIMEOUT)
  await promise
  clearTimeout(deadline)
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `complete`: called once all of the request is there, before anything is done about it. */
async function answer(request: IncomingMessage, peer: Peer, { enrolment }: EstServices, complete: () => void): Promise<Answer> {
  const operation = operationOf(request.url ?? '')
  if (operation === null) return told(404, 'there is nothing here but /.well-known/est/')
  const methods: readonly string[] = OPERATIONS[operation]
  if (!methods.includes(request.method ?? '')) return told(405, `${operation} is asked with ${methods[0]}`, { Allow: methods.join(', ') })
  // Nothing is particular about requests here (RFC 7030 section 4.5.2).
  if (operation === 'csrattrs') return { status: 204, headers: {}, body: '' }
  if (operation === 'cacerts') return certificates(enrolment.authorities())
  if (isFromElsewhere(request)) return told(403, 'enrolment is not for browsers')
  // A certificate that was shown and is refused ends it, whatever else came.
  if (peer.refusal !== null && operation === 'simpleenroll')
    throw new EnrolmentError('certificate_refused', `the client certificate is refused: ${peer.refusal}`, { hint: 'enrol without it' })
  const credentials = operation === 'simpleenroll' ? credentialsOf(request.headers) : null
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/pkcs10')
    return told(415, 'a signing request is expected: send it with Content-Type: application/pkcs10')
  const body = await readBody(request)
  if (body === null) return told(413, `a signing request has at most ${MAX_BODY} bytes`)
  complete()
  const remote = request.socket.remoteAddress ?? ''
  const entry = credentials === null ? await enrolment.renew(body, peer, remote) : await enrolment.enrol(body, credentials, remote)
  // RFC 7030 section 4.2.3: the new certificate alone; what stands above it is told by cacerts.
  return certificates([entry.der])
}

function certificates(list: readonly Buffer[]): Answer {
  const body = writeCertsOnly(list)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\r\n')
  return { status: 200, headers: { 'Content-Type': CERTS_ONLY, 'Content-Transfer-Encoding': 'base64' }, body }
}

function told(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': TEXT, ...headers }, body: `${message}\n` }
}

function failure(error: unknown, services: EstServices): Answer {
  if (!(error instanceof EnrolmentError)) {
    services.failed(error)
    return told(500, 'this went wrong here: see the log of the gateway')
  }
  const { status, message, hint, reason, retryAfter, cause } = error
  // Without a cause it is only that much is asked at once, which anybody can bring about.
  if (reason === 'unavailable' && cause !== undefined) services.failed(cause)
  return told(status, hint === undefined ? message : `${message}\n${hint}`, {
    ...(status === 401 && reason !== 'certificate_missing' ? { 'WWW-Authenticate': CHALLENGE } : {}),
    ...(retryAfter === null ? {} : { 'Retry-After': String(retryAfter) }),
  })
}

function respond(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed) return
  response.writeHead(status, {
    ...headers,
    ...(status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
