import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { ClientAuthMode, ListenerTlsSettings, TrustMode, TrustSettings } from '../../src/config/settings.ts'
import { createTlsListener, type TlsListener } from '../../src/tls/listener.ts'
import { loadListenerMaterial, type MaterialProblem } from '../../src/tls/material.ts'
import type { Registry } from '../../src/tls/registry.ts'
import type { ListenerMaterial, Peer } from '../../src/tls/types.ts'
import { type Authority, type Issued, temporaryFolder } from './authority.ts'

/** Whom a name of a test listener trusts; lists are CRLs in PEM. */
export interface Trusts {
  readonly server?: Issued
  readonly clientCa?: readonly { readonly certificate: string }[]
  readonly lists?: readonly string[]
  readonly validate?: boolean
  readonly onUnavailable?: 'deny' | 'allow'
  /** Default: `ca`. */
  readonly trust?: TrustMode
}

export interface ListenerSpec extends Trusts {
  readonly server: Issued
  readonly mode?: ClientAuthMode
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly names?: Readonly<Record<string, Trusts>>
  readonly defaultName?: string
}

export interface Prepared {
  readonly settings: ListenerTlsSettings
  readonly material: ListenerMaterial
  readonly problems: readonly MaterialProblem[]
}

interface Cleaner {
  after(callback: () => void): void
}

/** Writes the files of a listener and loads them as control does; throws where that finds an error. */
export function prepare(t: Cleaner, spec: ListenerSpec, ticketKeys?: Uint8Array): Prepared {
  const folder = temporaryFolder(t)
  let files = 0
  const write = (content: string) => folder.write(`file-${++files}.pem`, content)
  const trust = (one: Trusts): TrustSettings => ({
    certificate: {
      pfx: null,
      password: null,
      cert: write((one.server ?? spec.server).chain),
      key: write((one.server ?? spec.server).key),
      passphrase: null,
    },
    clientCa: (one.clientCa ?? spec.clientCa ?? []).map((ca) => write(ca.certificate)),
    trust: one.trust ?? 'ca',
    crl: {
      validate: one.validate ?? one.lists !== undefined,
      files: (one.lists ?? []).map(write),
      onUnavailable: one.onUnavailable ?? 'deny',
    },
  })
  const settings: ListenerTlsSettings = {
    ...trust(spec),
    clientauthMode: spec.mode ?? 'REQUIRE',
    minVersion: spec.minVersion ?? 'TLSv1.2',
    names: new Map(Object.entries(spec.names ?? {}).map(([name, one]) => [name, trust(one)])),
    defaultName: spec.defaultName ?? null,
  }
  const noPfx = () => {
    throw new TypeError('no PFX here')
  }
  const { material, problems } = loadListenerMaterial(settings, 'tls', noPfx)
  if (material === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  return { settings, material: ticketKeys === undefined ? material : { ...material, ticketKeys }, problems }
}

/** What the server saw of a connection, as it told the client. */
export interface Seen {
  readonly dn: string | null
  readonly refusal: string | null
  readonly detail: string
  readonly serverName: string | null
  readonly resumed: boolean
  readonly caKeys: readonly string[]
  readonly chain: number
}

export interface TestListener {
  readonly listener: TlsListener
  readonly port: number
  /** Verdicts in the order of the connections. */
  readonly peers: Peer[]
  readonly failures: (Error & { code?: string })[]
  update(prepared: Prepared): void
}

/** A listener on a free port of 127.0.0.1 that answers every connection with what it saw, as JSON, and waits for its end. */
export async function listen(
  t: Cleaner,
  { settings, material }: Prepared,
  options: { handshakeTimeout?: number; now?: () => number; registry?: Registry } = {},
): Promise<TestListener> {
  const peers: Peer[] = []
  const failures: Error[] = []
  const open = new Set<TLSSocket>()
  const listener = createTlsListener({
    name: 'test',
    settings,
    material,
    /** Read anew with each update. */
    get handshakeTimeout() {
      return options.handshakeTimeout ?? 5_000
    },
    ...(options.now === undefined ? {} : { now: options.now }),
    ...(options.registry === undefined ? {} : { registry: options.registry }),
    onConnection(socket, peer) {
      peers.push(peer)
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => open.delete(socket))
      socket.on('end', () => socket.end())
      socket.resume()
      const { certificate, refusal, detail, serverName, resumed } = peer
      const seen: Seen = {
        dn: certificate?.dn ?? null,
        refusal,
        detail,
        serverName,
        resumed,
        caKeys: certificate?.caKeys ?? [],
        chain: certificate?.chainBase64.length ?? 0,
      }
      socket.write(`${JSON.stringify(seen)}\n`)
    },
    onHandshakeFailure: (error) => void failures.push(error),
  })
  listener.server.listen(0, '127.0.0.1')
  await once(listener.server, 'listening')
  t.after(() => {
    listener.close()
    for (const socket of open) socket.destroy()
  })
  return {
    listener,
    port: (listener.server.address() as AddressInfo).port,
    peers,
    failures,
    update: (prepared) => listener.update(prepared.settings, prepared.material),
  }
}

export interface Answer {
  /** null where the handshake failed. */
  readonly seen: Seen | null
  /** Code of the error that ended it; null: none did. */
  readonly error: string | null
  readonly sessions: readonly Buffer[]
  /** The last session given out. */
  readonly session: Buffer | undefined
  readonly serverCertificate: string | null
}

export const versions = ['TLSv1.2', 'TLSv1.3'] as const

export const only = (version: (typeof versions)[number]) => ({ minVersion: version, maxVersion: version })

/** Client certificate and key as connection options. */
export const as = (client: Issued) => ({ cert: client.chain, key: client.key })

/** One connection as a client, to its end. `trusted`: the CA of the server; old clients' weak keys are allowed. */
export async function dial({ port }: { port: number }, trusted: Authority, options: ConnectionOptions = {}): Promise<Answer> {
  const sessions: Buffer[] = []
  let error: (Error & { code?: string }) | null = null
  let text = ''
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: trusted.certificate,
    checkServerIdentity: () => undefined,
    ciphers: 'DEFAULT:@SECLEVEL=0',
    ...options,
  })
  socket.on('session', (session) => sessions.push(session))
  socket.on('error', (raised) => {
    error ??= raised
  })
  let serverCertificate: string | null = null
  socket.once('secureConnect', () => {
    serverCertificate = socket.getPeerX509Certificate()?.subject ?? null
  })
  socket.setEncoding('utf8')
  socket.on('data', (chunk) => {
    text += chunk
    if (text.endsWith('\n')) socket.end()
  })
  await new Promise((resolve) => socket.once('close', resolve))
  const raised = error as (Error & { code?: string }) | null
  return {
    seen: text.endsWith('\n') ? (JSON.parse(text) as Seen) : null,
    error: raised === null ? null : (raised.code ?? raised.message),
    sessions,
    session: sessions.at(-1),
    serverCertificate,
  }
}
