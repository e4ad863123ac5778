import { X509Certificate } from 'node:crypto'
import { Agent, request } from 'node:https'
import { readCertsOnly } from '../certificates/certs-only.ts'
import { CertgateError, UsageError } from '../errors.ts'

/** What enrolment answered, or that it did not. */
export class EstError extends CertgateError {
  /** null: nobody answered. */
  readonly status: number | null
  /** Milliseconds after which it wants to be asked again; null: it did not say. */
  readonly retryAfter: number | null
  /** What was shown can never be renewed. */
  readonly isFinal: boolean

  constructor(message: string, options: { status?: number; retryAfter?: number | null; hint?: string; cause?: unknown } = {}) {
    const { status = null, retryAfter = null, ...rest } = options
    super(status === null ? 'not_running' : 'enrolment_refused', message, rest)
    this.status = status
    this.retryAfter = retryAfter
    // A disabled one may be enabled again.
    this.isFinal = status === 403 && /\bcertificate_(?:expired|revoked)\b/.test(message)
  }
}

export interface EstOptions {
  /** `https://HOST:PORT`, or with the whole path before the operation. */
  readonly url: string
  /** PEM of whom to trust for the gateway; null: the authorities that Node.js comes with. */
  readonly ca: string | null
}

/** A client certificate with its chain, and its key, as PEM. */
export interface EstPair {
  readonly certificate: string
  readonly key: string
}

const WRONG_ADDRESS = 'name the address of pki.est in the configuration of the gateway'
const DEFAULT_PATH = '/.well-known/est'
/** Milliseconds for one answer: it may wait behind the hashes of passwords. */
const TIMEOUT = 30_000
const MAX_BODY = 1024 * 1024

/** Asks an EST server (RFC 7030). Every connection is verified. Rejects with EstError. */
export class EstClient {
  readonly #base: string
  readonly #ca: string | null

  /** Throws UsageError for a URL that is none of https. */
  constructor({ url, ca }: EstOptions) {
    const parsed = URL.parse(url)
    if (parsed === null || parsed.protocol !== 'https:' || parsed.username !== '' || parsed.search !== '' || parsed.hash !== '')
      throw new UsageError(`--est: ${url} is no address of enrolment`, 'write https://HOST:PORT')
    const path = parsed.pathname.replace(/\/+$/, '')
    this.#base = `${parsed.origin}${path === '' ? DEFAULT_PATH : path}`
    this.#ca = ca
  }

  /** A first certificate (DER) of this name for a request (DER) and a one-time token, which is not used up where it is for another name. */
  async enrol(csr: Buffer, { token, name }: { readonly token: string; readonly name: string }, signal?: AbortSignal): Promise<Buffer> {
    const authorization = `Basic ${Buffer.from(`token:${token}`).toString('base64')}`
    return sole(await this.#ask('simpleenroll', { csr, authorization, name, signal }))
  }

  /** The successor (DER) of a certificate, which is shown in the handshake. */
  async renew(csr: Buffer, current: EstPair, signal?: AbortSignal): Promise<Buffer> {
    return sole(await this.#ask('simplereenroll', { csr, current, signal }))
  }

  /** All certificates (DER) that the server tells: roots, and what stands below them. */
  authorities(signal?: AbortSignal): Promise<Buffer[]> {
    return this.#ask('cacerts', { signal })
  }

  async #ask(operation: string, question: Question): Promise<Buffer[]> {
    const { status, retryAfter, body, type } = await this.#exchange(`${this.#base}/${operation}`, question)
    // Nobody's words about enrolment: another address, of the gateway or of something else.
    if (status !== 200 && !/^text\/plain\b/i.test(type))
      throw this.#notEnrolment(`${operation} was answered with status ${status}`, status, retryAfter)
    if (status !== 200) {
      const [first = '', hint] = body.toString('utf8').split('\n')
      const told = first.replace(/\p{Cc}/gu, ' ').slice(0, 300)
      const why = told === '' ? '' : `: ${told}`
      throw new EstError(`enrolment answered ${status}${why}`, {
        status,
        retryAfter,
        ...(hint ? { hint: hint.replace(/\p{Cc}/gu, ' ') } : {}),
      })
    }
    try {
      return readCertsOnly(Buffer.from(body.toString('latin1').replace(/\s/g, ''), 'base64'))
    } catch (cause) {
      throw this.#notEnrolment('it answered with something else than certificates', status, null, cause)
    }
  }

  #notEnrolment(why: string, status: number, retryAfter: number | null, cause?: unknown): EstError {
    return new EstError(`what answers on ${new URL(this.#base).host} is no EST server: ${why}`, {
      status,
      retryAfter,
      hint: WRONG_ADDRESS,
      ...(cause === undefined ? {} : { cause }),
    })
  }

  #exchange(url: string, { csr, authorization, name, current, signal }: Question): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered>()
    const agent = new Agent({ keepAlive: false, ...(this.#ca === null ? {} : { ca: this.#ca }) })
    const failed = (cause: Error) => reject(unreachable(url, cause))
    const body = csr === undefined ? null : csr.toString('base64').replace(/.{1,76}/g, '$&\r\n')
    const sent = request(
      url,
      {
        agent,
        method: body === null ? 'GET' : 'POST',
        timeout: TIMEOUT,
        ...(signal === undefined ? {} : { signal }),
        ...(current === undefined ? {} : { cert: current.certificate, key: current.key }),
        headers: {
          ...(body === null ? {} : { 'Content-Type': 'application/pkcs10', 'Content-Length': Buffer.byteLength(body) }),
          ...(authorization === undefined ? {} : { Authorization: authorization }),
          ...(name === undefined ? {} : { 'Certgate-Expected-Name': encodeURIComponent(name) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          chunks.push(chunk)
          if (length > MAX_BODY) sent.destroy(new Error('the answer is too long'))
        })
        response.once('error', failed)
        response.once('end', () => {
          const { statusCode = 0, headers } = response
          resolve({
            status: statusCode,
            retryAfter: secondsOf(headers['retry-after']),
            body: Buffer.concat(chunks),
            type: headers['content-type'] ?? '',
          })
        })
      },
    )
    sent.once('timeout', () => sent.destroy(new Error(`there was no answer for ${TIMEOUT / 1000} s`)))
    sent.once('error', failed)
    sent.end(body ?? undefined)
    return promise
  }
}

interface Question {
  readonly csr?: Buffer
  readonly authorization?: string
  readonly name?: string
  readonly current?: EstPair
  readonly signal?: AbortSignal | undefined
}

interface Answered {
  readonly status: number
  readonly retryAfter: number | null
  readonly body: Buffer
  /** Its Content-Type. */
  readonly type: string
}

/** PEM of a certificate and of those above it without the root, as far as `known` has them. */
export function chainOf(leaf: Buffer, known: readonly Buffer[]): string {
  const others = known.map((der) => new X509Certificate(der))
  const chain: X509Certificate[] = []
  for (let last: X509Certificate | undefined = new X509Certificate(leaf); last !== undefined; ) {
    const below: X509Certificate = last
    chain.push(below)
    last = others.find(
      (other) => !chain.includes(other) && !other.checkIssued(other) && below.checkIssued(other) && below.verify(other.publicKey),
    )
  }
  return chain.map(String).join('')
}

function sole(certificates: readonly Buffer[]): Buffer {
  const [only] = certificates
  if (only === undefined || certificates.length !== 1)
    throw new EstError(`enrolment answered with ${certificates.length} certificates instead of one`, { status: 200 })
  return only
}

function secondsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null
}

function unreachable(url: string, cause: Error): EstError {
  const { host } = new URL(url)
  const code = 'code' in cause ? String(cause.code) : ''
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return new EstError(`what answers on ${host} speaks no TLS`, { cause, hint: WRONG_ADDRESS })
  const untrusted = /^(UNABLE_|SELF_SIGNED|DEPTH_ZERO|CERT_|ERR_TLS_CERT)/.test(code)
  const hint = untrusted ? 'name the root certificate of the gateway with --ca' : undefined
  return new EstError(`no answer from ${host}: ${cause.message || code}`, { cause, ...(hint === undefined ? {} : { hint }) })
}
