import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { clock } from '../http1/clock.ts'
import { reportFault } from '../http1/fault.ts'
import { cutLines } from '../http1/field-lines.ts'
import { meaningOf, OTHER } from '../http1/header-table.ts'
import type { RequestHead } from '../http1/request-head.ts'
import { requestHead, ServerConnection } from '../http1/server-connection.ts'
import { connectionFragment } from '../observability/access-fragments.ts'
import type { RequestMeter } from '../observability/types.ts'
import type { Permit } from '../policy/decide.ts'
import type { Reason } from '../policy/types.ts'
import type { Peer } from '../tls/types.ts'
import type { UpstreamFailure } from '../upstream/types.ts'
import { Addressee } from './addressee.ts'
import { Asked, crossSite, upgradeProtocol } from './asked.ts'
import { auditRefusal } from './audit-refusal.ts'
import type { Authentication } from './authentication/types.ts'
import { headerValue, isRequestId, methodText, newRequestId, plainAddress } from './client-head.ts'
import type { HttpHandler, ProtocolProblem } from './exchange.ts'
import { Forwarding, type ForwardingOwner } from './forwarding.ts'
import type { Principal } from './principal.ts'
import { Recognition } from './recognition.ts'
import { renderRefusal } from './refusal/render.ts'
import { RequestRecord } from './request-record.ts'
import type { GatewayServices, ListenerRuntime, RouteRuntime, Runtime } from './runtime.ts'
import { forwardedHead } from './upstream-head.ts'

/** Logged as the status of a request whose client left before any response, as nginx does. */
const CLIENT_GONE = 499
/** After these nothing on the connection is believed any more. */
const ENDS_CONNECTION: ReadonlySet<Reason> = new Set<Reason>(['malformed_request', 'malformed_path', 'misdirected_request'])

/** The story of every request on one client connection: who, may they, forward or refuse, one log line. */
export class Session implements HttpHandler, ForwardingOwner {
  readonly connection: ServerConnection
  readonly listenerName: string
  readonly #services: GatewayServices
  readonly #remoteAddress: string
  readonly #record: RequestRecord
  readonly #forwarding: Forwarding
  #peer: Peer | null
  #runtime: Runtime
  #listener: ListenerRuntime
  readonly #recognition: Recognition
  /** Who asked the request under way, once that is known. */
  #principal: Principal | null = null
  readonly #addressee = new Addressee()
  #route: RouteRuntime | null = null
  readonly #asked = new Asked()
  /** What went upstream for the remembered head of that number, with these lines of ours. */
  #text = ''
  #textMemo = 0
  #textLines = ''
  #generation = 0

  constructor(socket: Socket, listenerName: string, peer: Peer | null, services: GatewayServices) {
    this.listenerName = listenerName
    this.#services = services
    this.#peer = peer
    this.#remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.#recognition = new Recognition(services, this.#remoteAddress)
    this.#runtime = services.runtime()
    this.#listener = listenerIn(this.#runtime, listenerName)
    this.#record = new RequestRecord(connectionFragment(listenerName, this.#remoteAddress, peer?.serverName ?? null))
    this.connection = new ServerConnection(socket, () => services.runtime().rules, this)
    this.#forwarding = new Forwarding(this.connection, this)
  }

  /** Begins to read. */
  start(): void {
    this.connection.start()
  }

  get peer(): Peer | null {
    return this.#peer
  }

  sweep(now: number): void {
    this.connection.sweep(now)
    this.#forwarding.sweep(now)
  }

  // 1. A head is there

  onRequest(bytes: Buffer, start: number, bodyStart: number, bodyEnd: number, complete: boolean): void {
    const head = requestHead
    const record = this.#record
    const runtime = this.#current()
    record.begin(methodText(bytes, head.methodStart, head.methodEnd))
    record.bytesIn = bodyEnd - start
    const asked = this.#asked
    asked.begin(bytes, bodyStart, bodyEnd, complete)
    if (head.stripped > 0) this.#services.metrics.strippedHeaders(head.stripped)
    const idLine = this.#requestId(bytes, head)
    if (idLine === null) {
      this.#refuse('head_too_large', 'too many header fields to remove')
      return
    }
    const addressee = this.#addressee
    const misaddressed = addressee.resolve(bytes, head, record.method, runtime, this.#listener, this.#peer)
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
    if (typeof found !== 'string') {
      this.#route = runtime.routes[found.index]
      record.route = found.settings.name
    }
    if (this.#admitCertificate()) this.#identify(asked)
  }

  /** The snapshot in force; what was derived from an earlier one is forgotten, and the certificate judged again. */
  #current(): Runtime {
    const runtime = this.#services.runtime()
    if (runtime !== this.#runtime) {
      this.#runtime = runtime
      this.#listener = runtime.listeners.get(this.listenerName) ?? this.#listener
      this.#recognition.forget()
      this.#addressee.forget()
      this.#textMemo = 0
      if (this.#peer !== null) this.#peer = this.#services.judge(this.listenerName, this.#peer)
    }
    this.#route = this.#principal = null
    return runtime
  }

  /** The header line for an id of ours, '' where the client's is kept; null where its line cannot be removed. */
  #requestId(bytes: Buffer, head: RequestHead): string | null {
    const start = head.requestIdStart
    if (start >= 0 && isRequestId(bytes, start, head.requestIdEnd)) {
      this.#record.requestIdIn(bytes, start, head.requestIdEnd)
      return ''
    }
    const id = newRequestId()
    this.#record.requestId = id
    if (start >= 0 && !head.cuts.add([[head.requestIdLine, head.requestIdLineEnd]])) return null
    return `X-Request-Id: ${id}\r\n`
  }

  // 2. Is the certificate good

  #admitCertificate(): boolean {
    const peer = this.#peer
    if (peer === null) return true
    if (peer.refusal !== null) return this.#refuse(peer.refusal, peer.detail)
    if (peer.certificate === null) {
      return !this.#listener.requiresCertificate || this.#refuse('certificate_required', 'no client certificate was presented')
    }
    if (peer.certificate.notAfter < clock.wall) {
      return this.#refuse('certificate_expired', `expired ${new Date(peer.certificate.notAfter).toISOString()}`)
    }
    return true
  }

  // 3. Who is asking

  #identify(asked: Asked): void {
    const { bytes, head } = asked
    const outcome = this.#recognition.authenticate(this.#runtime, this.#peer, bytes, head)
    if (!(outcome instanceof Promise)) {
      this.#decide(asked, outcome)
      return
    }
    asked.keepHead()
    const generation = this.#generation
    this.connection.pause()
    outcome.then(
      (authentication) => this.#resumeWith(generation, () => this.#decide(asked, authentication)),
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

  #decide(asked: Asked, authentication: Authentication): boolean {
    const { found } = asked
    const record = this.#record
    if (authentication.identity === null && !(authentication.absent && typeof found !== 'string' && found.allowsAnonymous)) {
      return this.#refuse(authentication.reason, authentication.detail, authentication.challenge)
    }
    const principal = this.#recognition.principal(this.#runtime, this.#listener, this.#peer, authentication)
    this.#principal = principal
    record.subject = principal.logged
    if (principal.unusable !== '') return this.#refuse('identity_unusable', principal.unusable)
    if (typeof found === 'string') return this.#refuse(found, `${record.method} ${record.path} matches no route`)
    const decision = principal.decide(found)
    if (!decision.allowed) return this.#refuse(decision.reason, decision.detail)
    const problem = crossSite(asked, found, record.method, this.#listener, this.#addressee.host)
    if (problem !== null) return this.#refuse('cross_site', problem)
    return this.#forward(asked, decision, principal, 'consumedAuthorization' in authentication && authentication.consumedAuthorization)
  }

  // 5. Forward

  #forward(asked: Asked, permit: Permit, principal: Principal, consumed: boolean): boolean {
    const { bytes, head } = asked
    const route = this.#route as RouteRuntime
    const { settings } = route.route
    const record = this.#record
    if (!this.#strip(asked, route, consumed)) return this.#refuse('head_too_large', 'too many header fields to remove')
    const upgrade = upgradeProtocol(asked, settings.upgrade)
    const alone = head.hasUnexpectedBody(bytes)
    const connectionLines = alone ? 'Connection: close\r\n' : upgrade === '' ? '' : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
    const lines = this.#recognition.headerLines(this.#runtime, principal, this.#addressee.host, bytes, head)
    const text = `${this.#forwardedLines(asked, lines, route.strips !== null || consumed)}${asked.idLine}${connectionLines}\r\n`
    record.decision = 'allow'
    this.#meter().decide('allow')
    this.#forwarding.start(
      permit,
      {
        route,
        runtime: this.#runtime,
        method: record.method,
        head: text,
        chunked: head.chunked,
        upgrade,
        oldClient: head.minor === 0,
        alone,
      },
      asked.body,
      asked.complete,
      asked.head === requestHead ? record.startedAt : performance.now(),
    )
    return true
  }

  /** The client's head and our own lines; made once for a head that the client repeats, unless more was cut from it than it says. */
  #forwardedLines({ bytes, head, target }: Asked, lines: string, cutFurther: boolean): string {
    if (head.memo === 0 || cutFurther) return forwardedHead(bytes, head, this.#record.method, target) + lines
    if (this.#textMemo !== head.memo || this.#textLines !== lines) {
      this.#text = forwardedHead(bytes, head, this.#record.method, target) + lines
      this.#textMemo = head.memo
      this.#textLines = lines
    }
    return this.#text
  }

  /** Removes what this route's upstream may not see; false where there is no room to. */
  #strip({ bytes, head }: Asked, route: RouteRuntime, consumed: boolean): boolean {
    if (route.strips !== null) {
      const stripped = cutLines(bytes, head, route.strips)
      if (stripped < 0) return false
      this.#services.metrics.strippedHeaders(stripped)
    }
    return !consumed || head.authorizationLine < 0 || head.cuts.add([[head.authorizationLine, head.authorizationLineEnd]])
  }

  onBody(bytes: Buffer): void {
    this.#record.bytesIn += bytes.length
    this.#forwarding.body(bytes)
  }

  onBodyEnd(trailers: readonly string[]): void {
    this.#forwarding.bodyEnd(trailers)
  }

  onTunnelBytes(bytes: Buffer): void {
    this.#record.bytesIn += bytes.length
    this.#forwarding.tunnelBytes(bytes)
  }

  onTunnelEnd(): void {
    this.#forwarding.tunnelEnd()
  }

  onDrain(): void {
    this.#forwarding.clientDrained()
  }

  isReserved(name: string): boolean {
    return meaningOf(this.#runtime.rules.table, name) !== OTHER || this.#route?.strips?.(name) === true
  }

  // 6. Finish

  onForwarded(status: number, close: boolean, now: number): void {
    this.#record.bytesOut = this.#forwarding.bytesOut
    this.#finish(status, now)
    this.connection.finish(close)
  }

  onUpstreamFailed(failure: UpstreamFailure, detail: string): void {
    const reason = failure === 'connect' ? 'upstream_refused' : failure === 'timeout' ? 'upstream_timeout' : 'upstream_failed'
    this.#refuse(reason, `upstream ${this.#route?.upstream.name ?? ''}: ${detail}`)
  }

  onBroken(status: number, failure: UpstreamFailure, _detail: string): void {
    this.#record.reason = failure === 'timeout' ? 'upstream_timeout' : 'upstream_failed'
    this.#record.bytesOut = this.#forwarding.bytesOut
    this.#finish(status)
    this.connection.destroy()
  }

  onProblem(problem: ProtocolProblem, detail: string, head: Buffer | null): void {
    if (!this.#record.open) this.#beginUnread(head)
    const { active, responded, status, bytesOut } = this.#forwarding
    this.#forwarding.abandon()
    if (!active || !responded) {
      this.#refuse(problem, detail)
      return
    }
    this.#record.reason = problem
    this.#record.bytesOut = bytesOut
    this.#finish(status)
    this.connection.destroy()
  }

  /** A request that cannot be read, or whose head alone can: the log line says what is known of it. */
  #beginUnread(bytes: Buffer | null): void {
    const runtime = this.#current()
    const record = this.#record
    record.begin(bytes === null ? '' : methodText(bytes, requestHead.methodStart, requestHead.methodEnd))
    record.requestId = newRequestId()
    if (bytes === null) return
    this.#asked.begin(bytes, 0, 0, false)
    this.#addressee.resolve(bytes, requestHead, record.method, runtime, this.#listener, this.#peer)
    record.host = this.#addressee.host
    record.path = this.#addressee.path
  }

  onGone(): void {
    this.#generation++
    const { active, responded, status, bytesOut } = this.#forwarding
    this.#forwarding.abandon()
    if (!this.#record.open) return
    this.#record.bytesOut = bytesOut
    this.#finish(active && responded ? status : CLIENT_GONE)
  }

  /** Answers instead of the upstream. Always false: nothing was admitted. */
  #refuse(reason: Reason, detail: string, challenge: string | null = null): false {
    const record = this.#record
    const { connection } = this
    this.#generation++
    const close =
      connection.closing ||
      !connection.requestComplete ||
      !this.#asked.understood ||
      this.#peer?.refusal != null ||
      ENDS_CONNECTION.has(reason)
    const refusal = renderRefusal({
      reason,
      detail,
      requestId: record.requestId,
      shape: this.#route?.route.settings.errors ?? this.#runtime.errors,
      hideRoutes: this.#runtime.hideRoutes,
      accept: this.#asked.understood ? headerValue(this.#asked, 'accept') : '',
      method: record.method,
      url: record.path,
      challenge,
      user: this.#principal?.identity?.name ?? null,
      close,
    })
    record.decision = record.decision === 'allow' ? 'allow' : 'deny'
    record.reason = reason
    record.bytesOut = refusal.message.length
    if (record.decision === 'deny') this.#meter().decide('deny')
    auditRefusal(this.#services, reason, detail, this.#principal?.identity ?? null, this.#peer, this.#remoteAddress)
    connection.send(refusal.message, false)
    this.#finish(refusal.logStatus)
    connection.finish(close)
    return false
  }

  #meter(): RequestMeter {
    return this.#route?.meters.get(this.listenerName) ?? this.#listener.missMeter
  }

  /** One log line and one metric update per request head. */
  #finish(status: number, now = performance.now()): void {
    const record = this.#record
    const { accessLog } = this.#services
    if (!record.open) return
    record.status = status
    record.durationMs = now - record.startedAt
    if (record.decision === 'allow') record.upstream = this.#forwarding.target
    this.#meter().observe(record.method, status, record.durationMs)
    if (accessLog !== null) {
      record.time = Date.now() - record.durationMs
      accessLog.write(record)
    }
    record.close()
    this.#asked.clear()
  }
}

/** Throws where the snapshot has no such listener: what came in on one that was just removed is served by nobody. */
function listenerIn(runtime: Runtime, name: string): ListenerRuntime {
  const listener = runtime.listeners.get(name)
  if (listener === undefined) throw new TypeError(`no listener '${name}' in snapshot ${runtime.number}`)
  return listener
}
