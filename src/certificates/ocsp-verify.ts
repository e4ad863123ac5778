import { hash, type KeyObject, X509Certificate } from 'node:crypto'
import { UnreadableCertificateError } from '../errors.ts'
import { certificateParts } from '../identity/certificate.ts'
import { hexOf } from '../identity/der-values.ts'
import { type AuthorityNode, authorityNode, bearsSignatureOf, inForce } from '../tls/authority-node.ts'
import { findExtension } from '../tls/extension.ts'
import { verifySigned } from '../tls/signature.ts'
import { OCSP_NO_CHECK } from './extension-write.ts'
import { keyBits } from './key.ts'
import { type IssuerId, namesIssuer } from './ocsp-cert-id.ts'
import { type BasicResponse, readOcspResponse, type SingleResponse } from './ocsp-response.ts'
import { OCSP_SIGNING } from './profile.ts'

export interface OcspQuestion {
  /** The certificate's issuer: itself a trusted or verified CA. */
  readonly issuer: X509Certificate
  /** Upper-case hex as in certificate facts. */
  readonly serial: string
  /** What was sent; null: none was. */
  readonly nonce: Buffer | null
  /** True: an answer without our nonce is refused. False: some responders sign in advance, and dates must do. */
  readonly nonceRequired: boolean
  /** Milliseconds. */
  readonly now: number
}

/** A verified statement about one certificate: plain data, to be kept for as long as `ocspStanding` lets it count. Milliseconds. */
export interface OcspAnswer {
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly revokedAt: number | null
  readonly reason: string | null
  readonly thisUpdate: number
  /** The responder's own; one hour after thisUpdate where it named none. */
  readonly nextUpdate: number
  readonly producedAt: number
  /** Whether our nonce came back: the answer was made for this question. */
  readonly nonce: boolean
  /** DER of the delegate's certificate; null: the issuer signed. */
  readonly delegate: Buffer | null
  /** False: the delegate does not ask to be relied on unchecked (nocheck), so its own revocation is to be looked up. */
  readonly delegateExempt: boolean
}

export type OcspVerdict = { readonly answer: OcspAnswer } | { readonly refusal: string }

/** What clocks may differ by. */
const SKEW = 5 * 60_000
const LIFE_WITHOUT_NEXT_UPDATE = 60 * 60_000

/**
 * Reads and verifies a response (RFC 6960 section 3.2): it speaks of this certificate, is signed by its issuer or a delegate that the
 * issuer itself certified for OCSPSigning, bears our nonce, and is in its dates. Anything else is a refusal with the reason for the
 * operator: no answer, never `good`.
 */
export function verifyOcspResponse(bytes: Uint8Array, question: OcspQuestion): OcspVerdict {
  try {
    const response = readOcspResponse(bytes)
    if ('failure' in response) return { refusal: `the responder answered ${response.failure}` }
    return judge(response, question)
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    return { refusal: `the response cannot be used: ${error.message}` }
  }
}

function judge(response: BasicResponse, question: OcspQuestion): OcspVerdict {
  const issuer = authorityNode(question.issuer)
  const signer = findSigner(response, issuer, question.now)
  if (typeof signer === 'string') return { refusal: signer }
  const { nonce } = response
  const nonceMatches = question.nonce !== null && nonce?.equals(question.nonce) === true
  if (question.nonce !== null && nonce !== null && !nonceMatches)
    return { refusal: 'the response bears another nonce: it answers another question' }
  if (question.nonceRequired && !nonceMatches) return { refusal: 'the response does not bear the nonce that was sent' }
  const single = pick(response.responses, question)
  if (single === null) return { refusal: 'the response does not speak of this certificate' }
  const nextUpdate = single.nextUpdate ?? single.thisUpdate + LIFE_WITHOUT_NEXT_UPDATE
  const untimely = datesRefusal(single.thisUpdate, nextUpdate, question.now)
  if (untimely !== null) return { refusal: untimely }
  const { status, revokedAt, reason, thisUpdate } = single
  const { producedAt } = response
  return { answer: { status, revokedAt, reason, thisUpdate, nextUpdate, producedAt, nonce: nonceMatches, ...signer } }
}

function datesRefusal(thisUpdate: number, nextUpdate: number, now: number): string | null {
  if (thisUpdate > now + SKEW) return `the response is not valid before ${new Date(thisUpdate).toISOString()}`
  if (nextUpdate < thisUpdate) return 'the response ends before it begins'
  return nextUpdate < now - SKEW ? `the response ran out ${new Date(nextUpdate).toISOString()}` : null
}

/** Of several statements about the certificate a revocation counts, else the newest. */
function pick(responses: readonly SingleResponse[], { issuer, serial }: OcspQuestion): SingleResponse | null {
  const { subject, subjectPublicKeyInfo } = certificateParts(issuer.raw)
  const id: IssuerId = { name: subject, publicKeyInfo: subjectPublicKeyInfo }
  const about = responses.filter((single) => single.id.serial === serial && namesIssuer(single.id, id))
  const [first, ...others] = about
  if (first === undefined) return null
  return about.find(({ status }) => status === 'revoked') ?? others.reduce((a, b) => (b.thisUpdate > a.thisUpdate ? b : a), first)
}

type Delegation = Pick<OcspAnswer, 'delegate' | 'delegateExempt'>

/** Who signed, or why nobody who may did. */
function findSigner(response: BasicResponse, issuer: AuthorityNode, now: number): Delegation | string {
  if (isResponder(response, issuer) && issuer.publicKey !== null) {
    return verifySigned(response.signed, issuer.publicKey)
      ? { delegate: null, delegateExempt: true }
      : 'the signature of the response is not that of the issuer'
  }
  let refusal = 'the response is signed by nobody that its issuer named'
  for (const der of response.certificates) {
    const delegate = nodeOf(der)
    if (delegate === null || !isResponder(response, delegate)) continue
    const unfit = delegateRefusal(delegate, issuer, now)
    if (unfit === null && verifySigned(response.signed, delegate.publicKey as KeyObject)) {
      return { delegate: delegate.x509.raw, delegateExempt: findExtension(der, OCSP_NO_CHECK) !== null }
    }
    refusal = unfit ?? 'the signature of the response is not that of the certificate beside it'
  }
  return refusal
}

function nodeOf(der: Buffer): AuthorityNode | null {
  try {
    return authorityNode(new X509Certificate(der))
  } catch {
    return null
  }
}

function isResponder({ responder }: BasicResponse, node: AuthorityNode): boolean {
  const parts = certificateParts(node.x509.raw)
  if (responder.kind === 'name') return hexOf(parts.subject) === responder.value
  return hash('sha1', keyBits(parts.subjectPublicKeyInfo), 'hex') === responder.value
}

/** RFC 6960 section 4.2.2.2: certified by the very CA in question, for this purpose by name; anyExtendedKeyUsage is not enough. */
function delegateRefusal(delegate: AuthorityNode, issuer: AuthorityNode, now: number): string | null {
  const { facts } = delegate
  const who = `the responder ${facts.dn}`
  if (!delegate.x509.checkIssued(issuer.x509) || !bearsSignatureOf(delegate.x509, issuer)) return `${who} was not certified by the issuer`
  if (facts.extendedKeyUsages?.includes(OCSP_SIGNING) !== true) return `${who} is not certified for OCSP signing`
  if (facts.keyUsages !== null && !facts.keyUsages.includes('digitalSignature')) return `${who} may not sign`
  if (facts.unknownCritical.some((oid) => oid !== OCSP_NO_CHECK)) return `${who} has an unknown critical extension`
  if (delegate.weakness !== null) return `${who} has ${delegate.weakness}, which is too weak`
  return inForce(delegate, now) ? null : `${who} is out of its dates`
}

/**
 * What a kept answer is worth: `fresh` until its nextUpdate, then `stale` for the grace that the operator allows (to be used with an
 * alarm where nothing newer can be had), then `expired`. A revocation does not wear off. All in milliseconds.
 */
export function ocspStanding(answer: OcspAnswer, now: number, grace: number): 'fresh' | 'stale' | 'expired' {
  if (answer.status === 'revoked' || now < answer.nextUpdate) return 'fresh'
  return now < answer.nextUpdate + grace ? 'stale' : 'expired'
}
