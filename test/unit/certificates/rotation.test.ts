import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { issuerOf } from '../../../src/certificates/issuer.ts'
import { type Rotation, rotateAuthority, verifiesUnder } from '../../../src/certificates/rotation.ts'
import { createAuthority as foreignAuthority } from '../../support/authority.ts'

const day = 86_400_000
const now = Math.floor(Date.now() / 1000) * 1000
let previous: Authority
let rotation: Rotation
before(async () => {
  previous = await createAuthority({ days: 100 })
  rotation = await rotateAuthority(previous, { days: 3650, overlapDays: 30, now })
})

test('leaves of both verify under the roots of the overlap, and only those of the new under the new one alone', async () => {
  const old = (await issueClient(previous.issuer, { commonName: 'old', days: 90 })).certificate
  const young = (await issueClient(rotation.next.issuer, { commonName: 'young', days: 90 })).certificate
  const verdicts = (roots: readonly string[], at: number) => [old, young].map((chain) => verifiesUnder(chain, roots, at))
  assert.deepEqual(verdicts(rotation.trusted, now + day), [true, true])
  assert.deepEqual(verdicts(rotation.trusted, rotation.overlapUntil - 1), [true, true])
  assert.deepEqual(verdicts([rotation.next.rootCertificate], rotation.overlapUntil), [false, true])
})

test('the overlap ends on its date', () => {
  assert.equal(rotation.overlapUntil, now + 30 * day)
  assert.deepEqual(rotation.trusted, [rotation.next.rootCertificate, previous.rootCertificate])
})

test('neither chain verifies under the other root', async () => {
  const young = (await issueClient(rotation.next.issuer, { commonName: 'young', days: 1 })).certificate
  assert.equal(verifiesUnder(young, [previous.rootCertificate], now), false)
  const old = (await issueClient(previous.issuer, { commonName: 'old', days: 1 })).certificate
  assert.equal(verifiesUnder(old, [rotation.next.rootCertificate], now), false)
})

test('the cross certificate lets who knows only the old root verify the new leaves, until the overlap ends', async () => {
  const { certificate } = await issueClient(rotation.next.issuer, { commonName: 'young', days: 90 })
  const [leaf = ''] = certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/) ?? []
  const sent = leaf + rotation.next.issuer.chain + rotation.crossCertificate
  assert.ok(verifiesUnder(sent, [previous.rootCertificate], now))
  assert.ok(verifiesUnder(sent, [rotation.next.rootCertificate], now))
  assert.ok(!verifiesUnder(sent, [previous.rootCertificate], rotation.overlapUntil + 1000))
  assert.equal(new X509Certificate(rotation.crossCertificate ?? '').validToDate.getTime(), rotation.overlapUntil)
})

test('without the key of the old root there is no cross certificate, and all else is the same', async () => {
  const made = await rotateAuthority({ ...previous, root: null }, { days: 3650, overlapDays: 30 })
  assert.equal(made.crossCertificate, null)
  assert.equal(made.trusted.length, 2)
})

test("the user's own single CA is rotated too", async () => {
  const ca = await foreignAuthority('CN=Corp', { keyType: 'rsa', pathLength: 0, notAfter: new Date(now + 100 * day) })
  const issuer = issuerOf(new X509Certificate(ca.certificate), ca.keyObject, '')
  const made = await rotateAuthority({ rootCertificate: ca.certificate, issuer, root: issuer }, { days: 3650, overlapDays: 30 })
  // It may have no CA below it, so it can certify none.
  assert.equal(made.crossCertificate, null)
  const old = (await issueClient(issuer, { commonName: 'old', days: 1 })).certificate
  assert.ok(verifiesUnder(old, made.trusted, now + day / 2))
})

test('an overlap that is empty, or outlasts either authority, is refused', async () => {
  const attempt = (days: number, overlapDays: number) => rotateAuthority(previous, { days, overlapDays, now })
  for (const overlap of [-1, Number.NaN])
    await assert.rejects(attempt(3650, overlap), { field: 'lifetime', message: /the overlap is empty/ })
  for (const overlap of [101, 1e12, 1e308])
    await assert.rejects(attempt(3650, overlap), { field: 'lifetime', message: /after the old authority, which ends \d{4}-/ })
  await assert.rejects(attempt(20, 30), { field: 'lifetime', message: /the new authority would end/ })
})

test('a rotation of what does not hang together is not handed over', async () => {
  const stranger = await createAuthority({ days: 100 })
  const broken = { rootCertificate: stranger.rootCertificate, issuer: previous.issuer, root: null }
  await assert.rejects(rotateAuthority(broken, { days: 3650, overlapDays: 30 }), {
    field: 'authority',
    message: /it does not hold that the old chain verifies/,
  })
})

test('an expired chain does not verify', async () => {
  const { certificate } = await issueClient(previous.issuer, { commonName: 'old', days: 1 })
  assert.equal(verifiesUnder(certificate, [previous.rootCertificate], now + 101 * day), false)
  assert.equal(verifiesUnder('', [previous.rootCertificate], now), false)
})
