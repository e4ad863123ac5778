import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { type IssuedCertificate, issueClient } from '../../../src/certificates/issue.ts'
import { writeCertificatesPfx, writePfx } from '../../../src/certificates/pkcs12-write.ts'
import { readTrustedCertificates } from '../../../src/certificates/trusted-certificates.ts'
import { createAuthority as foreignAuthority, selfSigned } from '../../support/authority.ts'
import { slowCertificates } from '../../support/slow-certificates.ts'

let authority: Authority
let alice: IssuedCertificate
before(async () => {
  authority = await createAuthority({ days: 5 })
  alice = await issueClient(authority.issuer, { commonName: 'alice', days: 1 })
})

const read = (bytes: Buffer, password: string | null = null) => {
  const { leaves, authorities } = readTrustedCertificates(bytes, password, Date.now())
  return [leaves.map(({ subject }) => subject), authorities.length]
}
const refused = (bytes: Buffer, field: string, message: RegExp, password: string | null = null) =>
  assert.throws(() => read(bytes, password), { code: 'issuance_refused', field, message })

test('a certificate is read in DER, in PEM with its chain, and in a PFX with its key', () => {
  assert.deepEqual(read(alice.der), [['CN=alice'], 0])
  assert.deepEqual(read(Buffer.from(alice.certificate)), [['CN=alice'], 1])
  assert.deepEqual(read(writePfx(alice, 'secret', 'alice'), 'secret'), [['CN=alice'], 1])
  assert.deepEqual(read(writePfx(alice, 'secret', 'alice', { legacy: true }), 'secret'), [['CN=alice'], 1])
})

test('a PFX without keys, with several leaves, with an empty password or none is read', async () => {
  const bob = await issueClient(authority.issuer, { commonName: 'bob', days: 1 })
  const entries = [alice, bob].map(({ certificate }, index) => ({ certificate, friendlyName: `client ${index}` }))
  for (const password of ['secret', '']) {
    assert.deepEqual(read(writeCertificatesPfx(entries, password), password), [['CN=alice', 'CN=bob'], 1])
  }
  assert.deepEqual(read(writeCertificatesPfx(entries, ''), null), [['CN=alice', 'CN=bob'], 1])
})

test('a wrong password is told apart from a missing one, and is never repeated', () => {
  const bytes = writePfx(alice, 'secret', 'alice')
  refused(bytes, 'password', /^the password does not open the PFX file$/, 'Secret')
  refused(bytes, 'password', /^the PFX file has a password, and none is given$/)
  refused(bytes, 'password', /^the PFX file has a password, and none is given$/, '')
})

test('a CA is no client, also where it does not say that it is one', async () => {
  refused(new X509Certificate(authority.rootCertificate).raw, 'request', /of an authority, not of a client$/)
  const silent = await foreignAuthority('CN=old root', { bare: true })
  const leaf = await silent.issue({ subject: 'CN=carol' })
  assert.deepEqual(read(Buffer.from(leaf.certificate + silent.certificate)), [['CN=carol'], 1])
})

test('a certificate that its owner signed is trusted by hand like any other', async () => {
  assert.deepEqual(read((await selfSigned({ subject: 'CN=self' })).der), [['CN=self'], 0])
})

test('weak and expired ones are refused before anybody relies on them', async () => {
  const ca = await foreignAuthority('CN=ca')
  refused((await ca.issue({ keyType: 'rsa1024' })).der, 'key', /RSA key of 1024 bits, which is too weak$/)
  const past = { notBefore: new Date(Date.now() - 200_000), notAfter: new Date(Date.now() - 100_000) }
  refused((await ca.issue({ ...past, subject: 'CN=past' })).der, 'lifetime', /^the certificate CN=past expired/)
})

test('what is no certificate is refused for what it is', () => {
  refused(Buffer.alloc(0), 'request', /^there is no certificate$/)
  refused(Buffer.from('hello'), 'request', /^there is no certificate$/)
  refused(Buffer.from(alice.key), 'request', /^there is no certificate$/)
  refused(alice.der.subarray(0, 100), 'request', /^the PFX file is not a whole PFX file$/)
  refused(Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), 'request', /cannot be read/)
  refused(Buffer.alloc(2_000_000, 0x30), 'request', /at most 1048576 are read$/)
})

test('the same certificate twice is one', () => {
  assert.deepEqual(read(Buffer.from(alice.certificate.repeat(2))), [['CN=alice'], 1])
})

test('a file of more certificates than anybody has is refused', async () => {
  const one = new X509Certificate(alice.der).toString()
  assert.deepEqual(read(Buffer.from(one.repeat(64))), [['CN=alice'], 0])
  refused(Buffer.from(one.repeat(65)), 'request', /there are 65 certificates, at most 64/)
})

test('keys that were made to be slow are refused before any signature is checked', () => {
  const [large, odd] = [slowCertificates({ bits: 16_384, exponentBits: 64 }), slowCertificates({ bits: 3_072, exponentBits: 64 })]
  const started = performance.now()
  refused(large, 'key', /^the certificate CN=loop has an RSA key of 16384 bits, and 8192 are the most$/)
  refused(odd, 'key', /^the certificate CN=loop has an RSA key with an exponent of more than 32 bits$/)
  assert(performance.now() - started < 5_000)
})

test('signatures are checked for as many pairs as files have, and no more', () => {
  const started = performance.now()
  refused(slowCertificates({ bits: 8_192, exponentBits: 32 }), 'request', /^more than 128 signatures would have to be checked$/)
  assert(performance.now() - started < 20_000)
})

test('a second root of the same name beside a hundred of its certificates is no obstacle', async () => {
  const [old, present] = [await foreignAuthority('CN=root', { bare: true }), await foreignAuthority('CN=root', { bare: true })]
  const leaves = await Promise.all(Array.from({ length: 60 }, (_, index) => present.issue({ subject: `CN=c${index}` })))
  const file = [old, ...leaves, present].map(({ certificate }) => certificate).join('')
  const { authorities } = readTrustedCertificates(Buffer.from(file), null, Date.now())
  assert.deepEqual(
    authorities.map(({ subject }) => subject),
    ['CN=root'],
  )
})
