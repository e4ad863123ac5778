import { randomBytes, randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { InForce } from '../../admin/context.ts'
import { familyOf, problemResponse } from '../../admin/family.ts'
import { AdminProblem } from '../../admin/problem.ts'
import type { Api } from '../../admin/router.ts'
import type { Address, Limits } from '../../config/settings.ts'
import { renderRefusal, tellRefusal } from '../../gateway/refusal/render.ts'
import { limitConnections } from '../../observability/connection-room.ts'
import { limitPipelining } from '../../observability/pipelining.ts'
import type { Audit } from '../../observability/types.ts'
import { networkOf } from '../../policy/address.ts'
import type { Reason } from '../../policy/types.ts'
import { HandshakeCosts } from '../../tls/handshake-costs.ts'
import { HandshakesUnderWay } from '../../tls/handshakes-under-way.ts'
import { createTlsListener, type TlsListener } from '../../tls/listener.ts'
import type { Registry } from '../../tls/registry.ts'
import type { StatusBook } from '../../tls/status-book.ts'
import type { Peer } from '../../tls/types.ts'
import { formatAddress, type ListenAddress, listenOn, unavailable } from '../listening/sockets.ts'
import type { Prepared } from '../workers/replaceable.ts'
import { callerOf } from './caller.ts'
import { carry, send } from './http.ts'
import type { AdminTrust } from './listener.ts'
import { hostOf, hostProblem } from './own-hosts.ts'
import { requestFault } from './request-fault.ts'

/** Administrators are few; whoever opens more connections takes the place of an idle one, never that of an answer. */
const MAX_CONNECTIONS = 256
/** Handshakes under way. */
const MAX_HANDSHAKES = 256
const MAX_HEAD_BYTES = 32 * 1024
/** Milliseconds. */
const BODY_TIMEOUT = 30_000
const JUDGE_INTERVAL = 1_000
const TICKET_KEYS_LAST = 300_000
const DEFAULT_PATIENCE = 60_000

/** Of every refusal. */
const ALWAYS = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

export interface AdminServerServices {
  readonly api: Api
  /** Control's own: what it says counts from the next request on. */
  readonly registry: Registry
  /** What is known of foreign certificates' status; default: nothing. */
  readonly statuses?: StatusBook
  inForce(): InForce
  readonly audit: Audit
  /** Somebody came whose certificate is trusted. */
  seen(peer: Peer): void
  failed(error: unknown): void
}

export interface AdminServer {
  /** With the real port where 0 was configured. */
  readonly address: Address
  /** Another trust, tried out; once committed it counts for whoever connects, and live connections are judged by it. Throws where it cannot be used. */
  prepare(trust: AdminTrust): Prepared
  /** No new connections; answers under way are still given. */
  close(): void
}

/** Opens the admin address: TLS with a client certificate, always. Throws CertgateError `address_unavailable`. */
export async function openAdminServer(address: ListenAddress, trust: AdminTrust, services: AdminServerServices): Promise<AdminServer> {
  const front = new AdminFront(trust, services)
  try {
    return { address: await front.listen(address), prepare: (next) => front.prepare(next), close: () => front.close() }
  } catch (error) {
    front.close()
    throw error
  }
}

/** The socket that accepts, the TLS behind it that is replaced with the configuration, and the HTTP behind that. */
class AdminFront {
  readonly #services: AdminServerServices
  #limits: Limits
  #hosts: ReadonlySet<string>
  readonly #tls: TlsListener
  readonly #http: HttpServer
  readonly #server: Server
  readonly #peers = new Map<Socket, Peer>()
  readonly #answering = new Set<Socket>()
  readonly #deadlines = new WeakMap<Socket, NodeJS.Timeout>()
  readonly #sweep: NodeJS.Timeout
  readonly #handshakes = new HandshakesUnderWay()
  readonly #costs = new HandshakeCosts()
  #ticketKeysUntil = Date.now() + TICKET_KEYS_LAST

  constructor(trust: AdminTrust, services: AdminServerServices) {
    this.#services = services
    this.#limits = trust.limits
    this.#hosts = trust.hosts
    this.#tls = this.#createTls(trust)
    const answer = limitPipelining((request, response) => void this.#answer(request, response))
    this.#http = createHttpServer(
      // Node's own refusals say nothing.
      { maxHeaderSize: MAX_HEAD_BYTES, keepAliveTimeout: this.#limits.keepalive || DEFAULT_PATIENCE, requireHostHeader: false },
      answer,
    )
    this.#http.on('checkExpectation', answer)
    limitConnections(this.#http, MAX_CONNECTIONS)
    this.#http.on('clientError', ({ code }: NodeJS.ErrnoException, socket) =>
      this.#turnAway(socket, code === 'HPE_HEADER_OVERFLOW' ? 'head_too_large' : 'malformed_request'),
    )
    this.#http.on('connect', (_, socket) => this.#turnAway(socket, 'malformed_path'))
    // Half-open: a client that has sent its last request still gets the answer.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
    this.#sweep = setInterval(() => this.#judgeAll(), JUDGE_INTERVAL).unref()
  }

  async listen(at: ListenAddress): Promise<Address> {
    const { host, port } = at
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
        reject(unavailable(formatAddress(host, port), code ?? message)),
      )
      this.#server.listen(listenOn(at), resolve)
    })
    this.#server.removeAllListeners('error').on('error', (error) => this.#services.failed(error))
    return { host, port: (this.#server.address() as AddressInfo).port }
  }

  prepare(trust: AdminTrust): Prepared {
    this.#createTls(trust).close()
    const commit = () => {
      this.#limits = trust.limits
      this.#hosts = trust.hosts
      this.#http.keepAliveTimeout = trust.limits.keepalive || DEFAULT_PATIENCE
      this.#tls.update(trust.settings, trust.material)
      this.#judgeAll()
    }
    return { commit, abandon: () => {} }
  }

  #createTls({ settings, material }: AdminTrust): TlsListener {
    const { registry, statuses } = this.#services
    const handshakeTimeout = () => this.#limits.handshake || DEFAULT_PATIENCE
    return createTlsListener({
      name: 'admin',
      settings,
      material,
      registry,
      ...(statuses === undefined ? {} : { statuses }),
      // Read anew at each update: a reload may bring another.
      get handshakeTimeout() {
        return handshakeTimeout()
      },
      onSecured: (socket) => this.#costs.secured('admin', socket),
      onConnection: (socket, peer) => {
        this.#costs.judged('admin', socket, peer.certificate !== null && peer.refusal === null)
        this.#secured(socket, peer)
      },
      onHandshakeFailure: () => {},
    })
  }

  close(): void {
    clearInterval(this.#sweep)
    this.#server.close()
    this.#tls.close()
    for (const socket of this.#peers.keys()) if (!this.#answering.has(socket)) socket.destroy()
  }

  #accept(socket: Socket): void {
    const network = networkOf(socket.remoteAddress ?? '')
    socket.on('error', () => socket.destroy())
    if (this.#costs.refuses(network)) {
      socket.destroy()
      return
    }
    this.#handshakes.begin(socket, MAX_HANDSHAKES)
    this.#costs.admit('admin', socket, network, () => this.#tls.server.emit('connection', socket))
  }

  #secured(socket: TLSSocket, peer: Peer): void {
    this.#handshakes.end(socket)
    this.#peers.set(socket, peer)
    socket.once('close', () => {
      this.#peers.delete(socket)
      this.#answering.delete(socket)
      clearTimeout(this.#deadlines.get(socket))
    })
    socket.on('error', () => socket.destroy())
    this.#allow(socket, this.#limits.head || DEFAULT_PATIENCE)
    this.#http.emit('connection', socket)
    if (peer.refusal === null && peer.certificate !== null) this.#services.seen(peer)
  }

  /** What is to come from the client has to come in so many milliseconds; null: nothing is waited for. */
  #allow(socket: Socket, milliseconds: number | null): void {
    clearTimeout(this.#deadlines.get(socket))
    if (milliseconds !== null) this.#deadlines.set(socket, setTimeout(() => socket.destroy(), milliseconds).unref())
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    this.#answering.add(socket)
    this.#allow(socket, BODY_TIMEOUT)
    request.once('end', () => this.#allow(socket, null))
    response.once('finish', () => this.#allow(socket, DEFAULT_PATIENCE))
    response.once('close', () => {
      this.#answering.delete(socket)
      if (!this.#server.listening) socket.destroy()
      else this.#allow(socket, this.#limits.keepalive || DEFAULT_PATIENCE)
    })
    try {
      await this.#route(request, response)
    } catch (error) {
      // The client has gone, or is told nothing: an answer that was begun cannot become another one. Rights that ended are no fault.
      if (!response.destroyed && !(error instanceof AdminProblem)) this.#services.failed(error)
      response.destroy()
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const peer = this.#judge(request.socket)
    if (peer === null) {
      request.socket.destroy()
      return
    }
    const reason: Reason | null = peer.refusal ?? (peer.certificate === null ? 'certificate_required' : null)
    if (reason !== null) return this.#refuse(request, response, reason, peer)
    const { host: given = '' } = request.headers
    const host = hostOf(given)
    // HTTP/1.0 has none, and comes from no browser.
    const fault = requestFault(request) ?? (host === null && given !== '' ? 'malformed_request' : null)
    if (fault !== null) return this.#refuse(request, response, fault, peer)
    const strange = hostProblem(host ?? '', { has: (name) => name in request.headers }, this.#hosts)
    if (strange !== null) return this.#refuseHost(request, response, strange)
    const callerNow = () => {
      const now = this.#judge(request.socket)
      if (now === null || now.refusal !== null) return null
      return callerOf(now, this.#services.inForce(), request.socket.remoteAddress ?? '')
    }
    await carry(request, response, callerNow, this.#services.api)
  }

  async #refuseHost({ url = '', method }: IncomingMessage, response: ServerResponse, problem: AdminProblem): Promise<void> {
    response.shouldKeepAlive = false
    const { status, headers, body } = problemResponse(problem, url)
    await send(response, { status, headers: { ...headers, ...ALWAYS }, body }, method === 'HEAD')
  }

  /** What is no HTTP, has too long a head or wants a tunnel is nobody's request. */
  #turnAway(socket: Duplex, reason: Reason): void {
    // Into an answer under way nothing may be written.
    if (this.#answering.has(socket as Socket) || !socket.writable) socket.destroy()
    else
      socket.end(renderRefusal({ reason, requestId: randomUUID(), shape: 'problem', accept: '', method: '', url: '', close: true }).message)
  }

  /** Who is there, judged anew; null: nobody any more. */
  #judge(socket: Socket): Peer | null {
    const known = this.#peers.get(socket)
    if (known === undefined) return null
    const peer = this.#tls.judgeAgain(known)
    this.#peers.set(socket, peer)
    return peer
  }

  async #refuse(request: IncomingMessage, response: ServerResponse, reason: Reason, peer: Peer): Promise<void> {
    const { url = '', method = '' } = request
    const dn = peer.certificate?.dn ?? null
    if (reason.startsWith('certificate_')) {
      this.#services.audit({
        kind: 'SSL_EXCEPTION',
        reason,
        dn,
        remote: request.socket.remoteAddress ?? '',
        detail: peer.detail === '' ? 'admin address' : `admin address: ${peer.detail}`,
      })
    }
    const shape = familyOf(url.replace(/[?#].*$/s, ''))
    const accept = request.headers.accept ?? ''
    const userAgent = request.headers['user-agent'] ?? ''
    const { contact } = this.#services.inForce().settings
    const input = { reason, userAgent, contact, detail: peer.detail, requestId: randomUUID(), shape, accept, method, url, close: true }
    const { status, contentType, text, headers } = tellRefusal(input)
    response.shouldKeepAlive = false
    await send(response, { status, headers: { 'Content-Type': contentType, ...ALWAYS, ...headers }, body: text }, method === 'HEAD')
  }

  /** Once a second: a connection whose certificate is refused now ends, what it still gets included. */
  #judgeAll(): void {
    for (const [socket, peer] of this.#peers) {
      if (peer.refusal !== null) continue
      const now = this.#tls.judgeAgain(peer)
      this.#peers.set(socket, now)
      if (now.refusal !== null) socket.destroy()
    }
    if (Date.now() < this.#ticketKeysUntil) return
    this.#ticketKeysUntil = Date.now() + TICKET_KEYS_LAST
    this.#tls.setTicketKeys(randomBytes(48))
  }
}
