import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import type { GatewayServices } from '../gateway/runtime.ts'
import { Session } from '../gateway/session.ts'
import { advanceClock, SWEEP_INTERVAL } from '../http1/clock.ts'
import { contained, onFault } from '../http1/fault.ts'
import type { Snapshot } from '../ipc/messages.ts'
import type { AccessLog, Audit, Metrics } from '../observability/types.ts'
import { networkOf } from '../policy/address.ts'
import { isAffected } from '../tls/registry-types.ts'
import type { Peer } from '../tls/types.ts'
import { type CompiledSnapshot, compileSnapshot } from './compile.ts'
import type { Overload } from './overload.ts'

export interface DataPlaneServices {
  readonly metrics: Metrics
  readonly accessLog: AccessLog | null
  readonly audit: Audit
  readonly log: Logger
}

/** All client connections of one worker, and the snapshot they are served by. */
export interface DataPlane {
  /** Compiles beside the one in force and returns the switch to it; throws, and the old one stays, on any problem. */
  prepare(snapshot: Snapshot): () => void
  /** Both at once. */
  apply(snapshot: Snapshot): void
  /** Takes over a connection whose handshake is done (peer), or a plain one (null). */
  accept(listener: string, socket: TLSSocket | Socket, peer: Peer | null): void
  /** After a trust change: asks `judge` for each open TLS connection and closes those now refused. */
  rejudge(judge: (listener: string, peer: Peer) => Peer): void
  /** The registry changed about these public keys (null: about any): closes those now refused, and lets the rest ask anew who they are. */
  judgeAgain(pins: ReadonlySet<string> | null): void
  /** Closes tunnels: what runs in them has no end of its own. */
  endTunnels(): void
  /** No further request is taken on idle connections; resolves when the last connection is gone. */
  drain(): Promise<void>
  /** Ends everything at once. */
  destroy(): void
  readonly open: number
}

/** Live connections are judged again this often: once a second. */
const SWEEPS_PER_JUDGEMENT = Math.round(1000 / SWEEP_INTERVAL)

/** `isStale`: what is known of certificates is too old to let anybody in by. */
export function createDataPlane(services: DataPlaneServices, overload: Overload, isStale: () => boolean): DataPlane {
  return new ConnectionSet(services, overload, isStale)
}

class ConnectionSet implements DataPlane {
  readonly #services: DataPlaneServices
  readonly #gateway: GatewayServices
  readonly #overload: Overload
  readonly #sessions = new Set<Session>()
  readonly #timer: NodeJS.Timeout
  #compiled: CompiledSnapshot | null = null
  #judge: (listener: string, peer: Peer) => Peer = (_listener, peer) => peer
  #draining = false
  /** Made once: one made beside a snapshot would keep what is there with it. */
  readonly #isDraining = () => this.#draining
  #sweeps = 0
  #drained: (() => void) | null = null

  constructor(services: DataPlaneServices, overload: Overload, isStale: () => boolean) {
    this.#services = services
    this.#overload = overload
    this.#gateway = {
      isStale,
      metrics: services.metrics,
      /** Read anew for each record: a reload may replace it. */
      get accessLog() {
        return services.accessLog
      },
      audit: services.audit,
      runtime: () => {
        if (this.#compiled === null) throw new Error('no snapshot is in force')
        return this.#compiled.runtime
      },
      judge: (listener, peer) => this.#judge(listener, peer),
    }
    onFault((error) => services.log.error({ err: error }, 'a fault of certgate ended a connection'))
    this.#timer = setInterval(() => this.#tick(), SWEEP_INTERVAL)
    this.#timer.unref()
  }

  get open(): number {
    return this.#sessions.size
  }

  apply(snapshot: Snapshot): void {
    this.prepare(snapshot)()
  }

  prepare(snapshot: Snapshot): () => void {
    const { metrics, audit } = this.#services
    const previous = this.#compiled
    const compiled = compileSnapshot(snapshot, { metrics, audit, previous, draining: this.#isDraining })
    return () => {
      this.#compiled = compiled
      for (const [name, { upstream }] of previous?.upstreams ?? []) {
        if (compiled.upstreams.get(name)?.upstream !== upstream) upstream.retire()
      }
    }
  }

  accept(listener: string, socket: TLSSocket | Socket, peer: Peer | null): void {
    const { metrics } = this.#services
    // A handshake may have been under way when a reload removed its listener.
    if (this.#compiled?.runtime.listeners.has(listener) !== true) {
      socket.destroy()
      return
    }
    const { requests } = this.#overload
    // One that is refused anybody can make, as many as they like. Looked up only then: TLS hands on nothing but its socket.
    const client = (peer?.refusal === null ? peer.certificate?.fingerprint : undefined) ?? networkOf(socket.remoteAddress ?? '')
    const session = new Session(socket, listener, peer, requests.join(client), this.#gateway)
    this.#sessions.add(session)
    metrics.connectionOpened(listener)
    socket.once('close', () => {
      this.#sessions.delete(session)
      requests.leave(client)
      metrics.connectionClosed(listener)
      if (this.#draining && this.#sessions.size === 0) this.#drained?.()
    })
    session.start()
    if (this.#draining) session.connection.retire()
  }

  rejudge(judge: (listener: string, peer: Peer) => Peer): void {
    this.#judge = judge
    this.judgeAgain(null)
  }

  judgeAgain(pins: ReadonlySet<string> | null): void {
    for (const session of this.#sessions) {
      const { peer } = session
      if (peer === null || (pins !== null && !isAffected(peer, pins))) continue
      // One that cannot be judged must not keep the others from it.
      contained(() => {
        if (!session.rejudge() || session.isStaleTunnel) session.connection.destroy()
      }, session.connection)
    }
  }

  endTunnels(): void {
    for (const session of this.#sessions) if (session.isTunnel) session.connection.destroy()
  }

  drain(): Promise<void> {
    this.#draining = true
    // After a stall the clock stands still: its connections would have no time left.
    advanceClock()
    for (const session of this.#sessions) session.connection.retire()
    if (this.#sessions.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#drained = resolve
    })
  }

  destroy(): void {
    clearInterval(this.#timer)
    for (const session of this.#sessions) session.connection.destroy()
    for (const { upstream } of this.#compiled?.upstreams.values() ?? []) upstream.retire()
  }

  /** How much is let in until the next time; told where that begins and ends. */
  #weigh(now: number): void {
    const before = this.#overload.shedding
    const delay = Math.round(this.#overload.turn(now))
    const { shedding } = this.#overload
    if (shedding === before) return
    const { log } = this.#services
    if (shedding) log.warn({ delay_ms: delay }, 'overloaded: new connections and requests beyond a fair share are refused')
    else log.info('no longer overloaded: everything is let in again')
  }

  /** What came while the worker was held up is read before anybody counts as late: timers run first, reading comes between. */
  #tick(): void {
    const now = advanceClock()
    this.#weigh(now)
    setImmediate(() => this.#sweep(now))
  }

  /** Deadlines and unused upstream connections several times a second, certificates once. */
  #sweep(now: number): void {
    const judging = ++this.#sweeps % SWEEPS_PER_JUDGEMENT === 0
    for (const session of this.#sessions) {
      contained(() => {
        if (judging && (!session.rejudge() || session.isStaleTunnel)) session.connection.destroy()
        else session.sweep(now)
      }, session.connection)
    }
    if (this.#compiled === null) return
    for (const { upstream } of this.#compiled.upstreams.values()) upstream.sweep(now)
  }
}
