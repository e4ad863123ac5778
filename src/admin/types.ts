import type { Identity } from '../identity/types.ts'
import type { Actor as Granter } from '../policy/granting.ts'
import type { Actor } from '../store/types.ts'
import type { Peer } from '../tls/types.ts'

/** Who asks the administration. Made by whoever took the connection; nothing in a request can change it. */
export interface Caller {
  /** What they hold, and so what they may give. */
  readonly rights: Granter
  /** How the audit log calls them. */
  readonly actor: Actor
  /** `socket`: the local one, mode 0600, and a command on a gateway that is stopped. */
  readonly via: 'socket' | 'network'
  /** null: on the socket, or nobody that a domain can name. */
  readonly identity: Identity | null
  /** The judged certificate; null on the socket. */
  readonly peer: Peer | null
}

/** One request to the administration, read whole. */
export interface ApiRequest {
  /** Upper case as sent. */
  readonly method: string
  /** Without query, still encoded, beginning with `/`. */
  readonly path: string
  readonly query: URLSearchParams
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  readonly caller: Caller
  /** Says when whoever asked has gone, so that nothing long is done for nobody. */
  readonly signal?: AbortSignal
}

export interface ApiResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** null: none. A stream is sent as it comes, e.g. server-sent events or an export; it ends early where the client goes. */
  readonly body: string | Uint8Array | null | AsyncIterable<string>
}

/** Answers what it knows; null: not its path, ask the next. Problems with the request are answered, never thrown. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse | null>
