import assert from 'node:assert/strict'
import { hash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { recordIssuance } from '../../../src/certificates/issuance-record.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { newNonce, writeOcspRequest } from '../../../src/certificates/ocsp-request.ts'
import { ocspFailure } from '../../../src/certificates/ocsp-respond.ts'
import { OcspService } from '../../../src/certificates/ocsp-service.ts'
import { verifyOcspResponse } from '../../../src/certificates/ocsp-verify.ts'
import { CLI, START, temporaryStore } from '../../support/registry-store.ts'

const DAY = 86_400_000

async function setting(t: Parameters<typeof temporaryStore>[0], days = 3650) {
  const { store, clock } = temporaryStore(t)
  const { issuer } = await createAuthority({ days, now: START })
  const issued = await issueClient(issuer, { commonName: 'alice', days: 5, now: START })
  const serial = new X509Certificate(issued.der).serialNumber
  const service = new OcspService(store, () => clock.now)
  const ask = (wanted = serial) => service.answer(writeOcspRequest(issuer, wanted, { nonce: newNonce() }), [issuer])
  const responders = () =>
    store.audit.read({ filter: { action: 'issuance.record' } }).filter(({ details }) => /OCSP/.test(String(details.subjectDn)))
  return { store, clock, issuer, issued, serial, service, ask, responders }
}

test('the delegate is made when first needed, recorded, kept, and replaced at two thirds of its life', async (t) => {
  const { store, clock, issuer, issued, ask, responders } = await setting(t)
  recordIssuance(store, issuer, issued.der, CLI)
  assert.equal(responders().length, 0)
  await Promise.all([ask(), ask()])
  await ask()
  assert.equal(responders().length, 1)
  clock.now += 19 * DAY
  await ask()
  assert.equal(responders().length, 1)
  clock.now += 2 * DAY
  await ask()
  assert.equal(responders().length, 2)
})

test('an issuer about to end still answers, by its own key where it can certify nobody', async (t) => {
  const { clock, issuer, serial, ask, responders } = await setting(t, 10)
  clock.now += 10 * DAY + 1000
  const response = await ask()
  assert.equal(responders().length, 0)
  assert.ok(response.length > 100)
  assert.ok(issuer.facts.notAfter < clock.now && serial !== '')
})

test('whoever asks too often in a second is told to try later', async (t) => {
  const { service, ask, issuer, serial } = await setting(t)
  await ask()
  const request = writeOcspRequest(issuer, serial, { nonce: null })
  const later = ocspFailure('tryLater')
  const end = Date.now() + 20_000
  let told = false
  while (!told && Date.now() < end) told = (await service.answer(request, [issuer])).equals(later)
  assert.ok(told)
})

test('nothing is called good where the store does not answer', async (t) => {
  const { store, ask } = await setting(t)
  await ask()
  store.close()
  await assert.rejects(ask(), /database is not open/)
})

test('good, revoked and unknown are told apart, in words that our own verifier believes', async (t) => {
  const { store, issuer, issued, serial, service, clock } = await setting(t)
  recordIssuance(store, issuer, issued.der, CLI)
  const verdict = async (wanted = serial) => {
    const nonce = newNonce()
    const bytes = await service.answer(writeOcspRequest(issuer, wanted, { nonce }), [issuer])
    const question = { issuer: issuer.certificate, serial: wanted, nonce, nonceRequired: true, now: clock.now }
    const verified = verifyOcspResponse(bytes, question)
    return 'answer' in verified ? [verified.answer.status, verified.answer.reason, verified.answer.delegate !== null] : verified.refusal
  }
  assert.deepEqual(await verdict(), ['good', null, true])
  assert.deepEqual(await verdict('0A'), ['unknown', null, true])
  store.issuance.revoke(hash('sha256', issued.der, 'hex'), 'keyCompromise', CLI)
  assert.deepEqual(await verdict(), ['revoked', 'keyCompromise', true])
})
