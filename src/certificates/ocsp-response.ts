import { UnreadableCertificateError } from '../errors.ts'
import {
  contentBytes,
  type DerElement,
  DerReader,
  encodedBytes,
  GENERALIZED_TIME,
  INTEGER,
  inside,
  OCTET_STRING,
  SEQUENCE,
} from '../identity/der.ts'
import { hexOf, readOid, readTime } from '../identity/der-values.ts'
import { readSignatureAlgorithm } from '../tls/signature.ts'
import type { SignedBytes } from '../tls/types.ts'
import { readWholeBytes } from './bit-string.ts'
import { type CertId, readCertId } from './ocsp-cert-id.ts'
import { readNonce } from './ocsp-request.ts'
import { reasonName } from './revocation-reason.ts'

/** What one responder says of one certificate; times in milliseconds. */
export interface SingleResponse {
  readonly id: CertId
  readonly status: 'good' | 'revoked' | 'unknown'
  /** null where it is not revoked. */
  readonly revokedAt: number | null
  /** The standard's word; null where none is given. */
  readonly reason: string | null
  readonly thisUpdate: number
  /** null: newer information is always available. */
  readonly nextUpdate: number | null
}

/** A response that can be read; nothing of it is verified. */
export interface BasicResponse {
  /** Who says so: the hash of a key, or the DER of a name (both hex). */
  readonly responder: { readonly kind: 'key' | 'name'; readonly value: string }
  readonly producedAt: number
  readonly responses: readonly SingleResponse[]
  readonly nonce: Buffer | null
  readonly signed: SignedBytes
  /** DER of what the responder sent beside it. */
  readonly certificates: readonly Buffer[]
}

/** The reason that a responder gives for having no answer (RFC 6960 section 4.2.1). */
const FAILURES: ReadonlyMap<number, string> = new Map([
  [1, 'malformedRequest'],
  [2, 'internalError'],
  [3, 'tryLater'],
  [5, 'sigRequired'],
  [6, 'unauthorized'],
])

const OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1'
const ENUMERATED = 0x0a
const MAX_BYTES = 131_072
const MAX_CERTIFICATES = 16
const MAX_RESPONSES = 1_024

/** Reads an OCSP response; a responder's own failure is its word. Throws UnreadableCertificateError. */
export function readOcspResponse(bytes: Uint8Array): BasicResponse | { readonly failure: string } {
  if (bytes.length > MAX_BYTES)
    throw new UnreadableCertificateError(`the response has ${bytes.length} bytes, at most ${MAX_BYTES} are read`)
  const outer = new DerReader(bytes)
  const parts = outer.open(SEQUENCE, 'the response')
  outer.finish('the response')
  const code = small(parts.expect(ENUMERATED, 'the status of the response'))
  if (code !== 0) return { failure: FAILURES.get(code) ?? `status ${code}` }
  const wrapper = inside(parts.expect(0xa0, 'the response'), 'the response')
  parts.finish('the response')
  const envelope = wrapper.open(SEQUENCE, 'the response')
  wrapper.finish('the response')
  const type = readOid(envelope.next('the type of the response'), 'the type of the response')
  if (type !== OCSP_BASIC) throw new UnreadableCertificateError(`the response is of the unknown type ${type}`)
  const basic = new DerReader(contentBytes(envelope.expect(OCTET_STRING, 'the response')))
  envelope.finish('the response')
  const response = readBasic(basic.open(SEQUENCE, 'the basic response'))
  basic.finish('the basic response')
  return response
}

function readBasic(parts: DerReader): BasicResponse {
  const body = parts.expect(SEQUENCE, 'the body of the response')
  const algorithm = readSignatureAlgorithm(parts.expect(SEQUENCE, 'the signature algorithm'))
  const signature = readWholeBytes(parts, 'the signature')
  const sent = parts.optional(0xa0, 'the certificates of the response')
  parts.finish('the basic response')
  return {
    ...readBody(inside(body, 'the body of the response')),
    signed: {
      content: Buffer.from(encodedBytes(body)).toString('base64'),
      signature: Buffer.from(signature).toString('base64'),
      algorithm,
    },
    certificates: sent === null ? [] : readSent(inside(sent, 'the certificates of the response').open(SEQUENCE, 'the certificates')),
  }
}

function readBody(body: DerReader): Pick<BasicResponse, 'responder' | 'producedAt' | 'responses' | 'nonce'> {
  const version = body.optional(0xa0, 'the version')
  if (version !== null && small(inside(version, 'the version').expect(INTEGER, 'the version')) !== 0) {
    throw new UnreadableCertificateError('the version of the response is not 1')
  }
  const responder = readResponder(body.next('the responder'))
  const producedAt = readTime(body.expect(GENERALIZED_TIME, 'producedAt'), 'producedAt')
  const list = body.open(SEQUENCE, 'the single responses')
  const extensions = body.optional(0xa1, 'the extensions of the response')
  body.finish('the body of the response')
  const responses: SingleResponse[] = []
  while (!list.atEnd) {
    if (responses.length === MAX_RESPONSES) throw new UnreadableCertificateError(`it speaks of more than ${MAX_RESPONSES} certificates`)
    responses.push(readSingle(list.open(SEQUENCE, 'a single response')))
  }
  const nonce = extensions === null ? null : readNonce(inside(extensions, 'the extensions of the response'))
  return { responder, producedAt, responses, nonce }
}

function readResponder(element: DerElement): BasicResponse['responder'] {
  const wrapper = inside(element, 'the responder')
  if (element.tag === 0xa1) return { kind: 'name', value: hexOf(encodedBytes(wrapper.expect(SEQUENCE, 'the name of the responder'))) }
  if (element.tag === 0xa2) return { kind: 'key', value: hexOf(contentBytes(wrapper.expect(OCTET_STRING, 'the key of the responder'))) }
  throw new UnreadableCertificateError('the responder is neither a name nor a key')
}

function readSingle(parts: DerReader): SingleResponse {
  const id = readCertId(parts.expect(SEQUENCE, 'the certificate id'))
  const status = readStatus(parts.next('the status'))
  const thisUpdate = readTime(parts.expect(GENERALIZED_TIME, 'thisUpdate'), 'thisUpdate')
  const next = parts.optional(0xa0, 'nextUpdate')
  const nextUpdate = next === null ? null : readTime(inside(next, 'nextUpdate').expect(GENERALIZED_TIME, 'nextUpdate'), 'nextUpdate')
  const extensions = parts.optional(0xa1, 'the extensions of a single response')
  parts.finish('a single response')
  // A critical one that nobody here understands may take back what the status says.
  if (extensions !== null) readNonce(inside(extensions, 'the extensions of a single response'))
  return { id, ...status, thisUpdate, nextUpdate }
}

function readStatus(element: DerElement): Pick<SingleResponse, 'status' | 'revokedAt' | 'reason'> {
  if (element.tag === 0x80) return { status: 'good', revokedAt: null, reason: null }
  if (element.tag === 0x82) return { status: 'unknown', revokedAt: null, reason: null }
  if (element.tag !== 0xa1) throw new UnreadableCertificateError('the status of a certificate is of unknown kind')
  const info = inside(element, 'the revocation')
  const revokedAt = readTime(info.expect(GENERALIZED_TIME, 'the time of revocation'), 'the time of revocation')
  const reason = info.optional(0xa0, 'the reason')
  info.finish('the revocation')
  const code = reason === null ? null : small(inside(reason, 'the reason').expect(ENUMERATED, 'the reason'))
  return { status: 'revoked', revokedAt, reason: code === null ? null : reasonName(code) }
}

function readSent(list: DerReader): Buffer[] {
  const certificates: Buffer[] = []
  while (!list.atEnd) {
    if (certificates.length === MAX_CERTIFICATES)
      throw new UnreadableCertificateError(`it carries more than ${MAX_CERTIFICATES} certificates`)
    certificates.push(Buffer.from(encodedBytes(list.expect(SEQUENCE, 'a certificate'))))
  }
  return certificates
}

function small(element: DerElement): number {
  const [value = 0, ...rest] = contentBytes(element)
  if (rest.length > 0) throw new UnreadableCertificateError('a small number is too large')
  return value
}
