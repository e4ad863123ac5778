import type { RequestHead } from '../http1/request-head.ts'
import type { Peer } from '../tls/types.ts'
import type { Authentication } from './authentication/types.ts'
import { inboundHeaders } from './client-head.ts'
import { Principal } from './principal.ts'
import type { GatewayServices, ListenerRuntime, Runtime } from './runtime.ts'

/** Who is asking on one client connection, and what is kept of the answer from one request to the next. */
export class Recognition {
  readonly #services: GatewayServices
  readonly #remoteAddress: string
  /** Kept only where the certificate alone decides; never what came from a password. */
  #authentication: Authentication | null = null
  #principal: Principal | null = null
  #lines = ''
  #linesFor: Principal | null = null
  #linesHost = ''

  constructor(services: GatewayServices, remoteAddress: string) {
    this.#services = services
    this.#remoteAddress = remoteAddress
  }

  /** The snapshot changed: everything is asked anew. */
  forget(): void {
    this.#authentication = this.#principal = this.#linesFor = null
  }

  /** Runs the domain chain, or repeats its answer. A promise only where a password has to be checked. */
  authenticate(
    runtime: Runtime,
    listener: ListenerRuntime,
    peer: Peer | null,
    bytes: Buffer,
    head: RequestHead,
  ): Authentication | Promise<Authentication> {
    const { authenticator } = runtime
    if (authenticator.perRequest) {
      const authorization = head.authorizationStart < 0 ? null : bytes.latin1Slice(head.authorizationStart, head.authorizationEnd)
      return authenticator.authenticate(peer, authorization, this.#remoteAddress, listener.adminDns(peer?.serverName ?? null))
    }
    this.#authentication ??= authenticator.authenticate(
      peer,
      null,
      this.#remoteAddress,
      listener.adminDns(peer?.serverName ?? null),
    ) as Authentication
    return this.#authentication
  }

  /** The identity with its roles and headers; made again only for another identity. */
  principal(runtime: Runtime, listener: ListenerRuntime, peer: Peer | null, authentication: Authentication): Principal {
    const { identity } = authentication
    if (this.#principal !== null && this.#principal.identity === identity) return this.#principal
    this.#principal = new Principal(runtime, identity, {
      remoteAddress: this.#remoteAddress,
      scheme: listener.scheme,
      certificate: peer?.certificate ?? null,
    })
    for (const detail of this.#principal.dropped) {
      this.#services.audit({ kind: 'BAD_HEADERS', reason: 'identity_unusable', remote: this.#remoteAddress, detail: `not sent: ${detail}` })
    }
    return this.#principal
  }

  /** The gateway's own header lines for this identity and Host; the same for every request, unless a trusted hop's are continued. */
  headerLines(runtime: Runtime, principal: Principal, host: string, bytes: Buffer, head: RequestHead): string {
    const { headers } = runtime
    if (headers.readsInbound(principal.subject)) {
      return principal.lines + headers.hostLines(principal.subject, host, inboundHeaders(bytes, head))
    }
    if (this.#linesFor !== principal || this.#linesHost !== host) {
      this.#lines = principal.lines + headers.hostLines(principal.subject, host)
      this.#linesFor = principal
      this.#linesHost = host
    }
    return this.#lines
  }
}
