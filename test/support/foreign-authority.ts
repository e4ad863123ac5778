import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { issuerOf } from '../../src/certificates/issuer.ts'
import { answerOcsp, ocspDelegate } from '../../src/certificates/ocsp-respond.ts'
import { type Authority, type Issued, temporaryFolder } from './authority.ts'
import * as der from './der.ts'
import { type ExtensionSpec, generalName } from './extensions.ts'
import type { Lifetime } from './lifetime.ts'
import { run } from './outside-program.ts'

const hour = 3_600_000

/** authorityInfoAccess with OCSP responders. */
export function responders(...urls: readonly string[]): ExtensionSpec {
  const access = urls.map((url) => der.sequence(der.oid('1.3.6.1.5.5.7.48.1'), generalName(`URI:${url}`)))
  return { oid: '1.3.6.1.5.5.7.1.1', value: der.sequence(...access) }
}

/** cRLDistributionPoints, one for each URL. */
export function distributionPoints(...urls: readonly string[]): ExtensionSpec {
  const points = urls.map((url) => der.sequence(der.context(0, der.context(0, generalName(`URI:${url}`)))))
  return { oid: '2.5.29.31', value: der.sequence(...points) }
}

/** The database of `openssl ca`: V is valid, R is revoked, what is not there is unknown. */
export function opensslIndex(entries: readonly (readonly [state: 'V' | 'R', serial: string])[]): string {
  const date = (at: number) =>
    new Date(at)
      .toISOString()
      .replace(/[-:T]|\.\d+/g, '')
      .slice(2)
  const line = (state: string, serial: string) =>
    [
      state,
      date(Date.now() + 24 * hour),
      state === 'R' ? `${date(Date.now() - hour)},superseded` : '',
      serial,
      'unknown',
      `/CN=${serial}`,
    ].join('\t')
  return entries.map(([state, serial]) => `${line(state, serial)}\n`).join('')
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => unknown

/** A plain HTTP server that notes who connected and what was asked for. */
export interface Site {
  readonly port: number
  readonly url: (path: string) => string
  readonly paths: string[]
  connections: number
  handler: Handler
  close(): Promise<void>
}

export async function startSite(t: Lifetime, handler: Handler): Promise<Site> {
  const running = new Set<Promise<unknown>>()
  let closing = false
  const server = createServer((request, response) => {
    site.paths.push(request.url ?? '')
    const answering = (async () => site.handler(request, response, Buffer.concat(await request.toArray())))()
    const done: Promise<unknown> = answering
      .catch((error: unknown) => {
        // Whoever asks until the end is cut off in the middle.
        if (!closing) throw error
      })
      .finally(() => running.delete(done))
    running.add(done)
  })
  server.on('connection', () => site.connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // What an answer is made with may go after it: those under way are awaited.
  const close = async () => {
    closing = true
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    await Promise.allSettled(running)
  }
  t.after(close)
  const { port } = server.address() as { port: number }
  const site: Site = { port, url: (path) => `http://127.0.0.1:${port}${path}`, paths: [], connections: 0, handler, close }
  return site
}

/** `openssl ocsp` for the certificates of one authority, run for each request, so that it always reads the database of now. */
export class OpensslResponder {
  readonly #authority: Authority
  readonly #folder: ReturnType<typeof temporaryFolder>
  readonly #states = new Map<string, 'V' | 'R'>()
  #count = 0

  constructor(t: Lifetime, authority: Authority) {
    this.#authority = authority
    this.#folder = temporaryFolder(t)
    this.signWith('ca', authority)
  }

  get folder(): string {
    return this.#folder.path
  }

  signWith(name: string, { certificate, key }: Issued): void {
    this.#folder.write(`${name}.crt`, certificate)
    this.#folder.write(`${name}.key`, key)
  }

  set(state: 'V' | 'R', { serial }: Issued): void {
    this.#states.set(serial, state)
    this.#folder.write('index.txt', opensslIndex([...this.#states].map(([one, is]) => [is, one])))
  }

  /** Signed by the authority, or by what `signWith` was told under this name. */
  async answer(request: Buffer, signer = 'ca'): Promise<Buffer> {
    const id = ++this.#count
    this.#folder.write(`${id}.req`, request)
    const files = ['-index', 'index.txt', '-CA', 'ca.crt', '-rsigner', `${signer}.crt`, '-rkey', `${signer}.key`, '-nmin', '30']
    const { code, stderr } = await run('openssl', ['ocsp', ...files, '-reqin', `${id}.req`, '-respout', `${id}.res`], { cwd: this.folder })
    if (code !== 0) throw new Error(stderr)
    return readFileSync(join(this.folder, `${id}.res`))
  }

  /** Well signed, but its dates are over. */
  answerOld(request: Buffer): Buffer {
    const { certificate, keyObject, chain, key } = this.#authority
    const issuer = issuerOf(new X509Certificate(certificate), keyObject, chain)
    const then = Date.now() - 2 * hour
    const delegate = ocspDelegate(certificate, key)
    return answerOcsp(request, [{ issuer, delegate }], () => ({ kind: 'good' }), { thisUpdate: then, nextUpdate: then + hour })
  }
}

export function sendOcsp(response: ServerResponse, answer: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/ocsp-response' }).end(answer)
}
