import type { RequestHead } from '../http1/request-head.ts'
import { type CanonicalPath, canonicalise, DEFAULT_PATH_POLICY, isCanonical } from '../policy/path.ts'
import type { Reason, Route, RouteMiss } from '../policy/types.ts'
import type { Peer } from '../tls/types.ts'
import { hostName, sameText } from './client-head.ts'
import type { ListenerRuntime, Runtime } from './runtime.ts'

const QUESTION = 63

/** Why a request is addressed to nobody we may answer for. */
export interface Misaddressed {
  readonly reason: Reason
  readonly detail: string
}

/**
 * What a request is for: its host, its canonical path and the route they lead to. One per client connection; what the next request
 * says again is not made into text or looked up a second time.
 */
export class Addressee {
  /** `Host` as received. */
  host = ''
  /** The canonical path, which decides. */
  path = ''
  /** What to ask the upstream for: path as its route's policy forwards it, and query; null where the target goes on as received. */
  target: string | null = null
  found: Route | RouteMiss = 'route_missing'
  #hostName = ''
  #misdirected = false
  #foundPath: string | null = null
  #foundMethod = ''
  /** Number of the remembered head that host, path and route are those of; 0 for any other. */
  #memo = 0

  /** The snapshot changed: nothing looked up before holds. */
  forget(): void {
    this.host = ''
    this.#foundPath = null
    this.#memo = 0
  }

  /** Reads host, path and route of a head; null where all is well. */
  resolve(
    bytes: Buffer,
    head: RequestHead,
    method: string,
    runtime: Runtime,
    listener: ListenerRuntime,
    peer: Peer | null,
  ): Misaddressed | null {
    if (head.memo !== 0 && head.memo === this.#memo) return null
    this.#memo = 0
    const problem = this.#resolve(bytes, head, method, runtime, listener, peer)
    if (problem === null) this.#memo = head.memo
    return problem
  }

  #resolve(
    bytes: Buffer,
    head: RequestHead,
    method: string,
    runtime: Runtime,
    listener: ListenerRuntime,
    peer: Peer | null,
  ): Misaddressed | null {
    this.target = null
    const problem = this.#readHost(bytes, head, listener, peer)
    if (problem !== null) {
      this.path = ''
      return problem
    }
    if (this.#isCanonical(bytes, head)) {
      this.#find(runtime, listener.name, method)
      return null
    }
    const canonical = this.#canonicalise(bytes, head, method)
    if ('reason' in canonical) return canonical
    this.#find(runtime, listener.name, method)
    const path = canonical.forwardPath(typeof this.found === 'string' ? DEFAULT_PATH_POLICY : this.found.settings.pathPolicy)
    if (typeof path !== 'string') return { reason: 'malformed_path', detail: path.problem }
    this.target = path + canonical.query
    return null
  }

  #readHost(bytes: Buffer, head: RequestHead, listener: ListenerRuntime, peer: Peer | null): Misaddressed | null {
    if (!sameText(this.host, bytes, head.hostStart, head.hostEnd)) {
      const host = bytes.latin1Slice(head.hostStart, head.hostEnd)
      const name = hostName(host)
      this.host = ''
      if (name === null) return { reason: 'malformed_request', detail: 'Host is not a name or an address' }
      this.host = host
      this.#hostName = name
      this.#foundPath = null
      this.#misdirected = isMisdirected(name, listener, peer)
    }
    if (!this.#misdirected) return null
    return { reason: 'misdirected_request', detail: `Host ${this.host} is not served under the name of this TLS connection` }
  }

  #isCanonical(bytes: Buffer, { targetStart, targetEnd }: RequestHead): boolean {
    if (!isCanonical(bytes, targetStart, targetEnd)) return false
    let end = targetStart
    while (end < targetEnd && bytes[end] !== QUESTION) end++
    if (!sameText(this.path, bytes, targetStart, end)) this.path = bytes.latin1Slice(targetStart, end)
    return true
  }

  #canonicalise(bytes: Buffer, { targetStart, targetEnd }: RequestHead, method: string): CanonicalPath | Misaddressed {
    // Until it is understood there is no path: the log must not show the last request's.
    this.path = ''
    const canonical = canonicalise(bytes.latin1Slice(targetStart, targetEnd), method)
    if (canonical.problem !== null) return { reason: 'malformed_path', detail: canonical.problem }
    if (canonical.authority !== null && canonical.authority !== this.host.toLowerCase()) {
      return { reason: 'malformed_request', detail: 'the target names another host than Host' }
    }
    this.path = canonical.path
    return canonical
  }

  #find(runtime: Runtime, listener: string, method: string): void {
    if (this.path === this.#foundPath && method === this.#foundMethod) return
    this.found = runtime.policy.findRoute(listener, this.#hostName, this.path, method)
    this.#foundPath = this.path
    this.#foundMethod = method
  }
}

function isMisdirected(host: string, { nameFor }: ListenerRuntime, peer: Peer | null): boolean {
  if (nameFor === null) return false
  const under = nameFor(peer?.serverName ?? null)
  return under === null || nameFor(host) !== under
}
