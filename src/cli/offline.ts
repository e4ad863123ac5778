import type { ApiHandler, ApiResponse, Caller } from '../admin/types.ts'
import type { ApiAnswer, ApiCall } from '../control/api-client.ts'
import { CertgateError } from '../errors.ts'
import { LOCAL_OPERATOR } from '../policy/granting.ts'
import type { Terminal } from './command.ts'

/** The administration of a gateway that is stopped, in this process. */
export interface OfflineGateway {
  ask(call: ApiCall): Promise<ApiAnswer>
  close(): void
}

/** Whoever may open the files may do all with them, as on the admin socket. */
const CALLER: Caller = { rights: LOCAL_OPERATOR, actor: { name: 'cli', fingerprint: null }, via: 'socket', identity: null, peer: null }

/** Calls of the HTTP API, answered by its own handlers. */
export function offlineGateway(handle: ApiHandler, close: () => void): OfflineGateway {
  return {
    close,
    async ask({ method, path, headers = {}, body = '' }) {
      const [pathname = '', query = ''] = path.split('?', 2)
      const response = await handle({
        method,
        path: pathname,
        query: new URLSearchParams(query),
        headers: new Map(Object.entries(headers)),
        body: Buffer.from(body),
        caller: CALLER,
      })
      if (response === null) return answerOf({ status: 404, headers: {}, body: null })
      return answerOf(response)
    },
  }
}

function answerOf({ status, headers, body }: ApiResponse): ApiAnswer {
  const names = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { status, headers: names, body: chunksOf(body) }
}

async function* chunksOf(body: ApiResponse['body']): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return
  if (typeof body === 'string') yield Buffer.from(body)
  else if (body instanceof Uint8Array) yield body
  else for await (const text of body) yield Buffer.from(text)
}

/** Opens the store that a configuration names. Throws ConfigError with every problem of it, and what `openStore` throws. */
export async function openOffline(_config: string | undefined, _terminal: Pick<Terminal, 'cwd'>): Promise<OfflineGateway> {
  throw new CertgateError('not_running', 'certgate is not running', { hint: "start it with 'certgate serve'" })
}
