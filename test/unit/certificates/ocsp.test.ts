import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import * as write from '../../../src/certificates/der-write.ts'
import { issue, issueClient } from '../../../src/certificates/issue.ts'
import { issuerOf } from '../../../src/certificates/issuer.ts'
import { namesIssuer, writeCertId } from '../../../src/certificates/ocsp-cert-id.ts'
import { newNonce, readOcspRequest, writeOcspRequest } from '../../../src/certificates/ocsp-request.ts'
import { answerOcsp, type CertificateStatus, type OcspResponder, ocspDelegate } from '../../../src/certificates/ocsp-respond.ts'
import { readOcspResponse } from '../../../src/certificates/ocsp-response.ts'
import {
  type OcspAnswer,
  type OcspQuestion,
  type OcspVerdict,
  ocspStanding,
  verifyOcspResponse,
} from '../../../src/certificates/ocsp-verify.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { createAuthority as foreignAuthority } from '../../support/authority.ts'
import * as der from '../../support/der.ts'

const minute = 60_000
const now = Math.floor(Date.now() / 1000) * 1000
const times = { thisUpdate: now, nextUpdate: now + 60 * minute }

let authority: Authority
let other: Authority
let serial: string
let direct: OcspResponder
before(async () => {
  authority = await createAuthority({ days: 10 })
  other = await createAuthority({ days: 10 })
  const leaf = new X509Certificate((await issueClient(authority.issuer, { commonName: 'alice', days: 1 })).certificate)
  serial = readCertificate(leaf.raw).serial
  direct = { issuer: authority.issuer, delegate: null }
})

const good = (): CertificateStatus => ({ kind: 'good' })
const ask = (nonce: Buffer | null = null, digest: 'sha1' | 'sha256' = 'sha1') =>
  writeOcspRequest(authority.issuer, serial, { digest, nonce })
const question = (over: Partial<OcspQuestion> = {}): OcspQuestion => ({
  issuer: authority.issuer.certificate,
  serial,
  nonce: null,
  nonceRequired: false,
  now,
  ...over,
})
function answered(verdict: OcspVerdict): OcspAnswer {
  assert.ok('answer' in verdict, 'refusal' in verdict ? verdict.refusal : '')
  return verdict.answer
}
const refusal = (bytes: Buffer, over: Partial<OcspQuestion> = {}) => {
  const verdict = verifyOcspResponse(bytes, question(over))
  return 'refusal' in verdict ? verdict.refusal : `answered ${verdict.answer.status}`
}
const failureOf = (bytes: Buffer) => {
  const response = readOcspResponse(bytes)
  return 'failure' in response ? response.failure : 'successful'
}
const single = (id: Buffer, ...extra: Buffer[]) => der.sequence(id, ...extra)
const requestOf = (ids: readonly Buffer[], ...extensions: Buffer[]) =>
  der.sequence(der.sequence(der.sequence(...ids), ...(extensions.length === 0 ? [] : [der.context(2, der.sequence(...extensions))])))
const nonceOf = (content: Buffer) => der.sequence(der.oid('1.3.6.1.5.5.7.48.1.2'), der.octetString(content))

test('a request names its certificate by both digests, and carries its nonce', () => {
  for (const digest of ['sha1', 'sha256'] as const) {
    const nonce = newNonce()
    const { ids, nonce: read } = readOcspRequest(ask(nonce, digest))
    assert.deepEqual([ids.length, ids[0]?.serial, ids[0]?.digest, read?.equals(nonce)], [1, serial, digest, true])
    assert.ok(ids[0] !== undefined && namesIssuer(ids[0], authority.issuer) && !namesIssuer(ids[0], other.issuer))
  }
  assert.equal(readOcspRequest(ask()).nonce, null)
})

test('good, revoked with its reason, and unknown come through, signed by the CA', () => {
  const at = now - 90 * minute
  const statuses: readonly (readonly [CertificateStatus, Partial<OcspAnswer>])[] = [
    [{ kind: 'good' }, { status: 'good', revokedAt: null, reason: null }],
    [
      { kind: 'revoked', at, reason: 'keyCompromise' },
      { status: 'revoked', revokedAt: at, reason: 'keyCompromise' },
    ],
    [
      { kind: 'revoked', at, reason: 'unspecified' },
      { status: 'revoked', revokedAt: at, reason: null },
    ],
    [{ kind: 'unknown' }, { status: 'unknown', revokedAt: null, reason: null }],
  ]
  for (const [status, expected] of statuses) {
    const bytes = answerOcsp(ask(null, 'sha256'), [direct], () => status, times)
    const rest = { ...times, producedAt: now, nonce: false, delegate: null, delegateExempt: true }
    assert.deepEqual(answered(verifyOcspResponse(bytes, question())), { ...expected, ...rest })
  }
})

test('the responder asks the registry for the serial and issuer in question, and nothing else', () => {
  const asked: string[] = []
  answerOcsp(
    ask(),
    [{ issuer: other.issuer, delegate: null }, direct],
    (issuer, of) => {
      asked.push(`${issuer.facts.dn} ${of}`)
      return { kind: 'good' }
    },
    times,
  )
  assert.deepEqual(asked, [`${authority.issuer.facts.dn} ${serial}`])
})

test('several certificates are answered together; those of other issuers are unknown, whatever their serial', () => {
  const ids = [
    writeCertId(authority.issuer, serial, 'sha1'),
    writeCertId(other.issuer, serial, 'sha256'),
    writeCertId(authority.issuer, '05', 'sha256'),
  ]
  const bytes = answerOcsp(
    requestOf(ids.map((id) => single(id))),
    [direct],
    (_, of) => (of === serial ? { kind: 'revoked', at: now, reason: 'superseded' } : { kind: 'good' }),
    times,
  )
  const response = readOcspResponse(bytes)
  assert.ok('responses' in response)
  assert.deepEqual(
    response.responses.map(({ status, id }) => [status, id.encoded.equals(ids.shift() ?? Buffer.alloc(0))]),
    [
      ['revoked', true],
      ['unknown', true],
      ['good', true],
    ],
  )
})

test('who asks only about others is not served', () => {
  assert.equal(failureOf(answerOcsp(ask(), [{ issuer: other.issuer, delegate: null }], good, times)), 'unauthorized')
  assert.equal(failureOf(answerOcsp(ask(), [], good, times)), 'unauthorized')
})

test('a digest that nobody knows matches no issuer', () => {
  const id = der.sequence(
    der.sequence(der.oid('1.2.840.113549.2.5'), der.nothing),
    der.octetString(Buffer.alloc(16)),
    der.octetString(Buffer.alloc(16)),
    der.integer(5),
  )
  assert.equal(failureOf(answerOcsp(requestOf([single(id)]), [direct], good, times)), 'unauthorized')
})

test('the nonce is echoed byte for byte, and only where there was one', () => {
  for (const length of [1, 16, 32]) {
    const nonce = Buffer.alloc(length, 7)
    const bytes = answerOcsp(ask(nonce), [direct], good, times)
    assert.equal(answered(verifyOcspResponse(bytes, question({ nonce, nonceRequired: true }))).nonce, true)
  }
  assert.equal(
    refusal(answerOcsp(ask(), [direct], good, times), { nonce: newNonce(), nonceRequired: true }),
    'the response does not bear the nonce that was sent',
  )
})

test('malformed requests are answered as such: nonces of the wrong length, nothing asked, too much asked, garbage', () => {
  const id = single(writeCertId(authority.issuer, serial, 'sha1'))
  const bad: readonly Buffer[] = [
    requestOf([id], nonceOf(der.octetString(Buffer.alloc(0)))),
    requestOf([id], nonceOf(der.octetString(Buffer.alloc(33)))),
    requestOf([id], nonceOf(Buffer.alloc(8))),
    requestOf([id], nonceOf(der.octetString(Buffer.alloc(8))), nonceOf(der.octetString(Buffer.alloc(8)))),
    requestOf([id], der.sequence(der.oid('1.2.3'), der.boolean(true), der.octetString(der.nothing))),
    requestOf([]),
    requestOf(Array.from({ length: 33 }, () => id)),
    Buffer.alloc(0),
    Buffer.from('hello'),
    Buffer.concat([ask(), Buffer.from([0])]),
    Buffer.alloc(20_000, 0x30),
    der.sequence(der.sequence(der.context(0, der.integer(1)), der.sequence(id))),
  ]
  for (const request of bad) assert.equal(failureOf(answerOcsp(request, [direct], good, times)), 'malformedRequest')
})

test('no bytes make the responder throw', () => {
  const bytes = ask(newNonce())
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    answerOcsp(changed, [direct], good, times)
  }
})

test('extensions that are not critical, a requestor and a signature are passed over', () => {
  const id = single(
    writeCertId(authority.issuer, serial, 'sha1'),
    der.context(0, der.sequence(der.sequence(der.oid('1.2.3'), der.octetString(der.nothing)))),
  )
  const name = der.context(1, der.contextPrimitive(2, Buffer.from('a.test')))
  const body = der.sequence(der.context(0, der.integer(0)), name, der.sequence(id))
  const request = der.sequence(body, der.context(0, der.sequence(der.nothing)))
  assert.equal(answered(verifyOcspResponse(answerOcsp(request, [direct], good, times), question())).status, 'good')
})

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

test('every kind of CA key answers', async () => {
  for (const keyType of ['rsa', 'p384', 'ed25519'] as const) {
    const ca = await foreignAuthority(`CN=${keyType}`, { keyType })
    const issuer = issuerOf(new X509Certificate(ca.certificate), createPrivateKey(ca.key), '')
    const bytes = answerOcsp(writeOcspRequest(issuer, '0A', { nonce: null }), [{ issuer, delegate: null }], good, times)
    assert.equal(answered(verifyOcspResponse(bytes, question({ issuer: issuer.certificate, serial: '0A' }))).status, 'good', keyType)
  }
})
