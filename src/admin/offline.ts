import { LOCAL_OPERATOR } from '../policy/granting.ts'
import { createApi } from './api.ts'
import type { AdministrationContext } from './context.ts'
import type { ApiResponse, Caller } from './types.ts'

/** Whoever can open the local socket, or the files of a gateway that is stopped. */
export const CLI_CALLER: Caller = {
  rights: LOCAL_OPERATOR,
  actor: { name: 'cli', fingerprint: null },
  via: 'socket',
  identity: null,
  peer: null,
}

/** The same, where a user of the machine is told of. */
export function localCaller(osUser: string | undefined): Caller {
  return osUser === undefined ? CLI_CALLER : { ...CLI_CALLER, actor: { ...CLI_CALLER.actor, osUser } }
}

/** One request of a command; as it would go over the socket. */
export interface OfflineRequest {
  readonly method: string
  /** With its query. */
  readonly target: string
  readonly headers?: ReadonlyMap<string, string>
  readonly body?: Buffer
}

export interface OfflineAdministration {
  /** Never rejects for what is wrong with the request. */
  handle(request: OfflineRequest): Promise<ApiResponse>
  /** Closes the store. */
  close(): void
}

/** The same administration for commands, in this process over an opened store: for a gateway that is stopped. */
export function openOffline(
  context: AdministrationContext,
  failed: (error: unknown) => void,
  caller: Caller = CLI_CALLER,
): OfflineAdministration {
  const api = createApi(context, failed)
  return {
    handle({ method, target, headers = new Map(), body = Buffer.alloc(0) }) {
      const at = target.indexOf('?')
      const path = at === -1 ? target : target.slice(0, at)
      const query = new URLSearchParams(at === -1 ? '' : target.slice(at + 1))
      return api({ method, path, query, headers, body, caller })
    },
    close: () => context.store.close(),
  }
}
