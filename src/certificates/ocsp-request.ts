import { randomBytes } from 'node:crypto'
import { UnreadableCertificateError } from '../errors.ts'
import { contentBytes, DerReader, INTEGER, inside, OCTET_STRING, SEQUENCE } from '../identity/der.ts'
import { nextExtension } from '../identity/extension-list.ts'
import * as der from './der-write.ts'
import { extension } from './extension-write.ts'
import { type CertId, type CertIdDigest, type IssuerId, readCertId, writeCertId } from './ocsp-cert-id.ts'

export const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2'
/** RFC 9654 section 2.1: clients send 32 octets, responders take 1 to 128. */
const OWN_NONCE = 32
const LONGEST_NONCE = 128
const MAX_BYTES = 16_384
/** A server asks about its own chain; more is somebody who wants work done. */
const MAX_IDS = 32

export interface OcspRequest {
  readonly ids: readonly CertId[]
  /** null: there was none. */
  readonly nonce: Buffer | null
}

/** A request for one certificate (RFC 6960 section 4.1), not signed; `nonce: null` leaves it out, for responders that cannot echo one. */
export function writeOcspRequest(
  issuer: IssuerId,
  serial: string,
  options: { readonly digest?: CertIdDigest; readonly nonce: Buffer | null },
): der.Der {
  // SHA-1 is the one digest that every responder knows (RFC 5019 section 2.1.1).
  const request = der.sequence(writeCertId(issuer, serial, options.digest ?? 'sha1'))
  const extensions = options.nonce === null ? [] : [der.context(2, der.sequence(nonceExtension(options.nonce)))]
  return der.sequence(der.sequence(der.sequence(request), ...extensions))
}

export const newNonce = (): Buffer => randomBytes(OWN_NONCE)

export const nonceExtension = (nonce: Uint8Array): der.Der => extension(OCSP_NONCE, der.octetString(nonce))

/**
 * Reads a request as a responder. A signature on it is not looked at: the answer is public. Throws UnreadableCertificateError for what
 * is answered `malformedRequest`: wrong structure, a nonce of no or more than 128 octets, an unknown critical extension, over 32 ids.
 */
export function readOcspRequest(bytes: Uint8Array): OcspRequest {
  if (bytes.length > MAX_BYTES) throw new UnreadableCertificateError(`the request has ${bytes.length} bytes, at most ${MAX_BYTES} are read`)
  const outer = new DerReader(bytes)
  const parts = outer.open(SEQUENCE, 'the request')
  outer.finish('the request')
  const body = parts.open(SEQUENCE, 'the body of the request')
  parts.optional(0xa0, 'the signature of the request')
  parts.finish('the request')

  const version = body.optional(0xa0, 'the version')
  if (version !== null && contentBytes(inside(version, 'the version').expect(INTEGER, 'the version')).some((byte) => byte !== 0)) {
    throw new UnreadableCertificateError('the version of the request is not 1')
  }
  body.optional(0xa1, 'the name of the requestor')
  const list = body.open(SEQUENCE, 'the list of requests')
  const extensions = body.optional(0xa2, 'the extensions of the request')
  body.finish('the body of the request')

  const ids: CertId[] = []
  while (!list.atEnd) {
    if (ids.length === MAX_IDS) throw new UnreadableCertificateError(`it asks about more than ${MAX_IDS} certificates`)
    const single = list.open(SEQUENCE, 'a single request')
    ids.push(readCertId(single.expect(SEQUENCE, 'the certificate id')))
    const own = single.optional(0xa0, 'the extensions of a single request')
    single.finish('a single request')
    if (own !== null) readNonce(inside(own, 'the extensions of a single request'))
  }
  if (ids.length === 0) throw new UnreadableCertificateError('it asks about no certificate')
  return { ids, nonce: extensions === null ? null : readNonce(inside(extensions, 'the extensions of the request')) }
}

/** The nonce among the extensions of a request or response; throws UnreadableCertificateError as above. */
export function readNonce(wrapper: DerReader): Buffer | null {
  const list = wrapper.open(SEQUENCE, 'the extensions')
  wrapper.finish('the extensions')
  let nonce: Buffer | null = null
  while (!list.atEnd) {
    const { oid, critical, value } = nextExtension(list)
    if (oid === OCSP_NONCE) {
      if (nonce !== null) throw new UnreadableCertificateError('there are two nonces')
      nonce = nonceOf(contentBytes(value))
    } else if (critical) throw new UnreadableCertificateError(`it has the unknown critical extension ${oid}`)
  }
  return nonce
}

function nonceOf(content: Uint8Array): Buffer {
  const reader = new DerReader(content)
  const nonce = contentBytes(reader.expect(OCTET_STRING, 'the nonce'))
  reader.finish('the nonce')
  if (nonce.length === 0 || nonce.length > LONGEST_NONCE) throw new UnreadableCertificateError(`the nonce has ${nonce.length} bytes`)
  return Buffer.from(nonce)
}
