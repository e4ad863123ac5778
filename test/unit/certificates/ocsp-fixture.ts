import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { writeOcspRequest } from '../../../src/certificates/ocsp-request.ts'
import type { CertificateStatus, OcspResponder } from '../../../src/certificates/ocsp-respond.ts'
import { readOcspResponse } from '../../../src/certificates/ocsp-response.ts'
import { type OcspAnswer, type OcspQuestion, type OcspVerdict, verifyOcspResponse } from '../../../src/certificates/ocsp-verify.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import * as der from '../../support/der.ts'

export const minute = 60_000
export const now = Math.floor(Date.now() / 1000) * 1000
export const times = { thisUpdate: now, nextUpdate: now + 60 * minute }

export const authority = await createAuthority({ days: 10 })
export const other = await createAuthority({ days: 10 })
const leaf = new X509Certificate((await issueClient(authority.issuer, { commonName: 'alice', days: 1 })).certificate)
export const serial = readCertificate(leaf.raw).serial
export const direct: OcspResponder = { issuer: authority.issuer, delegate: null }

export const good = (): CertificateStatus => ({ kind: 'good' })
export const ask = (nonce: Buffer | null = null, digest: 'sha1' | 'sha256' = 'sha1') =>
  writeOcspRequest(authority.issuer, serial, { digest, nonce })
export const question = (over: Partial<OcspQuestion> = {}): OcspQuestion => ({
  issuer: authority.issuer.certificate,
  serial,
  nonce: null,
  nonceRequired: false,
  now,
  ...over,
})
export function answered(verdict: OcspVerdict): OcspAnswer {
  assert.ok('answer' in verdict, 'refusal' in verdict ? verdict.refusal : '')
  return verdict.answer
}
export const refusal = (bytes: Buffer, over: Partial<OcspQuestion> = {}) => {
  const verdict = verifyOcspResponse(bytes, question(over))
  return 'refusal' in verdict ? verdict.refusal : `answered ${verdict.answer.status}`
}
export const failureOf = (bytes: Buffer) => {
  const response = readOcspResponse(bytes)
  return 'failure' in response ? response.failure : 'successful'
}
export const single = (id: Buffer, ...extra: Buffer[]) => der.sequence(id, ...extra)
export const requestOf = (ids: readonly Buffer[], ...extensions: Buffer[]) =>
  der.sequence(der.sequence(der.sequence(...ids), ...(extensions.length === 0 ? [] : [der.context(2, der.sequence(...extensions))])))
export const nonceOf = (content: Buffer) => der.sequence(der.oid('1.3.6.1.5.5.7.48.1.2'), der.octetString(content))
