import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { clock } from '../http1/clock.ts'
import type { RequestHead } from '../http1/request-head.ts'
import { connectionFragment } from '../observability/access-fragments.ts'
import type { RequestMeter } from '../observability/types.ts'
import type { Peer } from '../tls/types.ts'
import { Addressee } from './addressee.ts'
import { Asked } from './asked.ts'
import { isRequestId, methodText, newRequestId, plainAddress } from './client-head.ts'
import type { Principal } from './principal.ts'
import { Recognition } from './recognition.ts'
import { RequestRecord } from './request-record.ts'
import type { GatewayServices, ListenerRuntime, RouteRuntime, Runtime } from './runtime.ts'
import { RepeatedFields } from './upstream-head.ts'

/** What is known of the request under way on one client connection, and of the connection itself. One per connection, reused. */
export class CurrentRequest {
  readonly services: GatewayServices
  readonly listenerName: string
  readonly remoteAddress: string
  readonly record: RequestRecord
  readonly asked = new Asked()
  readonly addressee = new Addressee()
  readonly recognition: Recognition
  readonly repeatedFields = new RepeatedFields()
  peer: Peer | null
  runtime: Runtime
  listener: ListenerRuntime
  /** Who asked, once that is known. */
  principal: Principal | null = null
  route: RouteRuntime | null = null
  /** The route's, or that of requests without one. */
  meter: RequestMeter
  /** The certificate was judged anew since the last request: what its rights gave may not hold. */
  #rejudged = false

  constructor(socket: Socket, listenerName: string, peer: Peer | null, services: GatewayServices) {
    this.services = services
    this.listenerName = listenerName
    this.peer = peer
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.recognition = new Recognition(services, this.remoteAddress)
    this.runtime = services.runtime()
    this.listener = listenerIn(this.runtime, listenerName)
    this.meter = this.listener.missMeter
    this.record = new RequestRecord(connectionFragment(listenerName, this.remoteAddress, peer?.serverName ?? null))
  }

  /** Judges the certificate by what is trusted now; false: it was trusted, and no longer is. The next request sees what it may. */
  rejudge(): boolean {
    const { peer } = this
    if (peer === null || peer.refusal !== null) return true
    const judged = this.services.judge(this.listenerName, peer)
    if (judged.refusal !== null) return false
    this.#rejudged ||= judged !== peer
    this.peer = judged
    return true
  }

  /**
   * Takes up the snapshot in force and what became of the certificate; true where either is another: what was derived is forgotten, and
   * for another snapshot the certificate judged again.
   */
  renew(): boolean {
    const runtime = this.services.runtime()
    if (runtime === this.runtime && !this.#rejudged) return false
    this.#rejudged = false
    this.runtime = runtime
    this.listener = runtime.listeners.get(this.listenerName) ?? this.listener
    this.recognition.forget()
    this.addressee.forget()
    if (this.peer !== null) this.peer = this.services.judge(this.listenerName, this.peer)
    return true
  }

  /** By the coarse clock: a certificate that ran out since it was judged. */
  hasExpired(): boolean {
    const { peer } = this
    return peer !== null && peer.certificate !== null && peer.certificate.notAfter < clock.wall
  }

  /** It has a certificate, and nobody could tell any more that it was revoked. */
  get isStale(): boolean {
    return this.peer !== null && this.peer.certificate !== null && this.services.isStale()
  }

  /** A new request, of which nothing is known yet. */
  begin(method: string): void {
    this.route = this.principal = null
    this.meter = this.listener.missMeter
    this.record.begin(method)
  }

  /** One that cannot be read, or whose head alone is: the log line says what is known of it. */
  beginUnread(bytes: Buffer | null, head: RequestHead | null): void {
    this.renew()
    this.begin(bytes === null || head === null ? '' : methodText(bytes, head.methodStart, head.methodEnd))
    const { record, addressee } = this
    record.requestId = newRequestId()
    if (bytes === null || head === null) return
    this.asked.begin(bytes, head, head.end, false)
    addressee.resolve(bytes, head, record.method, this.runtime, this.listener, this.peer)
    record.host = addressee.host
    record.path = addressee.path
  }

  takeRoute(index: number): void {
    const route = this.runtime.routes[index]
    this.route = route
    this.meter = route.meters.get(this.listenerName) ?? this.listener.missMeter
    this.record.route = route.route.settings.name
  }

  /** The header line for an id of ours, '' where the client's is kept; null where its line cannot be removed. */
  identify(bytes: Buffer, head: RequestHead): string | null {
    const start = head.requestIdStart
    if (start >= 0 && isRequestId(bytes, start, head.requestIdEnd)) {
      this.record.requestIdIn(bytes, start, head.requestIdEnd)
      return ''
    }
    const line = this.newId()
    if (start >= 0 && !this.asked.headToCut().cuts.add([[head.requestIdLine, head.requestIdLineEnd]])) return null
    return line
  }

  /** Gives the request an id of ours; returns the header line that says so. */
  newId(): string {
    const id = newRequestId()
    this.record.requestId = id
    return `X-Request-Id: ${id}\r\n`
  }

  /** One log line and one metric update per request head. `upstream`: the target that was asked. */
  finish(status: number, upstream: string | null, now: number = performance.now()): void {
    const { record } = this
    const { accessLog } = this.services
    if (!record.open) return
    record.status = status
    record.durationMs = now - record.startedAt
    if (record.decision === 'allow') record.upstream = upstream
    this.meter.observe(record.method, status, record.durationMs)
    if (accessLog !== null) {
      record.time = Date.now() - record.durationMs
      accessLog.write(record)
    }
    record.close()
    this.asked.clear()
  }
}

/** Throws where the snapshot has no such listener: what came in on one that was just removed is served by nobody. */
function listenerIn(runtime: Runtime, name: string): ListenerRuntime {
  const listener = runtime.listeners.get(name)
  if (listener === undefined) throw new TypeError(`no listener '${name}' in snapshot ${runtime.number}`)
  return listener
}
