import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What `certgate start` puts behind the lock: it answers every request by showing what arrived. */
export interface DemoUpstream {
  readonly port: number
  close(): void
}

/** The port is free below 32768 as a rule: systems give out higher ones to any client that connects. */
const preferredPorts = Array.from({ length: 20 }, (_, index) => 8480 + index)

/** Listens on the given port of the loopback interface, or on a free one where none is given; rejects with the system's error. */
export async function startDemoUpstream(port?: number): Promise<DemoUpstream> {
  if (port !== undefined) return listen(port)
  for (const candidate of preferredPorts) {
    try {
      return await listen(candidate)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
  return listen(0)
}

async function listen(port: number): Promise<DemoUpstream> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const fromCertgate = /^(?:x-forwarded-|x-client-cert-|x-request-id$)/

function answer(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  const received = Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')] as const)
  const identity = received.filter(([name]) => fromCertgate.test(name))
  const others = received.filter(([name]) => !fromCertgate.test(name))
  if (request.headers.accept?.includes('application/json')) {
    const seen = {
      method: request.method,
      target: request.url,
      identity: Object.fromEntries(identity),
      headers: Object.fromEntries(others),
    }
    response.setHeader('content-type', 'application/json')
    response.end(`${JSON.stringify(seen, null, 2)}\n`)
    return
  }
  const list = (headers: readonly (readonly [string, string])[]) => headers.map(([name, value]) => `  ${name}: ${value}\n`).join('')
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(
    `certgate let this request through:\n  ${request.method} ${request.url}\n\n` +
      `it says who is asking, and no client can:\n${list(identity)}\nand the client sent:\n${list(others)}`,
  )
}
