// The contender that most would write: Node's https server in front of http-proxy, with kept-alive upstream connections.
// usage: node node-http-proxy-server.ts PORT UPSTREAM_PORT CERT KEY CA
import { readFileSync } from 'node:fs'
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import httpProxy from 'http-proxy'

const [port, upstreamPort, cert, key, ca] = process.argv.slice(2) as [string, string, string, string, string]

const rolesOf = new Map([['client1', 'admin,reader']])

const proxy = httpProxy.createProxyServer({
  target: `http://127.0.0.1:${upstreamPort}`,
  agent: new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 512 }),
})
proxy.on('error', (_error, _request, response) => {
  if (!response.headersSent) response.writeHead(502)
  response.end()
})

function handle(request: IncomingMessage, response: ServerResponse): void {
  const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject
  const name = Array.isArray(CN) ? CN[0] : CN
  const roles = name === undefined ? undefined : rolesOf.get(name)
  if (name === undefined || roles === undefined) {
    response.writeHead(403).end()
    return
  }
  request.headers['x-client-cn'] = name
  request.headers['x-roles'] = roles
  proxy.web(request, response)
}

const server = createServer(
  {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ca: readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    keepAliveTimeout: 3_600_000,
    requestTimeout: 0,
    headersTimeout: 0,
  },
  handle,
)
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
