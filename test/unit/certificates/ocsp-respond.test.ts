import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { issuerOf } from '../../../src/certificates/issuer.ts'
import { namesIssuer, writeCertId } from '../../../src/certificates/ocsp-cert-id.ts'
import { newNonce, readOcspRequest, writeOcspRequest } from '../../../src/certificates/ocsp-request.ts'
import { answerOcsp, type CertificateStatus } from '../../../src/certificates/ocsp-respond.ts'
import { readOcspResponse } from '../../../src/certificates/ocsp-response.ts'
import { type OcspAnswer, verifyOcspResponse } from '../../../src/certificates/ocsp-verify.ts'
import { createAuthority as foreignAuthority } from '../../support/authority.ts'
import * as der from '../../support/der.ts'
import {
  answered,
  ask,
  authority,
  direct,
  failureOf,
  good,
  minute,
  nonceOf,
  now,
  other,
  question,
  refusal,
  requestOf,
  serial,
  single,
  times,
} from './ocsp-fixture.ts'

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
  for (const length of [1, 16, 32, 128]) {
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
    requestOf([id], nonceOf(der.octetString(Buffer.alloc(129)))),
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

test('every kind of CA key answers', async () => {
  for (const keyType of ['rsa', 'p384', 'ed25519'] as const) {
    const ca = await foreignAuthority(`CN=${keyType}`, { keyType })
    const issuer = issuerOf(new X509Certificate(ca.certificate), createPrivateKey(ca.key), '')
    const bytes = answerOcsp(writeOcspRequest(issuer, '0A', { nonce: null }), [{ issuer, delegate: null }], good, times)
    assert.equal(answered(verifyOcspResponse(bytes, question({ issuer: issuer.certificate, serial: '0A' }))).status, 'good', keyType)
  }
})
