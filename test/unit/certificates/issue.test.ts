import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { certify, issue, issueClient } from '../../../src/certificates/issue.ts'
import { issuerOf } from '../../../src/certificates/issuer.ts'
import { lifetimeOf } from '../../../src/certificates/lifetime.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { CLIENT_AUTH, SERVER_AUTH } from '../../../src/identity/oids.ts'
import { createAuthority as foreignAuthority } from '../../support/authority.ts'

const day = 86_400_000
const now = Date.parse('2026-11-22T12:00:00.700Z')
let authority: Authority
before(async () => {
  authority = await createAuthority({ days: 1000, now })
})

const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
const facts = (pem: string) => readCertificate(new X509Certificate(pem).raw)

test('a client certificate is what its profile says, and cannot serve or issue', async () => {
  const { certificate } = await issue(authority.issuer, 'client', {
    commonName: 'alice',
    names: ['uri:spiffe://t/alice', 'email:a@b.test'],
    now,
  })
  const read = facts(certificate)
  assert.deepEqual(
    [read.isCa, read.keyUsages, read.extendedKeyUsages, read.unknownCritical],
    [false, ['digitalSignature'], [CLIENT_AUTH], []],
  )
  assert.deepEqual(
    read.sans.map(({ value }) => value),
    ['spiffe://t/alice', 'a@b.test'],
  )
  assert.equal(read.issuerDn, authority.issuer.facts.dn)
  assert.equal(read.authorityKeyId, authority.issuer.facts.subjectKeyId)
})

test('a server certificate needs a name that clients look at, and may be for all hosts below a domain', () => {
  const { certificate } = certify(authority.issuer, 'server', { commonName: 'gate', names: ['*.gate.test', '10.0.0.1'], now }, key())
  assert.deepEqual(facts(certificate).extendedKeyUsages, [SERVER_AUTH])
  assert.throws(() => certify(authority.issuer, 'server', { commonName: 'gate', now }, key()), {
    field: 'names',
    message: /needs at least one/,
  })
})

test('a name of a kind that the profile does not certify is refused', () => {
  const attempt = (profile: 'client' | 'server' | 'issuing', name: string) => () =>
    certify(profile === 'issuing' ? authority.root : authority.issuer, profile, { commonName: 'x', names: [name], now }, key())
  assert.throws(attempt('client', '*.a.test'), { field: 'names', message: 'a client certificate cannot be for "*.a.test" (dNSName)' })
  assert.throws(attempt('server', 'email:a@b.test'), { field: 'names' })
  assert.throws(attempt('issuing', 'a.test'), { field: 'names' })
})

test('an RSA key may be encrypted to, others only sign', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { certificate } = certify(authority.issuer, 'client', { commonName: 'x', now }, publicKey)
  assert.deepEqual(facts(certificate).keyUsages, ['digitalSignature', 'keyEncipherment'])
})

test('an issuing CA has no CA below it, and only a root makes one', () => {
  const { certificate } = certify(authority.root, 'issuing', { commonName: 'other issuing CA', now }, key())
  const read = facts(certificate)
  assert.deepEqual([read.isCa, read.keyUsages, read.extendedKeyUsages], [true, ['keyCertSign', 'cRLSign'], null])
  assert.throws(() => certify(authority.issuer, 'issuing', { commonName: 'x', now }, key()), {
    field: 'authority',
    message: /path length is 0/,
  })
})

test('a profile that does not exist is refused', () => {
  assert.throws(() => certify(authority.issuer, 'admin' as 'client', { commonName: 'x', now }, key()), { field: 'profile' })
  assert.throws(() => certify(authority.issuer, 'constructor' as 'client', { commonName: 'x', now }, key()), { field: 'profile' })
})

test('the default is one year, from five minutes ago', () => {
  const { certificate, notAfter } = certify(authority.issuer, 'client', { commonName: 'x', now }, key())
  assert.equal(notAfter.getTime(), Date.parse('2027-11-22T12:00:00Z'))
  assert.equal(facts(certificate).notAfter, notAfter.getTime())
  // The authority is of the same moment, and nothing is valid before its issuer.
  assert.equal(facts(certificate).notBefore, Date.parse('2026-11-22T11:55:00Z'))
})

test('a number of days ends with the issuer, a date beyond it is refused', () => {
  const until = authority.issuer.facts.notAfter
  assert.equal(certify(authority.issuer, 'client', { commonName: 'x', days: 1500, now }, key()).notAfter.getTime(), until)
  assert.equal(certify(authority.issuer, 'client', { commonName: 'x', notAfter: new Date(until), now }, key()).notAfter.getTime(), until)
  const beyond = { commonName: 'x', notAfter: new Date(until + 1000), now }
  assert.throws(() => certify(authority.issuer, 'client', beyond, key()), {
    field: 'lifetime',
    message: /would outlive its issuer, which ends 2029/,
  })
})

test('a time in the past, of no length, too long, or no time at all is refused', () => {
  const limits = { defaultDays: 365, maxDays: 825 }
  const refused = (request: object, message: RegExp) =>
    assert.throws(() => lifetimeOf(request, limits, null, now), { code: 'issuance_refused', field: 'lifetime', message })
  refused({ notAfter: new Date(now - day) }, /is in the past$/)
  refused({ notAfter: new Date(now) }, /is in the past$/)
  refused({ notAfter: new Date('nonsense') }, /is not a date/)
  for (const days of [0, -1, Number.NaN]) refused({ days }, /not above zero/)
  for (const days of [1e-6, Number.MIN_VALUE]) refused({ days }, /less than a second/)
  for (const days of [827, 1e6]) refused({ days }, /too long/)
  refused({ days: Number.POSITIVE_INFINITY }, /too long/)
  assert.equal(lifetimeOf({ days: 825 }, limits, null, now).notAfter, Math.floor(now / 1000) * 1000 + 825 * day)
})

test('an authority out of its dates signs nothing', () => {
  const issuer = { notBefore: now - 2 * day, notAfter: now - day }
  const limits = { defaultDays: 1, maxDays: 1 }
  assert.throws(() => lifetimeOf({}, limits, issuer, now), { field: 'authority', message: /expired 2026-11-21/ })
  assert.throws(() => lifetimeOf({}, limits, { notBefore: now + day, notAfter: now + 2 * day }, now), {
    field: 'authority',
    message: /not valid before/,
  })
})

test('weak and strange keys are not certified', () => {
  const bad: readonly (readonly [Parameters<typeof certify>[3], RegExp])[] = [
    [generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey, /RSA key of 1024 bits, which is too weak/],
    [generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey, /secp224r1, which is too weak/],
    [generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, /secp256k1, which few clients know/],
    [generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey, /explicit parameters/],
    [generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey, /key of kind dsa/],
    [generateKeyPairSync('x25519').publicKey, /key of kind x25519/],
    [generateKeyPairSync('ed448').publicKey, /key of kind ed448/],
  ]
  for (const [publicKey, message] of bad) {
    assert.throws(() => certify(authority.issuer, 'client', { commonName: 'x', now }, publicKey), { field: 'key', message })
  }
})

test('every kind of key of a CA signs, with the digest of its strength', () => {
  const bound = { modulusLength: 2048, hashAlgorithm: 'sha512', mgf1HashAlgorithm: 'sha512', saltLength: 64 }
  const boundKey = generateKeyPairSync('rsa-pss', bound as unknown as { modulusLength: number }).privateKey
  const cases = [
    ['ec P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
    ['ec P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
    ['ec P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
    ['rsa', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['rsa-pss', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey],
    ['rsa-pss sha512', boundKey],
    ['ed25519', generateKeyPairSync('ed25519').privateKey],
  ] as const
  for (const [what, caKey] of cases) {
    const issuing = certify(authority.root, 'issuing', { commonName: what, now }, createPublicKey(caKey))
    const issuer = issuerOf(new X509Certificate(issuing.der), caKey, issuing.certificate)
    const leaf = new X509Certificate(certify(issuer, 'client', { commonName: 'x', now }, key()).der)
    assert.ok(leaf.verify(issuer.certificate.publicKey) && leaf.checkIssued(issuer.certificate), what)
    assert.ok(issuer.certificate.verify(authority.root.certificate.publicKey), what)
  }
})

test('a key that cannot sign is refused when the authority is loaded, not at the first certificate', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  assert.throws(() => issuerOf(authority.issuer.certificate, privateKey, ''), { field: 'authority', message: /secp256k1/ })
})

test('the name and key identifier of a foreign CA are taken byte for byte', async () => {
  const subject = [
    { type: 'O', value: 'Old  Corp', encoding: 'bmp' as const },
    { type: 'CN', value: 'CA', encoding: 't61' as const },
  ]
  const ca = await foreignAuthority(subject, { subjectKeyId: Buffer.from('0102', 'hex') })
  const issuer = issuerOf(new X509Certificate(ca.certificate), ca.keyObject, '')
  const leaf = new X509Certificate(certify(issuer, 'client', { commonName: 'x' }, key()).der)
  assert.ok(leaf.checkIssued(issuer.certificate))
  assert.equal(readCertificate(leaf.raw).authorityKeyId, '0102')
})

test('a request that is refused makes no key', async () => {
  const began = process.cpuUsage()
  await assert.rejects(issueClient(authority.issuer, { commonName: '', keyType: 'rsa4096', now }), { field: 'name' })
  assert.ok(process.cpuUsage(began).user < 1_000_000)
})

test('where its status can be asked stands in a leaf, and not in the responder that answers', async () => {
  const publication = { crl: 'http://pki.test/crl/1.crl', ocsp: 'http://pki.test/ocsp', certificate: 'http://pki.test/ca.crt' }
  const issuer = { ...authority.issuer, publication }
  const leaf = new X509Certificate((await issueClient(issuer, { commonName: 'x', now })).certificate)
  assert.equal(leaf.infoAccess, 'OCSP - URI:http://pki.test/ocsp\nCA Issuers - URI:http://pki.test/ca.crt')
  assert.ok(leaf.raw.includes('http://pki.test/crl/1.crl'))
  const responder = new X509Certificate((await issue(issuer, 'ocsp', { commonName: 'responder', now })).certificate)
  assert.equal(responder.infoAccess, undefined)
  assert.deepEqual(readCertificate(responder.raw).extendedKeyUsages, ['1.3.6.1.5.5.7.3.9'])
})
