import { createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket, Server as TlsServer } from 'node:tls'
import type { ListenerTlsSettings } from '../config/settings.ts'
import { createHandshakeServer, HandshakeError, serverNameOf, trustFor, UNNAMED } from './handshake-server.ts'
import { holds, PeerJudge } from './peer.ts'
import { Registry } from './registry.ts'
import { emptyBase } from './registry-base.ts'
import { NO_STATUSES, type StatusBook } from './status-book.ts'
import { compileTrust } from './trust-domain.ts'
import type { ListenerMaterial, Peer, TrustMaterial } from './types.ts'

export interface TlsListenerOptions {
  readonly name: string
  readonly settings: ListenerTlsSettings
  readonly material: ListenerMaterial
  /** Milliseconds that a handshake may take, from its first byte or none at all; whoever needs longer is cut off. */
  readonly handshakeTimeout: number
  /** The worker's; it changes by itself, and what it says counts from the next look on. Default: an empty one. */
  readonly registry?: Registry
  /** What responders and fetched lists say; it changes by itself too. Default: nothing is known, and nobody asks. */
  readonly statuses?: StatusBook
  /** Milliseconds that a connection waits for statuses that are missing, before its verdict is made without them. Default: 5 s. */
  readonly statusPatience?: number
  /** The handshake is done; a verdict may still have to wait for a status. */
  onSecured?(socket: TLSSocket): void
  /** The handshake is done and its certificate judged; who is refused comes too, with the reason, to be told over HTTP. */
  onConnection(socket: TLSSocket, peer: Peer): void
  /** The handshake failed; the socket is destroyed after this returns. */
  onHandshakeFailure(error: Error, socket: TLSSocket): void
  /** Called when TCP accepts, before TLS costs anything: call `proceed`, now or later, or destroy the socket. */
  admit?(socket: Socket, proceed: () => void): void
  /** Milliseconds since the epoch. */
  now?(): number
}

export interface TlsListener {
  readonly name: string
  /** What to listen on and to stop listening with. */
  readonly server: Server
  /**
   * Builds the new state beside and swaps it for all handshakes that begin from now on; throws, and the old one stays, where it
   * cannot be used. Verdicts of live connections are made again by `judgeAgain`.
   */
  update(settings: ListenerTlsSettings, material: ListenerMaterial): void
  /** Replaces the ticket keys (48 bytes) and nothing else: tickets made under the old ones mean a full handshake. */
  setTicketKeys(keys: Uint8Array): void
  /** The verdict of now on a connection made earlier: the same object where nothing has changed, cheap enough for every request. */
  judgeAgain(peer: Peer): Peer
  /** No new connections; those that are open go on. */
  close(): void
}

/** Milliseconds. */
const STATUS_PATIENCE = 5_000

/** One state of trust and what is compiled from it: immutable, replaced as a whole. */
interface State {
  readonly generation: number
  readonly settings: ListenerTlsSettings
  /** By SNI name; one under UNNAMED where none are configured. */
  readonly judges: ReadonlyMap<string, PeerJudge>
  readonly server: TlsServer
}

/** A TLS listener over net. Throws where the material cannot be used. */
export function createTlsListener(options: TlsListenerOptions): TlsListener {
  return new Listener(options)
}

class Listener implements TlsListener {
  readonly name: string
  readonly server: Server
  readonly #options: TlsListenerOptions
  readonly #registry: Registry
  readonly #statuses: StatusBook
  #state: State
  /** States whose last handshakes may still be under way; live connections must not keep them, with all their lists, in memory. */
  readonly #retiring = new Set<State>()

  constructor(options: TlsListenerOptions) {
    this.name = options.name
    this.#options = options
    this.#registry = options.registry ?? new Registry(emptyBase())
    this.#statuses = options.statuses ?? NO_STATUSES
    this.#state = this.#build(options.settings, options.material, 1)
    // Half-open: a client that has sent its last request still gets the answer.
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  update(settings: ListenerTlsSettings, material: ListenerMaterial): void {
    const old = this.#state
    this.#state = this.#build(settings, material, old.generation + 1)
    this.#retiring.add(old)
    setTimeout(() => this.#retiring.delete(old), this.#options.handshakeTimeout + 1_000).unref()
  }

  setTicketKeys(keys: Uint8Array): void {
    this.#state.server.setTicketKeys(Buffer.from(keys))
  }

  judgeAgain(peer: Peer): Peer {
    const { evidence } = peer
    if (evidence === undefined) return peer
    const { generation, settings } = this.#state
    const now = this.#now()
    if (holds(evidence, generation, this.#registry, this.#statuses, now)) return peer
    const { certificate, serverName, resumed } = peer
    const unjudged = { certificate, serverName, resumed, evidence }
    // Nobody is asked for a certificate any more: one that was shown before counts no longer.
    if (settings.clientauthMode === 'NONE') return { ...unjudged, certificate: null, refusal: null, detail: '' }
    const judge = this.#judge(this.#state, serverName)
    if (judge !== undefined) return judge.judgeAgain(peer, evidence, now)
    return { ...unjudged, refusal: 'certificate_unknown_issuer', detail: 'its server name is no longer configured' }
  }

  close(): void {
    this.server.close()
  }

  #accept(socket: Socket): void {
    const proceed = () => {
      if (!socket.destroyed) this.#state.server.emit('connection', socket)
    }
    const { admit } = this.#options
    if (admit === undefined) {
      proceed()
      return
    }
    // While it waits nobody else listens, and an error without a listener would end the process.
    socket.on('error', () => socket.destroy())
    admit(socket, proceed)
  }

  #build(settings: ListenerTlsSettings, material: ListenerMaterial, generation: number): State {
    const trusts: Iterable<[string, TrustMaterial]> = settings.names.size === 0 ? [[UNNAMED, material]] : material.names
    const domains = new Map([...trusts].map(([name, trust]) => [name, compileTrust(trust, settings.clientauthMode, this.#statuses)]))
    const judges = new Map([...domains].map(([name, domain]) => [name, new PeerJudge(domain, generation, this.#registry)]))
    const server = createHandshakeServer(settings, material, domains, {
      timeout: this.#options.handshakeTimeout,
      onSecure: (socket) => {
        this.#options.onSecured?.(socket)
        this.#secured(generation, socket)
      },
      onFailure: (error, socket) => this.#options.onHandshakeFailure(error, socket),
    })
    return { generation, settings, judges, server }
  }

  /** Judged by the trust that OpenSSL checked the chain with; then, if that was replaced meanwhile, by the one of now. */
  #secured(generation: number, socket: TLSSocket): void {
    const serverName = serverNameOf(socket)
    const state = [this.#state, ...this.#retiring].find((one) => one.generation === generation)
    const judge = state && this.#judge(state, serverName)
    if (judge === undefined) {
      const error = new HandshakeError('server_name_unknown', `no trust is configured for the server name ${JSON.stringify(serverName)}`)
      this.#options.onHandshakeFailure(error, socket)
      socket.destroy()
      return
    }
    const decide = () => judge.judge(socket, serverName, this.#now())
    const { result: peer, keys } = this.#statuses.missing(decide)
    if (keys.size === 0) this.#options.onConnection(socket, this.judgeAgain(peer))
    else this.#await(keys, socket, () => this.#options.onConnection(socket, this.judgeAgain(decide())))
  }

  /** Nothing reads from the socket meanwhile, so that no request is there before its verdict. Who hangs up is forgotten. */
  #await(keys: ReadonlySet<string>, socket: TLSSocket, decided: () => void): void {
    const proceed = () => {
      socket.off('close', cancel)
      socket.off('error', hangUp)
      socket.off('end', hangUp)
      decided()
    }
    const cancel = this.#statuses.wait(keys, this.#options.statusPatience ?? STATUS_PATIENCE, proceed)
    const hangUp = () => socket.destroy()
    socket.once('close', cancel)
    socket.on('error', hangUp)
    socket.on('end', hangUp)
  }

  #judge(state: State, serverName: string | null): PeerJudge | undefined {
    const name = trustFor(state.settings, serverName)
    return name === null ? undefined : state.judges.get(name)
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now()
  }
}
