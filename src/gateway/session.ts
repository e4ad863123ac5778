import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { reportFault } from '../http1/fault.ts'
import { meaningOf, OTHER } from '../http1/header-table.ts'
import type { RequestHead } from '../http1/request-head.ts'
import { ServerConnection } from '../http1/server-connection.ts'
import type { Permit } from '../policy/decide.ts'
import type { Reason } from '../policy/types.ts'
import type { Peer } from '../tls/types.ts'
import type { UpstreamFailure } from '../upstream/types.ts'
import type { Authentication } from './authentication/types.ts'
import { certificateProblem } from './certificate-problem.ts'
import { methodText } from './client-head.ts'
import { refuseRequest } from './client-refusal.ts'
import { CurrentRequest } from './current-request.ts'
import type { HttpHandler, ProtocolProblem } from './exchange.ts'
import type { Share } from './fair-use.ts'
import type { ForwardingOwner } from './forward-request.ts'
import { Forwarding } from './forwarding.ts'
import type { Principal } from './principal.ts'
import { decideRequest } from './request-decision.ts'
import type { GatewayServices } from './runtime.ts'
import { Settled } from './settled.ts'
import { upstreamRequest } from './upstream-request.ts'

/** Logged as the status of a request whose client left before any response, as nginx does. */
const CLIENT_GONE = 499
/** After these nothing on the connection is believed any more. */
const ENDS_CONNECTION: ReadonlySet<Reason> = new Set<Reason>(['malformed_request', 'malformed_path', 'misdirected_request'])

/** The story of every request on one client connection: who, may they, forward or refuse, one log line. */
export class Session implements HttpHandler, ForwardingOwner {
  readonly connection: ServerConnection
  readonly #current: CurrentRequest
  readonly #forwarding: Forwarding
  readonly #settled = new Settled()
  readonly #share: Share
  /** Counts refusals and clients that left: what was awaited before comes too late. */
  #generation = 0

  /** `share`: where its requests count, beside those of its owner's other connections. */
  constructor(socket: Socket, listenerName: string, peer: Peer | null, share: Share, services: GatewayServices) {
    this.#share = share
    this.#current = new CurrentRequest(socket, listenerName, peer, services)
    this.connection = new ServerConnection(socket, () => services.runtime().rules, this)
    this.#forwarding = new Forwarding(this.connection, this)
  }

  /** Begins to read. */
  start(): void {
    this.connection.start()
  }

  get peer(): Peer | null {
    return this.#current.peer
  }

  /** Judges its certificate by what is trusted now; false: it was trusted, and no longer is. */
  rejudge(): boolean {
    return this.#current.rejudge()
  }

  get isTunnel(): boolean {
    return this.#forwarding.tunnelling
  }

  /** A tunnel that a certificate opened, and nobody could tell any more that it was revoked. */
  get isStaleTunnel(): boolean {
    return this.#current.isStale && this.isTunnel
  }

  sweep(now: number): void {
    this.connection.sweep(now)
    this.#forwarding.sweep(now)
  }

  // 1. A head is there

  onRequest(bytes: Buffer, head: RequestHead, start: number, bodyEnd: number, complete: boolean): void {
    const current = this.#current
    if (current.renew()) this.#settled.forget()
    current.asked.begin(bytes, head, bodyEnd, complete)
    if (head.stripped > 0) current.services.metrics.strippedHeaders(head.stripped)
    if (++this.#share.asked > this.#share.most) {
      this.#shed(bytes, head)
      return
    }
    if (this.#settled.knows(head) && !current.hasExpired() && !current.isStale) {
      current.record.repeat(bodyEnd - start)
      this.#forwardAgain()
      return
    }
    this.#settled.forget()
    current.begin(methodText(bytes, head.methodStart, head.methodEnd))
    current.record.bytesIn = bodyEnd - start
    this.#address(bytes, head)
  }

  /** The worker does less than it is asked for, and this client has had its part. Nothing of it is looked at. */
  #shed(bytes: Buffer, head: RequestHead): void {
    this.#settled.forget()
    this.#current.beginUnread(bytes, head)
    this.#current.services.metrics.requestShed()
    this.#refuse('overloaded', 'the worker is overloaded, and this client had its share')
  }

  /** The same head once more, on a certificate and a snapshot that permitted it. */
  #forwardAgain(): void {
    const { record, asked, meter } = this.#current
    const { requestId, permit, request } = this.#settled
    let { text } = this.#settled
    if (requestId === null) text = `${text}${this.#current.newId()}\r\n`
    else record.requestId = requestId
    meter.decide('allow')
    this.#forwarding.start(permit, request, text, asked.body, asked.complete, record.startedAt)
  }

  #address(bytes: Buffer, head: RequestHead): void {
    const current = this.#current
    const { asked, addressee, record } = current
    const idLine = current.identify(bytes, head)
    if (idLine === null) {
      this.#refuse('head_too_large', 'too many header fields to remove')
      return
    }
    const misaddressed = addressee.resolve(bytes, head, record.method, current.runtime, current.listener, current.peer)
    record.host = addressee.host
    record.path = addressee.path
    if (misaddressed !== null) {
      this.#refuse(misaddressed.reason, misaddressed.detail)
      return
    }
    const { found } = addressee
    asked.target = addressee.target
    asked.found = found
    asked.idLine = idLine
    if (typeof found !== 'string') current.takeRoute(found.index)
    if (this.#admitCertificate()) this.#identify()
  }

  // 2. Is the certificate good

  #admitCertificate(): boolean {
    const problem = certificateProblem(this.#current)
    return problem === null || this.#refuse(problem.reason, problem.detail)
  }

  // 3. Who is asking

  #identify(): void {
    const { recognition, runtime, listener, peer, asked } = this.#current
    const outcome = recognition.authenticate(runtime, listener, peer, asked.bytes, asked.head)
    if (!(outcome instanceof Promise)) {
      this.#decide(outcome)
      return
    }
    asked.keepHead()
    const generation = this.#generation
    this.connection.pause()
    outcome.then(
      (authentication) => this.#resumeWith(generation, () => this.#decide(authentication)),
      (error) => this.#resumeWith(generation, () => this.#refuse('overloaded', `authentication failed: ${(error as Error).message}`)),
    )
  }

  #resumeWith(generation: number, next: () => void): void {
    if (generation !== this.#generation) return
    try {
      // Forwarding lets the connection read on as soon as the upstream takes more; a refusal ends the request, and its hold with it.
      next()
    } catch (error) {
      reportFault(error)
      this.connection.destroy()
    }
  }

  // 4. May they

  #decide(authentication: Authentication): boolean {
    const current = this.#current
    const { asked, record, recognition, listener } = current
    const { found } = asked
    if (authentication.identity === null && !(authentication.absent && typeof found !== 'string' && found.allowsAnonymous)) {
      return this.#refuse(authentication.reason, authentication.detail, authentication.challenge)
    }
    const principal = recognition.principal(current.runtime, listener, current.peer, authentication)
    current.principal = principal
    record.subject = principal.logged
    const decision = decideRequest(current, principal)
    if (!decision.allowed) return this.#refuse(decision.reason, decision.detail)
    return this.#forward(decision, principal, 'consumedAuthorization' in authentication && authentication.consumedAuthorization)
  }

  // 5. Forward

  #forward(permit: Permit, principal: Principal, consumed: boolean): boolean {
    const current = this.#current
    const { asked, record } = current
    const forwarded = upstreamRequest(current, principal, consumed)
    if (forwarded === null) return this.#refuse('head_too_large', 'too many header fields to remove')
    const { request, lines } = forwarded
    const text = `${lines}${asked.idLine}\r\n`
    if (forwarded.repeatable) {
      const ownId = asked.idLine !== ''
      this.#settled.keep(asked.head, permit, request, ownId ? lines : text, ownId ? null : record.requestId)
    }
    record.decision = 'allow'
    current.meter.decide('allow')
    this.#forwarding.start(permit, request, text, asked.body, asked.complete, asked.waited ? performance.now() : record.startedAt)
    return true
  }

  onBody(bytes: Buffer): void {
    this.#current.record.bytesIn += bytes.length
    this.#forwarding.body(bytes)
  }

  onBodyEnd(trailers: readonly string[]): void {
    this.#forwarding.bodyEnd(trailers)
  }

  onTunnelBytes(bytes: Buffer): void {
    this.#current.record.bytesIn += bytes.length
    this.#forwarding.tunnelBytes(bytes)
  }

  onTunnelEnd(): void {
    this.#forwarding.tunnelEnd()
  }

  onDrain(): void {
    this.#forwarding.clientDrained()
  }

  isReserved(name: string): boolean {
    const { runtime, route } = this.#current
    return meaningOf(runtime.rules.table, name) !== OTHER || route?.strips?.(name) === true
  }

  // 6. Finish

  onForwarded(status: number, close: boolean, now: number): void {
    this.#current.record.bytesOut = this.#forwarding.bytesOut
    this.#current.finish(status, this.#forwarding.target, now)
    this.connection.finish(close)
  }

  onUpstreamFailed(failure: UpstreamFailure, detail: string): void {
    const reason = failure === 'connect' ? 'upstream_refused' : failure === 'timeout' ? 'upstream_timeout' : 'upstream_failed'
    this.#refuse(reason, `upstream ${this.#current.route?.upstream.name ?? ''}: ${detail}`)
  }

  onBroken(status: number, failure: UpstreamFailure, _detail: string): void {
    this.#endBroken(failure === 'timeout' ? 'upstream_timeout' : 'upstream_failed', status, this.#forwarding.bytesOut)
  }

  onProblem(problem: ProtocolProblem, detail: string, bytes: Buffer | null, head: RequestHead | null): void {
    if (!this.#current.record.open) {
      this.#settled.forget()
      this.#current.beginUnread(bytes, head)
    }
    const { active, responded, status, bytesOut } = this.#forwarding
    this.#forwarding.abandon()
    if (active && responded) this.#endBroken(problem, status, bytesOut)
    else this.#refuse(problem, detail)
  }

  /** A response had begun, and cannot be completed. */
  #endBroken(reason: Reason, status: number, bytesOut: number): void {
    const { record } = this.#current
    record.reason = reason
    record.bytesOut = bytesOut
    this.#current.finish(status, this.#forwarding.target)
    this.connection.destroy()
  }

  onGone(): void {
    this.#generation++
    const { active, responded, status, bytesOut } = this.#forwarding
    this.#forwarding.abandon()
    const { record } = this.#current
    if (!record.open) return
    record.bytesOut = bytesOut
    this.#current.finish(active && responded ? status : CLIENT_GONE, this.#forwarding.target)
  }

  /** Answers instead of the upstream. Always false: nothing was admitted. */
  #refuse(reason: Reason, detail: string, challenge: string | null = null): false {
    const { connection } = this
    const { asked, peer } = this.#current
    this.#generation++
    const close =
      connection.closing || !connection.requestComplete || !asked.understood || peer?.refusal != null || ENDS_CONNECTION.has(reason)
    const refusal = refuseRequest(this.#current, reason, detail, challenge, close)
    connection.send(refusal.message, false)
    this.#current.finish(refusal.logStatus, this.#forwarding.target)
    connection.finish(close)
    return false
  }
}
