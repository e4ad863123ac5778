import { hash, X509Certificate } from 'node:crypto'
import type { AuthorityService } from '../../admin/authority-service.ts'
import { type Issuer, issuerKeyId } from '../../certificates/issuer.ts'
import { readOcspRequest } from '../../certificates/ocsp-request.ts'
import { ocspFailure } from '../../certificates/ocsp-respond.ts'
import { OCSP_LIFETIME, type OcspService } from '../../certificates/ocsp-service.ts'
import { UnreadableCertificateError } from '../../errors.ts'
import { type PkiAnswer, type PkiRequest, plain } from './server.ts'

/** Seconds that somebody may keep an answer: how late they may hear of a revocation, at most. */
const OCSP_MAX_AGE = 300
const CERTIFICATE_MAX_AGE = 3_600

export interface PkiSources {
  readonly service: AuthorityService
  readonly ocsp: OcspService
  now(): number
  failed(error: unknown): void
}

/** Answers everything that is served on pki.http; what is not named here is not found. */
export async function answerPki(request: PkiRequest, sources: PkiSources): Promise<PkiAnswer> {
  const { method, path } = request
  if (path === '/ocsp' || path.startsWith('/ocsp/')) return answerOcspRequest(request, sources)
  const file = fileAt(path, sources)
  if (file === null) return plain(404, 'not found')
  if (method !== 'GET') return plain(405, 'method not allowed', { Allow: 'GET, HEAD' })
  const etag = tagOf(file.body)
  const headers = { 'Content-Type': file.type, ETag: etag, 'Cache-Control': `public, max-age=${file.maxAge}`, ...file.headers }
  if (request.ifNoneMatch === etag) return { status: 304, headers: { ETag: etag, 'Cache-Control': headers['Cache-Control'] }, body: '' }
  return { status: 200, headers, body: file.body }
}

const tags = new WeakMap<Uint8Array, string>()

/** Made once of a list, which may have megabytes: anybody may ask for it as often as they like. */
function tagOf(body: Uint8Array | string): string {
  const known = typeof body === 'string' ? undefined : tags.get(body)
  if (known !== undefined) return known
  const tag = `"${hash('sha256', body, 'hex').slice(0, 32)}"`
  if (typeof body !== 'string') tags.set(body, tag)
  return tag
}

interface ServedFile {
  readonly type: string
  readonly body: Uint8Array | string
  readonly maxAge: number
  readonly headers?: Readonly<Record<string, string>>
}

function fileAt(path: string, { service, now }: PkiSources): ServedFile | null {
  const { issuing, issuers, roots } = service.authority()
  const [, keyId] = /^\/crl\/([0-9a-f]{64})\.crl$/.exec(path) ?? []
  if (keyId !== undefined) return crlFile(service, keyId, now())
  const [, issuerId, kind] = /^\/issuing\/([0-9a-f]{64})\.(crt|cer)$/.exec(path) ?? []
  if (issuerId !== undefined) return certificateFile(issuers.find((issuer) => issuerKeyId(issuer) === issuerId) ?? null, kind)
  if (path === '/issuing.crt' || path === '/issuing.cer') return certificateFile(issuing, path.slice(-3))
  if (roots.length === 0) return null
  if (path === '/ca.crt') return { type: 'application/x-pem-file', body: roots.join(''), maxAge: OCSP_MAX_AGE }
  // DER holds one certificate: the root above what signs now stands first.
  if (path === '/ca.cer') return { type: 'application/pkix-cert', body: new X509Certificate(roots[0] ?? '').raw, maxAge: OCSP_MAX_AGE }
  return null
}

function certificateFile(issuer: Issuer | null, kind: string | undefined): ServedFile | null {
  if (issuer === null) return null
  const { certificate } = issuer
  return kind === 'cer'
    ? { type: 'application/pkix-cert', body: certificate.raw, maxAge: CERTIFICATE_MAX_AGE }
    : { type: 'application/x-pem-file', body: certificate.toString(), maxAge: CERTIFICATE_MAX_AGE }
}

/** May be kept as long as an OCSP answer: a list signed at a revocation has to reach who has the one before. */
function crlFile(service: AuthorityService, keyId: string, now: number): ServedFile | null {
  const crl = service.crlOf(keyId)
  if (crl === null) return null
  const left = Math.max(0, Math.floor((crl.nextUpdate - now) / 1000))
  const headers = { 'Last-Modified': httpDate(crl.thisUpdate), Expires: httpDate(Math.min(crl.nextUpdate, now + OCSP_MAX_AGE * 1000)) }
  return { type: 'application/pkix-crl', body: crl.der, maxAge: Math.min(OCSP_MAX_AGE, left), headers }
}

/** RFC 6960 appendix A.1 and RFC 5019: POST, or GET with the request in base64 behind `/ocsp/`. */
async function answerOcspRequest(request: PkiRequest, sources: PkiSources): Promise<PkiAnswer> {
  const { method, path, body } = request
  const isPost = method === 'POST' && (path === '/ocsp' || path === '/ocsp/')
  if (!isPost && method !== 'GET') return plain(405, 'method not allowed', { Allow: 'GET, HEAD, POST' })
  if (!isPost && path === '/ocsp') return plain(405, 'method not allowed', { Allow: 'POST' })
  const asked = isPost ? body : fromPath(path.slice('/ocsp/'.length))
  let answer: Buffer
  try {
    answer = await sources.ocsp.answer(asked, sources.service.authority().issuers)
  } catch (error) {
    sources.failed(error)
    answer = ocspFailure('internalError')
  }
  return {
    status: 200,
    headers: { 'Content-Type': 'application/ocsp-response', ...cacheHeaders(asked, answer, isPost, sources.now()) },
    body: answer,
  }
}

/** Only a signed answer to GET without a nonce is anybody else's too (RFC 5019 section 6). */
function cacheHeaders(asked: Buffer, answer: Buffer, isPost: boolean, now: number): Record<string, string> {
  // An unsigned failure is five bytes: SEQUENCE of an ENUMERATED.
  if (isPost || answer.length < 16 || hasNonce(asked)) return { 'Cache-Control': 'no-store' }
  const thisUpdate = Math.floor(now / 1000) * 1000
  return {
    'Cache-Control': `max-age=${OCSP_MAX_AGE}, public, no-transform, must-revalidate`,
    'Last-Modified': httpDate(thisUpdate),
    Expires: httpDate(Math.min(thisUpdate + OCSP_LIFETIME, now + OCSP_MAX_AGE * 1000)),
    ETag: `"${hash('sha256', answer, 'hex').slice(0, 32)}"`,
  }
}

function hasNonce(asked: Buffer): boolean {
  try {
    return readOcspRequest(asked).nonce !== null
  } catch (error) {
    if (error instanceof UnreadableCertificateError) return true
    throw error
  }
}

/** What is no base64 becomes nothing, which is answered `malformedRequest`. */
function fromPath(encoded: string): Buffer {
  try {
    const text = decodeURIComponent(encoded)
    return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  } catch {
    return Buffer.alloc(0)
  }
}

const httpDate = (moment: number): string => new Date(moment).toUTCString()
