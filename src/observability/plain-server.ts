import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CertgateError } from '../errors.ts'
import { limitConnections } from './connection-room.ts'
import { limitPipelining } from './pipelining.ts'

/** `handle`: that address, bound already. */
export interface PlainAddress {
  readonly host: string
  readonly port: number
  readonly handle?: object
}

/** What a client may hold of a server. Times in milliseconds. */
export interface PlainLimits {
  readonly connections: number
  readonly headBytes: number
  readonly head: number
  readonly request: number
  /** Without a byte either way. */
  readonly idle: number
  readonly keepAlive: number
}

export interface PlainServer {
  readonly address: AddressInfo
  /** Stops accepting and closes idle connections; answers under way have a second to finish. */
  close(): Promise<void>
}

/** Of the system's codes, without the address that it would tell again. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program already listens there'],
  ['EACCES', 'not permitted'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
])
const CLOSE_TIMEOUT = 1_000

/**
 * Plain HTTP for the public or for probes, bounded in everything a client may hold. Rejects with CertgateError `address_unavailable`;
 * `shown` is the address as that error calls it. `failed` hears of connections that could not be accepted.
 */
export async function openPlainServer(
  address: PlainAddress & { readonly shown: string },
  limits: PlainLimits,
  respond: RequestListener,
  failed: (error: unknown) => void,
): Promise<PlainServer> {
  const server = createServer(
    {
      maxHeaderSize: limits.headBytes,
      headersTimeout: limits.head,
      requestTimeout: limits.request,
      keepAliveTimeout: limits.keepAlive,
      connectionsCheckingInterval: 1_000,
    },
    limitPipelining(respond),
  )
  limitConnections(server, limits.connections)
  server.timeout = limits.idle
  try {
    server.listen(address.handle ?? { host: address.host, port: address.port })
    await once(server, 'listening')
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw new CertgateError('address_unavailable', `cannot open ${address.shown}: ${WORDS.get(code) ?? message}`, { cause })
  }
  server.on('error', failed)
  return {
    address: server.address() as AddressInfo,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      const deadline = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT)
      await closed
      clearTimeout(deadline)
    },
  }
}
