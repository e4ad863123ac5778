import { newNonce, writeOcspRequest } from '../../certificates/ocsp-request.ts'
import { type OcspAnswer, verifyOcspResponse } from '../../certificates/ocsp-verify.ts'
import { certificateParts } from '../../identity/certificate.ts'
import type { Status } from '../../tls/revocation.ts'
import { readResponders } from '../../tls/status-sources.ts'
import type { StatusQuestion } from '../../tls/status-types.ts'
import { FetchError } from './fetch.ts'
import type { Finding, Inquiry } from './finding.ts'

/** An answer is about 2 KB; with the certificates of a delegate and its CAs perhaps 10. */
const MAX_RESPONSE = 64 * 1024

/** Fetches under the rules and limits of the configuration; `left` milliseconds at most. */
export type Fetcher = (fetch: {
  readonly url: string
  readonly configured: boolean
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly maxBytes?: number
  readonly left: number
}) => Promise<Buffer>

/** The status of a delegate by lists of its issuer; null: there is no list that could say anything. */
export type JudgeDelegate = (question: StatusQuestion) => Promise<Status | null>

/** The responders to ask: the configured one, or those that the certificate names. */
export function respondersOf({ question, subject }: Inquiry): string[] {
  return question.url !== null ? [question.url] : readResponders(Buffer.from(subject.base64, 'base64'))
}

/**
 * Asks the responders one after the other (RFC 6960 appendix A.1) until one gives a verified answer. Each question has its own nonce, and
 * an answer to another question is refused; responders that sign in advance cannot echo it, so there the dates must do. Rejects with
 * FetchError.
 */
export async function askResponders(inquiry: Inquiry, fetch: Fetcher, timeout: number, judgeDelegate: JudgeDelegate): Promise<Finding> {
  const { subject, issuer } = inquiry
  const end = Date.now() + timeout
  const urls = respondersOf(inquiry)
  let why = `it names no OCSP responder`
  for (const url of urls) {
    const nonce = newNonce()
    const { subject: name, subjectPublicKeyInfo: publicKeyInfo } = certificateParts(issuer.x509.raw)
    const body = Buffer.from(writeOcspRequest({ name, publicKeyInfo }, subject.facts.serial, { nonce }))
    try {
      const response = await fetch({
        url,
        configured: inquiry.question.url !== null,
        method: 'POST',
        headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
        body,
        maxBytes: MAX_RESPONSE,
        left: end - Date.now(),
      })
      const now = Date.now()
      const verdict = verifyOcspResponse(response, { issuer: issuer.x509, serial: subject.facts.serial, nonce, nonceRequired: false, now })
      const refusal = 'refusal' in verdict ? verdict.refusal : await delegateRefusal(verdict.answer, inquiry, judgeDelegate)
      if ('answer' in verdict && refusal === null) return found(inquiry, url, verdict.answer, now)
      why = `${url}: ${refusal}`
    } catch (error) {
      if (!(error instanceof FetchError)) throw error
      why = `${url}: ${error.message}`
    }
    if (Date.now() >= end) break
  }
  throw new FetchError(why)
}

/**
 * Whether a delegate was revoked, which is the issuer's lists to say (never OCSP: it would vouch for itself, or ask in a circle). One with
 * id-pkix-ocsp-nocheck is believed for its life (RFC 6960 section 4.2.2.2.1). A revocation is believed of whoever is not revoked: what
 * is not known must not let anybody in.
 */
async function delegateRefusal(answer: OcspAnswer, { issuer }: Inquiry, judge: JudgeDelegate): Promise<string | null> {
  if (answer.delegate === null || answer.delegateExempt) return null
  const status = await judge({ source: 'crl', subject: answer.delegate.toString('base64'), issuer: issuer.base64, url: null })
  if (status === null || status.kind === 'good' || (status.kind === 'unknown' && answer.status === 'revoked')) return null
  const what = status.kind === 'revoked' ? 'is revoked' : 'cannot be checked'
  return `the certificate of the responder ${what}: ${status.detail}`
}

function found(
  { subject }: Inquiry,
  url: string,
  answer: { readonly status: Finding['status']; readonly thisUpdate: number; readonly nextUpdate: number; readonly reason: string | null },
  foundAt: number,
): Finding {
  const { serial, issuerDn } = subject.facts
  const who = `serial ${serial} of ${issuerDn}`
  const detail =
    answer.status === 'revoked'
      ? `${who} is revoked, says ${url}${answer.reason === null ? '' : ` (${answer.reason})`}`
      : `${who} is ${answer.status}, says ${url}`
  return { status: answer.status, thisUpdate: answer.thisUpdate, until: answer.nextUpdate, foundAt, detail }
}
