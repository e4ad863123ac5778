import type { RequestHead } from '../http1/request-head.ts'
import { type CanonicalPath, canonicalise, isCanonical } from '../policy/path.ts'
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
  /** null: the path was canonical as received. */
  canonical: CanonicalPath | null = null
  found: Route | RouteMiss = 'route_missing'
  #hostName = ''
  #misdirected = false
  #foundPath: string | null = null
  #foundMethod = ''

  /** The snapshot changed: nothing looked up before holds. */
  forget(): void {
    this.host = ''
    this.#foundPath = null
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
    return this.#readHost(bytes, head, listener, peer) ?? this.#readPath(bytes, head, method) ?? this.#find(runtime, listener.name, method)
  }

  #readHost(bytes: Buffer, head: RequestHead, listener: ListenerRuntime, peer: Peer | null): Misaddressed | null {
    if (!sameText(this.host, bytes, head.hostStart, head.hostEnd)) {
      const host = bytes.latin1Slice(head.hostStart, head.hostEnd)
      const name = hostName(host)
      if (name === null) return { reason: 'malformed_request', detail: 'Host is not a name or an address' }
      this.host = host
      this.#hostName = name
      this.#foundPath = null
      this.#misdirected = isMisdirected(name, listener, peer)
    }
    if (!this.#misdirected) return null
    return { reason: 'misdirected_request', detail: `Host ${this.host} is not served under the name of this TLS connection` }
  }

  #readPath(bytes: Buffer, head: RequestHead, method: string): Misaddressed | null {
    const { targetStart, targetEnd } = head
    if (isCanonical(bytes, targetStart, targetEnd)) {
      let end = targetStart
      while (end < targetEnd && bytes[end] !== QUESTION) end++
      if (!sameText(this.path, bytes, targetStart, end)) this.path = bytes.latin1Slice(targetStart, end)
      this.canonical = null
      return null
    }
    const canonical = canonicalise(bytes.latin1Slice(targetStart, targetEnd), method)
    if (canonical.problem !== null) return { reason: 'malformed_path', detail: canonical.problem }
    if (canonical.authority !== null && canonical.authority !== this.host.toLowerCase()) {
      return { reason: 'malformed_request', detail: 'the target names another host than Host' }
    }
    this.path = canonical.path
    this.canonical = canonical
    return null
  }

  #find(runtime: Runtime, listener: string, method: string): null {
    if (this.path !== this.#foundPath || method !== this.#foundMethod) {
      this.found = runtime.policy.findRoute(listener, this.#hostName, this.path, method)
      this.#foundPath = this.path
      this.#foundMethod = method
    }
    return null
  }
}

function isMisdirected(host: string, { nameFor }: ListenerRuntime, peer: Peer | null): boolean {
  if (nameFor === null) return false
  const under = nameFor(peer?.serverName ?? null)
  return under === null || nameFor(host) !== under
}
