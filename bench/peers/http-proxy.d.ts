/** The part of http-proxy 1.18 that the contender uses; the package has no types of its own. */
declare module 'http-proxy' {
  import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http'

  interface ProxyServer {
    web(request: IncomingMessage, response: ServerResponse): void
    on(event: 'proxyReq', listener: (outgoing: ClientRequest, request: IncomingMessage) => void): this
    on(event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): this
  }

  const httpProxy: { createProxyServer(options: { target: string; agent: Agent }): ProxyServer }
  export default httpProxy
}
