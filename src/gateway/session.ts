import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { clock } from '../http1/clock.ts'
import { addCuts, cutLines, fieldLines } from '../http1/field-lines.ts'
import { meaningOf, OTHER } from '../http1/header-table.ts'
import { lowerText, type RequestHead } from '../http1/request-head.ts'
import { requestHead, ServerConnection } from '../http1/server-connection.ts'
import { connectionFragment } from '../observability/access-fragments.ts'
import type { RequestMeter } from '../observability/types.ts'
import { crossSiteProblem } from '../policy/cross-site.ts'
import type { Permit } from '../policy/decide.ts'
import { type CanonicalPath, canonicalise, isCanonical } from '../policy/path.ts'
import type { Reason, Route, RouteMiss } from '../policy/types.ts'
import type { Peer } from '../tls/types.ts'
import type { UpstreamFailure } from '../upstream/connection.ts'
import { auditRefusal } from './audit-refusal.ts'
import type { Authentication } from './authentication/types.ts'
import type { HttpHandler, ProtocolProblem } from './exchange.ts'
import { Forwarding, type ForwardingOwner } from './forwarding.ts'
import type { InboundHeaders } from './headers/types.ts'
import { Principal } from './principal.ts'
import { renderRefusal } from './refusal/render.ts'
import { RequestRecord } from './request-record.ts'
import type { GatewayServices, ListenerRuntime, RouteRuntime, Runtime } from './runtime.ts'
import { forwardedHead, hostName, isRequestId, methodText, newRequestId } from './upstream-head.ts'

/** Logged as the status of a request whose client left before any response, as nginx does. */
const CLIENT_GONE = 499
const QUESTION = 63
/** After these nothing on the connection is believed any more. */
const ENDS_CONNECTION: ReadonlySet<Reason> = new Set<Reason>(['malformed_request', 'malformed_path', 'misdirected_request'])
const INBOUND = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-client-cert'])

/** A request between its head and its decision. The head is the connection's shared one, or a copy where something is awaited. */
interface Asked {
  readonly bytes: Buffer
  readonly head: RequestHead
  readonly body: Buffer | null
  readonly complete: boolean
  /** null: the path was canonical as received. */
  readonly canonical: CanonicalPath | null
  readonly found: Route | RouteMiss
  /** Header line for an id that we made; '' where the client's is kept. */
  readonly idLine: string
}

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
  /** Kept only where the certificate alone decides. */
  #authentication: Authentication | null = null
  #principal: Principal | null = null
  #host = ''
  #hostName = ''
  #misdirected = false
  /** The last path, so that a client that asks for the same again costs no new string. */
  #path = ''
  #found: Route | RouteMiss | null = null
  #foundPath = ''
  #foundMethod = ''
  #lines = ''
  #linesFor: Principal | null = null
  #route: RouteRuntime | null = null
  #asked: { readonly bytes: Buffer; readonly fieldsStart: number; readonly end: number } | null = null
  #generation = 0

  constructor(socket: Socket, listenerName: string, peer: Peer | null, services: GatewayServices) {
    this.listenerName = listenerName
    this.#services = services
    this.#peer = peer
    this.#remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.#runtime = services.runtime()
    this.#listener = this.#runtime.listeners.get(listenerName) as ListenerRuntime
    this.#record = new RequestRecord(connectionFragment(listenerName, this.#remoteAddress, peer?.serverName ?? null))
    let forwarding: Forwarding | null = null
    this.connection = new ServerConnection(
      socket,
      () => services.runtime().rules,
      (connection) => {
        forwarding = new Forwarding(connection, this)
        return this
      },
    )
    this.#forwarding = forwarding as unknown as Forwarding
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
    this.#asked = { bytes, fieldsStart: head.fieldsStart, end: head.end }
    if (head.stripped > 0) this.#services.metrics.strippedHeaders(head.stripped)
    const idLine = this.#requestId(bytes, head)
    if (!this.#admitHost(bytes, head) || !this.#admitCertificate()) return
    const canonical = this.#canonicalPath(bytes, head)
    if (canonical === undefined) return
    const found = this.#find(runtime, record.path, record.method)
    if (typeof found !== 'string') {
      this.#route = runtime.routes[found.index]
      record.route = found.settings.name
    }
    const body = bodyEnd > bodyStart ? bytes.subarray(bodyStart, bodyEnd) : null
    this.#identify({ bytes, head, body, complete, canonical, found, idLine })
  }

  /** The snapshot in force; what was derived from an earlier one is forgotten, and the certificate judged again. */
  #current(): Runtime {
    const runtime = this.#services.runtime()
    if (runtime !== this.#runtime) {
      this.#runtime = runtime
      this.#listener = runtime.listeners.get(this.listenerName) ?? this.#listener
      this.#authentication = this.#principal = this.#linesFor = this.#found = null
      this.#host = ''
      if (this.#peer !== null) this.#peer = this.#services.judge(this.listenerName, this.#peer)
    }
    this.#route = null
    return runtime
  }

  #requestId(bytes: Buffer, head: RequestHead): string {
    const start = head.requestIdStart
    if (start >= 0 && isRequestId(bytes, start, head.requestIdEnd)) {
      this.#record.requestIdIn(bytes, start, head.requestIdEnd)
      return ''
    }
    if (start >= 0) addCuts(head, [[head.requestIdLine, head.requestIdLineEnd]])
    const id = newRequestId()
    this.#record.requestId = id
    return `X-Request-Id: ${id}\r\n`
  }

  // 2. Host and certificate

  #admitHost(bytes: Buffer, head: RequestHead): boolean {
    if (!sameText(this.#host, bytes, head.hostStart, head.hostEnd)) {
      const host = bytes.latin1Slice(head.hostStart, head.hostEnd)
      const name = hostName(host)
      if (name === null) return this.#refuse('malformed_request', 'Host is not a name or an address')
      this.#host = host
      this.#hostName = name
      this.#found = null
      this.#linesFor = null
      this.#misdirected = this.#isMisdirected(name)
    }
    this.#record.host = this.#host
    return (
      !this.#misdirected || this.#refuse('misdirected_request', `Host ${this.#host} is not served under the name of this TLS connection`)
    )
  }

  #isMisdirected(name: string): boolean {
    const { nameFor } = this.#listener
    if (nameFor === null) return false
    const under = nameFor(this.#peer?.serverName ?? null)
    return under === null || nameFor(name) !== under
  }

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

  // 3. The path that decides

  /** null: canonical as received; undefined: refused. */
  #canonicalPath(bytes: Buffer, head: RequestHead): CanonicalPath | null | undefined {
    const { targetStart, targetEnd } = head
    if (isCanonical(bytes, targetStart, targetEnd)) {
      let end = targetStart
      while (end < targetEnd && bytes[end] !== QUESTION) end++
      if (!sameText(this.#path, bytes, targetStart, end)) this.#path = bytes.latin1Slice(targetStart, end)
      this.#record.path = this.#path
      return null
    }
    const canonical = canonicalise(bytes.latin1Slice(targetStart, targetEnd), this.#record.method)
    if (canonical.problem !== null) {
      this.#refuse('malformed_path', canonical.problem)
      return undefined
    }
    if (canonical.authority !== null && canonical.authority !== this.#host.toLowerCase()) {
      this.#refuse('malformed_request', 'the target names another host than Host')
      return undefined
    }
    this.#record.path = canonical.path
    return canonical
  }

  /** The route for a path; kept for the next request, which on one connection is often for the same. */
  #find(runtime: Runtime, path: string, method: string): Route | RouteMiss {
    if (this.#found !== null && path === this.#foundPath && method === this.#foundMethod) return this.#found
    this.#found = runtime.policy.findRoute(this.listenerName, this.#hostName, path, method)
    this.#foundPath = path
    this.#foundMethod = method
    return this.#found
  }

  // 4. Who is asking

  #identify(asked: Asked): void {
    const { authenticator } = this.#runtime
    if (!authenticator.perRequest) {
      this.#authentication ??= authenticator.authenticate(this.#peer, null, this.#remoteAddress) as Authentication
      this.#decide(asked, this.#authentication)
      return
    }
    const { head, bytes } = asked
    const authorization = head.authorizationStart < 0 ? null : bytes.latin1Slice(head.authorizationStart, head.authorizationEnd)
    const outcome = authenticator.authenticate(this.#peer, authorization, this.#remoteAddress)
    if (!(outcome instanceof Promise)) {
      this.#decide(asked, outcome)
      return
    }
    // The shared head is overwritten by the next request of any connection: keep a copy, and read no further meanwhile.
    const held = { ...asked, head: head.copy() }
    const generation = this.#generation
    this.connection.pause()
    outcome.then(
      (authentication) => this.#resumeWith(generation, () => this.#decide(held, authentication)),
      (error) => this.#resumeWith(generation, () => this.#refuse('overloaded', `authentication failed: ${(error as Error).message}`)),
    )
  }

  #resumeWith(generation: number, next: () => void): void {
    if (generation !== this.#generation) return
    next()
    this.connection.resume()
  }

  #principalOf(authentication: Authentication): Principal {
    const { identity } = authentication
    if (this.#principal === null || this.#principal.identity !== identity) {
      this.#principal = new Principal(this.#runtime, identity, {
        remoteAddress: this.#remoteAddress,
        scheme: this.#listener.scheme,
        certificate: this.#peer?.certificate ?? null,
      })
      for (const detail of this.#principal.dropped) {
        this.#services.audit({
          kind: 'BAD_HEADERS',
          reason: 'identity_unusable',
          remote: this.#remoteAddress,
          detail: `not sent: ${detail}`,
        })
      }
    }
    return this.#principal
  }

  // 5. May they

  #decide(asked: Asked, authentication: Authentication): boolean {
    const { found } = asked
    const record = this.#record
    if (authentication.identity === null && !(authentication.absent && typeof found !== 'string' && found.allowsAnonymous)) {
      return this.#refuse(authentication.reason, authentication.detail, authentication.challenge)
    }
    const principal = this.#principalOf(authentication)
    record.subject = principal.logged
    if (principal.unusable !== '') return this.#refuse('identity_unusable', principal.unusable)
    if (typeof found === 'string') return this.#refuse(found, `${record.method} ${record.path} matches no route`)
    const decision = principal.decide(found)
    if (!decision.allowed) return this.#refuse(decision.reason, decision.detail)
    const problem = this.#crossSite(asked, found)
    if (problem !== null) return this.#refuse('cross_site', problem)
    return this.#forward(asked, decision, principal, 'consumedAuthorization' in authentication && authentication.consumedAuthorization)
  }

  #crossSite({ bytes, head }: Asked, route: Route): string | null {
    if (head.secFetchSiteStart < 0 && (head.originStart < 0 || !head.upgradeRequested)) return null
    return crossSiteProblem(route.settings, {
      method: this.#record.method,
      scheme: this.#listener.scheme,
      host: this.#host,
      secFetchSite: head.secFetchSiteStart < 0 ? null : bytes.latin1Slice(head.secFetchSiteStart, head.secFetchSiteEnd),
      origin: head.originStart < 0 ? null : bytes.latin1Slice(head.originStart, head.originEnd),
      upgrade: head.upgradeRequested,
    })
  }

  // 6. Forward

  #forward(asked: Asked, permit: Permit, principal: Principal, consumed: boolean): boolean {
    const { bytes, head, canonical } = asked
    const route = this.#route as RouteRuntime
    const { settings } = route.route
    let target: string | null = null
    if (canonical !== null) {
      const path = canonical.forwardPath(settings.pathPolicy)
      if (typeof path !== 'string') return this.#refuse('malformed_path', path.problem)
      target = path + canonical.query
    }
    const record = this.#record
    if (route.strips !== null) this.#services.metrics.strippedHeaders(cutLines(bytes, head, route.strips))
    if (consumed && head.authorizationLine >= 0) addCuts(head, [[head.authorizationLine, head.authorizationLineEnd]])
    const upgrade = this.#upgrade(asked, settings.upgrade)
    const upgradeLines = upgrade === '' ? '' : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
    const text = `${forwardedHead(bytes, head, record.method, target)}${this.#ownLines(principal, asked)}${asked.idLine}${upgradeLines}\r\n`
    record.decision = 'allow'
    this.#meter().decide('allow')
    this.#forwarding.start(
      permit,
      { route, runtime: this.#runtime, method: record.method, head: text, chunked: head.chunked, upgrade, oldClient: head.minor === 0 },
      asked.body,
      asked.complete,
      asked.head === requestHead ? record.startedAt : performance.now(),
    )
    record.upstream = this.#forwarding.target
    return true
  }

  /** The gateway's own header lines for this identity and Host; the same for every request, unless a trusted hop's are continued. */
  #ownLines(principal: Principal, asked: Asked): string {
    const { headers } = this.#runtime
    if (headers.readsInbound(principal.subject)) {
      return principal.lines + headers.hostLines(principal.subject, this.#host, inboundHeaders(asked.bytes, asked.head))
    }
    if (this.#linesFor !== principal) {
      this.#lines = principal.lines + headers.hostLines(principal.subject, this.#host)
      this.#linesFor = principal
    }
    return this.#lines
  }

  #upgrade({ bytes, head, complete }: Asked, allowed: readonly string[]): string {
    if (!head.upgradeRequested || head.upgradeStart < 0 || head.minor === 0 || !complete || allowed.length === 0) return ''
    const protocol = lowerText(bytes, head.upgradeStart, head.upgradeEnd)
    return allowed.includes(protocol) ? protocol : ''
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

  // 7. Finish

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

  onProblem(problem: ProtocolProblem, detail: string): void {
    if (!this.#record.open) {
      this.#current()
      this.#record.begin('')
      this.#record.requestId = newRequestId()
      this.#asked = null
    }
    const responded = this.#forwarding.active && this.#forwarding.responded
    const { status } = this.#forwarding
    this.#forwarding.abandon()
    if (!responded) {
      this.#refuse(problem, detail)
      return
    }
    this.#record.reason = problem
    this.#finish(status)
    this.connection.destroy()
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
    const close =
      connection.closing ||
      !connection.requestComplete ||
      this.#asked === null ||
      this.#peer?.refusal != null ||
      ENDS_CONNECTION.has(reason)
    const refusal = renderRefusal({
      reason,
      detail,
      requestId: record.requestId,
      shape: this.#route?.route.settings.errors ?? this.#runtime.errors,
      hideRoutes: this.#runtime.hideRoutes,
      accept: this.#accept(),
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

  #accept(): string {
    if (this.#asked === null) return ''
    const { bytes, fieldsStart, end } = this.#asked
    for (const line of fieldLines(bytes, fieldsStart, end)) if (line.name === 'accept') return line.value
    return ''
  }

  #meter(): RequestMeter {
    return this.#route?.meters.get(this.listenerName) ?? this.#listener.missMeter
  }

  /** One log line and one metric update per request head. */
  #finish(status: number, now = performance.now()): void {
    const record = this.#record
    const { accessLog } = this.#services
    if (!record.open) return
    record.open = false
    record.status = status
    record.durationMs = now - record.startedAt
    this.#meter().observe(record.method, status, record.durationMs)
    if (accessLog !== null) {
      record.time = Date.now() - record.durationMs
      accessLog.write(record)
    }
    this.#asked = null
  }
}

/** What a trusted hop said, read from the client's bytes before they are cut; several lines of a name count as one list. */
function inboundHeaders(bytes: Buffer, head: RequestHead): InboundHeaders {
  const found = new Map<string, string>()
  for (const { name, value } of fieldLines(bytes, head.fieldsStart, head.end)) {
    if (INBOUND.has(name)) found.set(name, found.has(name) ? `${found.get(name)}, ${value}` : value)
  }
  return {
    forwardedFor: found.get('x-forwarded-for') ?? null,
    forwardedProto: found.get('x-forwarded-proto') ?? null,
    clientCert: found.get('x-forwarded-client-cert') ?? null,
  }
}

/** Whether `text` is exactly the Latin-1 bytes `[start, end)`. */
function sameText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

/** An IPv4 address that came in on a dual-stack socket is written as IPv4: rules and logs know it by that. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
