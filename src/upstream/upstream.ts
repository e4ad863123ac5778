import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { clock } from '../http1/clock.ts'
import { UpstreamConnection } from './connection.ts'
import { READ_BUFFER, readBytes } from './read-buffer.ts'
import { ResponseMemo } from './response-memo.ts'
import type { ConnectionHome } from './types.ts'

/** Longest that a connection stays unused: shorter than what most servers allow, so that a reused one is rarely closed. */
const MAX_IDLE = 4000
/** A server that announces its own timeout is left this much earlier. */
const IDLE_MARGIN = 1000
const FIRST_REST = 1000
const LONGEST_REST = 30000
/** Milliseconds between two reports that a target can be reached, while nothing fails. */
const TOLD_EVERY = 1000

export type Target =
  | { readonly kind: 'tcp'; readonly url: string; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly kind: 'unix'; readonly url: string; readonly path: string; readonly tls: false }

/** How to authenticate an upstream over TLS, and ourselves to it; PEM. */
export interface UpstreamTls {
  readonly ca: readonly string[] | null
  readonly certificate: { readonly certificate: string; readonly key: string } | null
  readonly serverName: string | null
}

export interface UpstreamEvents {
  healthy(target: string, value: boolean): void
}

/** The connections of one target: the most recently used is taken first, so that the rest can go idle and be closed. */
class TargetPool implements ConnectionHome {
  readonly target: Target
  readonly memo = new ResponseMemo()
  readonly #events: UpstreamEvents
  readonly #context: SecureContext | null
  readonly #serverName: string | undefined
  readonly #idle: UpstreamConnection[] = []
  #failures = 0
  /** On the coarse clock, when it was last told that a connection was made. */
  #toldAt = Number.NEGATIVE_INFINITY
  #retired = false
  /** Until when, on the coarse clock, the target is passed over after failed connection attempts. */
  restsUntil = 0

  constructor(target: Target, tls: UpstreamTls | null, events: UpstreamEvents) {
    this.target = target
    this.#events = events
    this.#context = target.tls ? secureContext(tls) : null
    this.#serverName = tls?.serverName ?? undefined
  }

  get readyEvent(): 'connect' | 'secureConnect' {
    return this.#context === null ? 'connect' : 'secureConnect'
  }

  take(): UpstreamConnection | null {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.dead) continue
      // After a stall of ours the sweep is late: what was unused too long may just have been closed.
      if (clock.now - connection.idleSince <= connection.idleLimit) return connection
      connection.destroy()
    }
    return null
  }

  open(): UpstreamConnection {
    return new UpstreamConnection(this.target.url, this)
  }

  keep(connection: UpstreamConnection): void {
    const announced = connection.keepAliveTimeout
    connection.idleLimit = announced < 0 ? MAX_IDLE : Math.min(MAX_IDLE, announced * 1000 - IDLE_MARGIN)
    if (this.#retired || connection.idleLimit <= 0) {
      connection.destroy()
      return
    }
    connection.idleSince = clock.now
    this.#idle.push(connection)
  }

  forget(connection: UpstreamConnection): void {
    const index = this.#idle.lastIndexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  connected(): void {
    // Where every request has a connection of its own, once in a while says as much.
    if (this.#failures > 0 || clock.now - this.#toldAt >= TOLD_EVERY) {
      this.#toldAt = clock.now
      this.#events.healthy(this.target.url, true)
    }
    this.#failures = this.restsUntil = 0
  }

  failed(): void {
    this.restsUntil = clock.now + Math.min(LONGEST_REST, FIRST_REST * 2 ** this.#failures++)
    this.#events.healthy(this.target.url, false)
  }

  sweep(now: number): void {
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      const connection = this.#idle[i]
      if (now - connection.idleSince > connection.idleLimit) connection.destroy()
    }
  }

  retire(): void {
    this.#retired = true
    for (const connection of [...this.#idle]) connection.destroy()
  }

  connect(onBytes: (bytes: Buffer, shared: boolean) => boolean): Socket {
    const { target } = this
    if (this.#context !== null && target.kind === 'tcp') {
      // allowHalfOpen is documented and missing from the published types.
      const options: ConnectionOptions & { allowHalfOpen: boolean } = {
        host: target.host,
        port: target.port,
        secureContext: this.#context,
        ALPNProtocols: ['http/1.1'],
        allowHalfOpen: true,
        ...(this.#serverName === undefined ? {} : { servername: this.#serverName }),
      }
      const socket = connectTls(options)
      socket.setNoDelay(true)
      socket.on('data', (bytes: Buffer) => onBytes(bytes, false))
      return socket
    }
    const onread: OnReadOpts = {
      buffer: READ_BUFFER,
      callback: (length) => onBytes(readBytes(length), true),
    }
    const common = { noDelay: true, allowHalfOpen: true, onread }
    return connectTcp(target.kind === 'tcp' ? { host: target.host, port: target.port, ...common } : { path: target.path, ...common })
  }
}

/** A named upstream: its targets in turn, those that refused connections resting for a while. */
export class Upstream {
  readonly name: string
  readonly #pools: readonly TargetPool[]
  #next = 0

  /** Throws where the TLS material does not make a context. */
  constructor(name: string, targets: readonly Target[], tls: UpstreamTls | null, events: UpstreamEvents) {
    this.name = name
    this.#pools = targets.map((target) => new TargetPool(target, tls, events))
  }

  /** A connection ready for a request: a kept one, or a new one that may still be connecting. `fresh` asks for a new one. */
  acquire(fresh = false): UpstreamConnection {
    const pool = this.#pools.length === 1 ? this.#pools[0] : this.#choose()
    return (fresh ? null : pool.take()) ?? pool.open()
  }

  get targetCount(): number {
    return this.#pools.length
  }

  sweep(now: number): void {
    for (const pool of this.#pools) pool.sweep(now)
  }

  /** Closes what is unused; what is in use goes when its exchange is over. */
  retire(): void {
    for (const pool of this.#pools) pool.retire()
  }

  #choose(): TargetPool {
    const pools = this.#pools
    for (let i = 0; i < pools.length; i++) {
      const pool = pools[this.#next++ % pools.length]
      if (pool.restsUntil <= clock.now) return pool
    }
    // All rest: the one whose rest is over first, as the likeliest to be back.
    return pools.reduce((a, b) => (b.restsUntil < a.restsUntil ? b : a))
  }
}

function secureContext(tls: UpstreamTls | null): SecureContext {
  return createSecureContext({
    ...(tls?.ca == null ? {} : { ca: [...tls.ca] }),
    ...(tls?.certificate == null ? {} : { cert: tls.certificate.certificate, key: tls.certificate.key }),
    minVersion: 'TLSv1.2',
  })
}
