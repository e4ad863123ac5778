import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { type IssuedCertificate, issueClient } from '../../../src/certificates/issue.ts'
import { writeCertificatesPfx, writePfx } from '../../../src/certificates/pkcs12-write.ts'
import { readTrustedCertificates } from '../../../src/certificates/trusted-certificates.ts'
import { createAuthority as foreignAuthority, selfSigned } from '../../support/authority.ts'

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
