import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { type CrlRequest, crlDue, crlPem, writeCrl } from '../../../src/certificates/crl-write.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { type Issuer, issuerOf } from '../../../src/certificates/issuer.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { authorityNode } from '../../../src/tls/authority-node.ts'
import { readRevocationLists } from '../../../src/tls/crl.ts'
import { foldName } from '../../../src/tls/issuer-name.ts'
import { Revocations } from '../../../src/tls/revocation.ts'
import { verifySigned } from '../../../src/tls/signature.ts'
import { createAuthority as foreignAuthority } from '../../support/authority.ts'

const hour = 3_600_000
const now = Math.floor(Date.now() / 1000) * 1000
const request = (over: Partial<CrlRequest> = {}): CrlRequest => ({
  number: 1n,
  thisUpdate: now - hour,
  nextUpdate: now + hour,
  previousUpdate: null,
  revoked: [],
  ...over,
})
const revoked = (serial: string, over = {}) => ({
  serial,
  at: now - 2 * hour,
  reason: 'keyCompromise' as const,
  notAfter: now + hour,
  ...over,
})

let authority: Authority
before(async () => {
  authority = await createAuthority({ days: 10 })
})

function read(list: Buffer) {
  const [first, ...others] = readRevocationLists(list, 'own.crl')
  assert.ok(first !== undefined && others.length === 0)
  return first
}

test('our own reader finds what was written: issuer, dates, serials, and a signature that verifies', () => {
  const list = read(writeCrl(authority.issuer, request({ revoked: [revoked('01AB'), revoked('7F')] })))
  assert.equal(list.issuerDn, authority.issuer.facts.dn)
  assert.deepEqual([list.thisUpdate, list.nextUpdate, list.unusable], [now - hour, now + hour, null])
  assert.deepEqual([...list.serials], ['7F', '01AB'])
  assert.equal(list.authorityKeyId, authority.issuer.facts.subjectKeyId)
  assert.ok(list.signed !== null && verifySigned(list.signed, authority.issuer.certificate.publicKey))
  assert.ok(!verifySigned(list.signed, authority.root.certificate.publicKey))
})

test('the gateway refuses who is on it, and knows that the others are not', async () => {
  const subject = async (commonName: string) => {
    const leaf = new X509Certificate((await issueClient(authority.issuer, { commonName, days: 1 })).certificate)
    const facts = readCertificate(leaf.raw)
    return { facts, issuerName: foldName(facts.issuer), base64: leaf.raw.toString('base64') }
  }
  const [alice, bob] = [await subject('alice'), await subject('bob')]
  const list = read(writeCrl(authority.issuer, request({ revoked: [revoked(bob.facts.serial)] })))
  const signers = [authorityNode(authority.issuer.certificate)]
  assert.equal(new Revocations([list]).status(alice, signers, now).kind, 'good')
  assert.equal(new Revocations([list]).status(bob, signers, now).kind, 'revoked')
})

test('an empty list is a list', () => {
  const bytes = writeCrl(authority.issuer, request())
  assert.equal(read(bytes).serials.size, 0)
  assert.equal(read(Buffer.from(crlPem(bytes))).unusable, null)
})

test('every kind of CA key signs lists', async () => {
  const issuers: Issuer[] = []
  for (const keyType of ['rsa', 'p384', 'ed25519'] as const) {
    const ca = await foreignAuthority(`CN=${keyType}`, { keyType })
    issuers.push(issuerOf(new X509Certificate(ca.certificate), ca.keyObject, ''))
  }
  for (const namedCurve of ['P-521']) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve })
    const ca = await foreignAuthority('CN=p521', { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), hash: 'sha512' })
    issuers.push(issuerOf(new X509Certificate(ca.certificate), privateKey, ''))
  }
  for (const issuer of issuers) {
    const { signed } = read(writeCrl(issuer, request({ revoked: [revoked('05')] })))
    assert.ok(signed !== null && verifySigned(signed, issuer.certificate.publicKey), issuer.facts.dn)
  }
})

test('a serial stands once, with its first revocation, however its zeros are written', () => {
  const bytes = writeCrl(authority.issuer, request({ revoked: [revoked('00ab', { at: now }), revoked('AB'), revoked('ab', { at: now })] }))
  assert.deepEqual([...read(bytes).serials], ['AB'])
  const once = writeCrl(authority.issuer, request({ revoked: [revoked('AB')] }))
  assert.equal(bytes.length - once.length < 8, true)
})

test('a reason is written unless it is none, and each entry carries its own', () => {
  const size = (reason: 'unspecified' | 'superseded') => {
    const { signed } = read(writeCrl(authority.issuer, request({ revoked: [revoked('AB', { reason })] })))
    return Buffer.from(signed?.content ?? '', 'base64')
  }
  assert.ok(size('superseded').includes(Buffer.from('0603551d1504030a0104', 'hex')))
  assert.ok(!size('unspecified').includes(Buffer.from('0603551d15', 'hex')))
})

test('an expired certificate leaves the list after one more list had it', () => {
  const expired = revoked('AB', { notAfter: now - 3 * hour })
  const serials = (previousUpdate: number | null) => [
    ...read(writeCrl(authority.issuer, request({ revoked: [expired], previousUpdate }))).serials,
  ]
  assert.deepEqual(serials(null), ['AB'])
  assert.deepEqual(serials(now - 4 * hour), ['AB'])
  assert.deepEqual(serials(now - 2 * hour), [])
})

test('a hundred thousand entries are a list too', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => revoked(`01${index.toString(16).padStart(32, '0')}`))
  assert.equal(read(writeCrl(authority.issuer, request({ revoked: many }))).serials.size, 100_000)
})

test('a number, serial or dates that no list can have are refused', () => {
  const attempt = (over: Partial<CrlRequest>) => () => writeCrl(authority.issuer, request(over))
  assert.throws(attempt({ number: -1n }), RangeError)
  assert.throws(attempt({ number: 1n << 159n }), RangeError)
  assert.throws(attempt({ nextUpdate: now - hour }), RangeError)
  for (const serial of ['', '-AB', 'ABC', 'xy', 'AB'.repeat(21)]) assert.throws(attempt({ revoked: [revoked(serial)] }), RangeError, serial)
})

test('a list is due again at half its life', () => {
  assert.equal(crlDue({ thisUpdate: now, nextUpdate: now + 10 * hour }), now + 5 * hour)
})
