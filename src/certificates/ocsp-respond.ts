import { createPrivateKey, X509Certificate } from 'node:crypto'
import { UnreadableCertificateError } from '../errors.ts'
import { certificateParts } from '../identity/certificate.ts'
import type { RevocationReason } from '../store/types.ts'
import * as der from './der-write.ts'
import type { Issuer } from './issuer.ts'
import { keyIdentifier } from './key.ts'
import { type CertId, namesIssuer } from './ocsp-cert-id.ts'
import { nonceExtension, type OcspRequest, readOcspRequest } from './ocsp-request.ts'
import { reasonCode } from './revocation-reason.ts'
import { type Signer, signed, signerOf } from './signing.ts'

/** What the registry knows of a serial that an issuer of ours may have used; times in milliseconds. */
export type CertificateStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: number; readonly reason: RevocationReason }
  /** Never issued here. */
  | { readonly kind: 'unknown' }

/** Who answers for one CA: the CA itself, or a delegate that it certified for OCSPSigning (RFC 6960 section 4.2.2.2). */
export interface OcspResponder {
  readonly issuer: Issuer
  /** null: the CA's own key signs. */
  readonly delegate: OcspDelegate | null
}

export interface OcspDelegate {
  readonly certificate: Uint8Array
  readonly publicKeyInfo: Uint8Array
  readonly signer: Signer
}

/** The delegate behind a certificate of profile `ocsp` (the leaf first, as PEM) and its private key (PEM). */
export function ocspDelegate(certificate: string, key: string): OcspDelegate {
  const { raw } = new X509Certificate(certificate)
  return {
    certificate: raw,
    publicKeyInfo: Buffer.from(certificateParts(raw).subjectPublicKeyInfo),
    signer: signerOf(createPrivateKey(key)),
  }
}

export interface OcspTimes {
  /** Milliseconds. */
  readonly thisUpdate: number
  readonly nextUpdate: number
}

/** OCSPResponseStatus (RFC 6960 section 4.2.1). */
const STATUS = { successful: 0, malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const

const OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1'

/**
 * The DER that answers a request: one single response for each certificate asked about, with the nonce echoed. Certificates of other
 * issuers are `unknown`; `unauthorized`, not signed, where none is of ours. Never throws for what came in.
 */
export function answerOcsp(
  request: Uint8Array,
  responders: readonly OcspResponder[],
  statusOf: (issuer: Issuer, serial: string) => CertificateStatus,
  times: OcspTimes,
): der.Der {
  let asked: OcspRequest
  try {
    asked = readOcspRequest(request)
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    return ocspFailure('malformedRequest')
  }
  const responder = responders.find(({ issuer }) => asked.ids.some((id) => namesIssuer(id, issuer)))
  if (responder === undefined) return ocspFailure('unauthorized')
  // A signature under this CA says nothing about another's certificates.
  const answers = asked.ids.map((id): [CertId, CertificateStatus] => [
    id,
    namesIssuer(id, responder.issuer) ? statusOf(responder.issuer, id.serial) : { kind: 'unknown' },
  ])
  return writeOcspResponse(responder, answers, asked.nonce, times)
}

/** An unsigned answer that says only why there is none. */
export function ocspFailure(status: Exclude<keyof typeof STATUS, 'successful'>): der.Der {
  return der.sequence(der.enumerated(STATUS[status]))
}

/** A signed BasicOCSPResponse in its envelope (RFC 6960 section 4.2.1), by key, with the delegate's certificate where one signs. */
export function writeOcspResponse(
  { issuer, delegate }: OcspResponder,
  answers: readonly (readonly [CertId, CertificateStatus])[],
  nonce: Uint8Array | null,
  times: OcspTimes,
): der.Der {
  const { signer, publicKeyInfo } = delegate ?? issuer
  const body = der.sequence(
    der.context(2, der.octetString(keyIdentifier(publicKeyInfo))),
    der.generalizedTime(times.thisUpdate),
    der.sequence(...answers.map(([id, status]) => single(id, status, times))),
    ...(nonce === null ? [] : [der.context(1, der.sequence(nonceExtension(nonce)))]),
  )
  const certificates = delegate === null ? [] : [der.context(0, der.sequence(delegate.certificate))]
  const basic = signed(body, signer, ...certificates)
  const response = der.sequence(der.objectIdentifier(OCSP_BASIC), der.octetString(basic))
  return der.sequence(der.enumerated(STATUS.successful), der.context(0, response))
}

function single(id: CertId, status: CertificateStatus, times: OcspTimes): der.Der {
  return der.sequence(
    id.encoded,
    statusChoice(status),
    der.generalizedTime(times.thisUpdate),
    der.context(0, der.generalizedTime(times.nextUpdate)),
  )
}

function statusChoice(status: CertificateStatus): der.Der {
  if (status.kind === 'good') return der.contextPrimitive(0, Buffer.alloc(0))
  if (status.kind === 'unknown') return der.contextPrimitive(2, Buffer.alloc(0))
  const code = reasonCode(status.reason)
  return der.context(1, der.generalizedTime(status.at), ...(code === null ? [] : [der.context(0, der.enumerated(code))]))
}
