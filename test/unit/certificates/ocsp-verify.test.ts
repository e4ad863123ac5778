import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import * as write from '../../../src/certificates/der-write.ts'
import { issue, issueClient } from '../../../src/certificates/issue.ts'
import { issuerOf } from '../../../src/certificates/issuer.ts'
import { writeCertId } from '../../../src/certificates/ocsp-cert-id.ts'
import { writeOcspRequest } from '../../../src/certificates/ocsp-request.ts'
import { answerOcsp, type OcspResponder, ocspDelegate } from '../../../src/certificates/ocsp-respond.ts'
import { ocspStanding, verifyOcspResponse } from '../../../src/certificates/ocsp-verify.ts'
import { createAuthority as foreignAuthority } from '../../support/authority.ts'
import * as der from '../../support/der.ts'
import { answered, ask, authority, direct, good, minute, now, other, question, refusal, serial, times } from './ocsp-fixture.ts'

async function delegated(from = authority.issuer): Promise<OcspResponder> {
  const made = await issue(from, 'ocsp', { commonName: 'OCSP responder' })
  return { issuer: authority.issuer, delegate: ocspDelegate(made.certificate, made.key) }
}

test('a delegate of the issuer may answer, and its certificate is told', async () => {
  const made = await issue(authority.issuer, 'ocsp', { commonName: 'OCSP responder' })
  const responder = { issuer: authority.issuer, delegate: ocspDelegate(made.certificate, made.key) }
  const { status, delegate, delegateExempt } = answered(verifyOcspResponse(answerOcsp(ask(), [responder], good, times), question()))
  assert.deepEqual([status, delegateExempt], ['good', true])
  assert.deepEqual(delegate, made.der)
})

test('a delegate of another CA, of the root above, or for another purpose is nobody', async () => {
  const says = async (responder: OcspResponder) => refusal(answerOcsp(ask(), [responder], good, times))
  assert.match(await says(await delegated(other.issuer)), /was not certified by the issuer$/)
  assert.match(await says(await delegated(authority.root)), /was not certified by the issuer$/)
  const client = await issueClient(authority.issuer, { commonName: 'alice', days: 1 })
  assert.match(
    await says({ issuer: authority.issuer, delegate: ocspDelegate(client.certificate, client.key) }),
    /is not certified for OCSP signing$/,
  )
})

test('a delegate for any purpose, out of its dates, that may not sign, or of a CA of the same name is refused; one without nocheck is told', async () => {
  const ca = await foreignAuthority('CN=Foreign')
  const issuer = issuerOf(new X509Certificate(ca.certificate), ca.keyObject, '')
  const request = writeOcspRequest(issuer, '05', { nonce: null })
  const verdict = async (options: object, by = ca) => {
    const made = await by.issue({ subject: 'CN=responder', eku: ['1.3.6.1.5.5.7.3.9'], ...options })
    const bytes = answerOcsp(request, [{ issuer, delegate: ocspDelegate(made.certificate, made.key) }], good, times)
    return verifyOcspResponse(bytes, question({ issuer: issuer.certificate, serial: '05' }))
  }
  const day = 86_400_000
  const refused = async (options: object, by = ca) => {
    const made = await verdict(options, by)
    return 'refusal' in made ? made.refusal : 'answered'
  }
  assert.match(await refused({ eku: ['any'] }), /not certified for OCSP signing$/)
  assert.match(await refused({ notBefore: new Date(now - 2 * day), notAfter: new Date(now - day) }), /out of its dates$/)
  assert.match(await refused({ keyUsage: ['keyEncipherment'] }), /may not sign$/)
  assert.match(await refused({ keyType: 'rsa1024' }), /too weak$/)
  const namesake = await foreignAuthority('CN=Foreign')
  assert.match(await refused({ authorityKeyId: null }, namesake), /was not certified by the issuer$/)
  assert.equal(answered(await verdict({})).delegateExempt, false)
})

test('a response signed by another key, or changed after it was signed, is refused', async () => {
  const forged = { issuer: { ...authority.issuer, signer: other.issuer.signer }, delegate: null }
  assert.match(refusal(answerOcsp(ask(), [forged], good, times)), /^the signature of the response is not that of the issuer$/)
  const responder = await delegated()
  const { delegate } = responder
  assert.ok(delegate !== null)
  const stolen = { issuer: authority.issuer, delegate: { ...delegate, signer: other.issuer.signer } }
  assert.match(refusal(answerOcsp(ask(), [stolen], good, times)), /not that of the certificate beside it$/)
  const bytes = answerOcsp(ask(), [direct], () => ({ kind: 'revoked', at: now, reason: 'superseded' }), times)
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    assert.doesNotMatch(refusal(changed), /^answered (good|unknown)$/, `byte ${at}`)
  }
})

test('a response of another certificate, issuer or question is no answer', () => {
  const bytes = answerOcsp(ask(Buffer.alloc(16, 1)), [direct], good, times)
  assert.equal(refusal(bytes, { serial: '05' }), 'the response does not speak of this certificate')
  assert.match(refusal(bytes, { issuer: other.issuer.certificate }), /signed by nobody that its issuer named$/)
  assert.equal(refusal(bytes, { nonce: Buffer.alloc(16, 2) }), 'the response bears another nonce: it answers another question')
})

test('a responder that fails, or sends something else, gives no answer', () => {
  assert.equal(refusal(der.sequence(der.tlv(0x0a, Buffer.from([3])))), 'the responder answered tryLater')
  assert.equal(
    refusal(der.sequence(der.tlv(0x0a, Buffer.from([0])))),
    'the response cannot be used: the response is missing or cut off (at byte 5)',
  )
  assert.match(refusal(Buffer.from('<html>')), /^the response cannot be used/)
  assert.match(refusal(Buffer.alloc(200_000)), /at most 131072 are read$/)
})

test('a response counts within its dates, and clocks may differ by five minutes', () => {
  const bytes = answerOcsp(ask(), [direct], good, times)
  assert.equal(refusal(bytes, { now: now - 4 * minute }), 'answered good')
  assert.match(refusal(bytes, { now: now - 6 * minute }), /^the response is not valid before/)
  assert.equal(refusal(bytes, { now: times.nextUpdate + 4 * minute }), 'answered good')
  assert.match(refusal(bytes, { now: times.nextUpdate + 6 * minute }), /^the response ran out/)
  const backwards = answerOcsp(ask(), [direct], good, { thisUpdate: now, nextUpdate: now - minute })
  assert.equal(refusal(backwards), 'the response ends before it begins')
})

/** A response as other responders shape it, signed by the issuer. */
function foreignResponse(singles: readonly Buffer[], responder: Buffer): Buffer {
  const body = write.sequence(responder, write.generalizedTime(now), write.sequence(...singles))
  const { signer } = authority.issuer
  const basic = write.sequence(body, signer.algorithm, write.bitString(signer.sign(body)))
  return write.sequence(
    write.enumerated(0),
    write.context(0, write.sequence(write.objectIdentifier('1.3.6.1.5.5.7.48.1.1'), write.octetString(basic))),
  )
}

test('a responder may call itself by name, and without nextUpdate its word holds for an hour', () => {
  const byName = write.context(1, authority.issuer.name)
  const id = () => writeCertId(authority.issuer, serial, 'sha1')
  const lone = write.sequence(id(), write.contextPrimitive(0, Buffer.alloc(0)), write.generalizedTime(now))
  const answer = answered(verifyOcspResponse(foreignResponse([lone], byName), question()))
  assert.equal(answer.nextUpdate, now + 60 * minute)
  const revoked = write.sequence(
    id(),
    write.context(1, write.generalizedTime(now), write.context(0, write.enumerated(6))),
    write.generalizedTime(now - minute),
  )
  const both = answered(verifyOcspResponse(foreignResponse([lone, revoked], byName), question()))
  assert.deepEqual([both.status, both.reason], ['revoked', 'certificateHold'])
})

test('a kept answer is fresh, then stale for its grace, then worth nothing; a revocation stays', () => {
  const answer = answered(verifyOcspResponse(answerOcsp(ask(), [direct], good, times), question()))
  const standing = (at: number, of = answer) => ocspStanding(of, at, 10 * minute)
  assert.deepEqual(
    [times.nextUpdate - 1, times.nextUpdate, times.nextUpdate + 10 * minute].map((at) => standing(at)),
    ['fresh', 'stale', 'expired'],
  )
  assert.equal(standing(times.nextUpdate + 10_000 * minute, { ...answer, status: 'revoked' }), 'fresh')
})
