import { Socket } from 'node:net'
import { createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls'
import type { ListenerTlsSettings } from '../config/settings.ts'
import { contextOptions } from './secure-context.ts'
import { findName } from './server-names.ts'
import { mayResume, type TrustDomain } from './trust-domain.ts'
import type { ListenerMaterial, TrustMaterial } from './types.ts'

/** A handshake that we ended, as opposed to OpenSSL. */
export class HandshakeError extends Error {
  readonly code: 'server_name_missing' | 'server_name_unknown' | 'handshake_timeout' | 'plain_http'

  constructor(code: HandshakeError['code'], message: string) {
    super(message)
    this.name = 'HandshakeError'
    this.code = code
  }
}

export interface HandshakeHandlers {
  readonly timeout: number
  onSecure(socket: TLSSocket): void
  onFailure(error: Error, socket: TLSSocket): void
}

/** Key of the trust that applies on a listener without SNI names. */
export const UNNAMED = ''

/** A client that offers none of these is refused (RFC 7301 section 3.2); old ones offer http/1.0 alone. */
const ALPN_PROTOCOLS = ['http/1.1', 'http/1.0']
/** A fatal alert record (RFC 8446 section 6.2, RFC 6066 section 3): unrecognized_name. */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112])
/** To whoever speaks HTTP without TLS, as OpenSSL tells by the first bytes (of GET, HEAD, POST and PUT). Nothing of the request is read. */
const SPEAK_HTTPS = 'this port speaks HTTPS: write https:// instead of http://\n'
const BAD_REQUEST = Buffer.from(
  `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${SPEAK_HTTPS.length}\r\nConnection: close\r\n\r\n${SPEAK_HTTPS}`,
)
/** What OpenSSL says when it got no certificate to show. */
const NO_CERTIFICATE: ReadonlySet<string> = new Set(['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', 'ERR_SSL_NO_SHARED_CIPHER'])

/** Which trust a handshake falls under: a key of `trusts`, or null where it is to be refused. */
export function trustFor(settings: ListenerTlsSettings, serverName: string | null): string | null {
  if (settings.names.size === 0) return UNNAMED
  return serverName === null ? settings.defaultName : findName(settings.names, serverName)
}

/** Lower case; null without SNI. */
export function serverNameOf(socket: TLSSocket): string | null {
  const { servername } = socket as { servername?: string | false | null }
  return typeof servername === 'string' && servername !== '' ? servername.toLowerCase() : null
}

/**
 * A server that never listens: it is handed accepted connections (`emit('connection')`), so that it can be replaced as a whole. Client
 * certificates are asked for and never rejected by OpenSSL: whoever gets `onSecure` decides. Throws where the material cannot be used.
 */
export function createHandshakeServer(
  settings: ListenerTlsSettings,
  material: ListenerMaterial,
  domains: ReadonlyMap<string, TrustDomain>,
  handlers: HandshakeHandlers,
): Server {
  const sole = domains.get(UNNAMED)
  const resumption = sole !== undefined && mayResume(sole)
  const optionsFor = (trust: TrustMaterial, key: string | null, own = true) =>
    contextOptions(
      trust,
      {
        mode: settings.clientauthMode,
        minVersion: settings.minVersion,
        sessionIdContext: (key === null ? undefined : domains.get(key)?.id) ?? 'nobody',
        resumption,
      },
      own,
    )
  const unnamed = trustFor(settings, null)
  const unnamedTrust = unnamed === null ? undefined : unnamed === UNNAMED ? material : material.names.get(unnamed)
  const named = new NamedContexts(
    settings,
    new Map([...material.names].map(([name, trust]) => [name, createSecureContext(optionsFor(trust, name))])),
  )
  const server = createServer({
    // Without SNI and a name for that case there is no certificate, and the handshake fails.
    ...(unnamedTrust === undefined ? optionsFor(material, null, false) : optionsFor(unnamedTrust, unnamed)),
    ticketKeys: Buffer.from(material.ticketKeys),
    requestCert: settings.clientauthMode !== 'NONE',
    rejectUnauthorized: false,
    ALPNProtocols: ALPN_PROTOCOLS,
    handshakeTimeout: handlers.timeout,
    ...(settings.names.size === 0 ? {} : { SNICallback: named.callback }),
  })
  server.on('secureConnection', (socket) => handlers.onSecure(socket))
  server.on('tlsClientError', (error, socket) => {
    const told = named.explain(error, socket, unnamed === null)
    if ('code' in told && told.code === 'plain_http') sendUnencrypted(socket, BAD_REQUEST)
    handlers.onFailure(told, socket)
    socket.destroy()
  })
  return server
}

type SniCallback = (this: unknown, name: string, done: (error: Error | null, context?: SecureContext) => void) => void

/** The secure contexts by SNI name, and who asked for one. */
class NamedContexts {
  readonly #settings: ListenerTlsSettings
  readonly #contexts: ReadonlyMap<string, SecureContext>
  readonly #asked = new WeakSet<object>()
  readonly callback: SniCallback

  constructor(settings: ListenerTlsSettings, contexts: ReadonlyMap<string, SecureContext>) {
    this.#settings = settings
    this.#contexts = contexts
    const select = (socket: unknown, name: string) => this.#select(socket, name)
    // An exception here would end the process (Node CVE-2026-21637): it only ends the handshake.
    this.callback = function (name, done) {
      let context: SecureContext
      try {
        context = select(this, name)
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
        return
      }
      done(null, context)
    }
  }

  /** OpenSSL's and Node's words into ours, where we know better what was wrong. */
  explain(error: Error, socket: TLSSocket, needsName: boolean): Error {
    const code = 'code' in error ? String(error.code) : ''
    if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return new HandshakeError('handshake_timeout', 'the handshake took too long')
    if (code === 'ERR_SSL_HTTP_REQUEST') return new HandshakeError('plain_http', 'plain HTTP was sent to a port that speaks HTTPS')
    if (!needsName || !NO_CERTIFICATE.has(code) || this.#asked.has(socket)) return error
    return new HandshakeError('server_name_missing', 'the client sent no server name (SNI), and no default_name is configured')
  }

  #select(socket: unknown, name: string): SecureContext {
    if (typeof socket === 'object' && socket !== null) this.#asked.add(socket)
    const key = trustFor(this.#settings, name)
    const context = key === null ? undefined : this.#contexts.get(key)
    if (context !== undefined) return context
    sendUnencrypted(socket, UNRECOGNIZED_NAME)
    throw new HandshakeError('server_name_unknown', `the server name ${JSON.stringify(name.slice(0, 255))} is not configured`)
  }
}

/**
 * Node offers no way to send an alert, or anything else outside of TLS; where the connection below cannot be got hold of, it is closed
 * without.
 */
function sendUnencrypted(socket: unknown, bytes: Buffer): void {
  const below: unknown = typeof socket === 'object' && socket !== null ? Reflect.get(socket, '_parent') : undefined
  if (below instanceof Socket) below.write(bytes)
}
