import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import forge from 'node-forge'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { readPfx, readPfxCertificates } from '../../../src/certificates/pkcs12-read.ts'
import { writeCertificatesPfx, writePfx } from '../../../src/certificates/pkcs12-write.ts'

let authority: Authority
before(async () => {
  authority = await createAuthority({ days: 2 })
})

test('the legacy form is read back for each kind of key, and uses nothing newer than 3DES and SHA-1', async () => {
  for (const keyType of ['ec', 'rsa', 'ed25519'] as const) {
    const pair = await issueClient(authority.issuer, { commonName: 'old', days: 1, keyType })
    const bytes = writePfx(pair, 'pä$s', 'old', { legacy: true })
    const { certificate, key } = pair
    assert.deepEqual(readPfx(bytes, 'pä$s', 'old.pfx'), { certificate, key })
    // The OIDs of PBES2, AES-256 and SHA-256 are not in the structure around the ciphertexts.
    const hex = bytes.toString('hex')
    for (const newer of ['2a864886f70d01050d', '60864801650304012a', '608648016503040201']) assert.ok(!hex.includes(newer), newer)
    for (const older of ['2a864886f70d010c0103', '2b0e03021a']) assert.ok(hex.includes(older), older)
  }
})

test('another implementation opens the legacy form', async () => {
  const pair = await issueClient(authority.issuer, { commonName: 'old', days: 1, keyType: 'rsa' })
  const bytes = writePfx(pair, 'secret', 'old', { legacy: true })
  const structure = forge.asn1.fromDer(bytes.toString('latin1'), { strict: true, parseAllBytes: true, decodeBitStrings: false } as never)
  // It checks the MAC, and knows no certificate but of RSA keys: the chain is of EC keys, which it leaves unparsed.
  const opened = forge.pkcs12.pkcs12FromAsn1(structure, false, 'secret')
  const bagType = forge.pki.oids.pkcs8ShroudedKeyBag ?? ''
  const [bag] = opened.getBags({ bagType })[bagType] ?? []
  assert.ok(bag?.key)
  assert.equal(forge.pki.privateKeyToPem(bag.key as forge.pki.rsa.PrivateKey).includes('PRIVATE KEY'), true)
  assert.deepEqual(bag.attributes.friendlyName, ['old'])
  assert.throws(() => forge.pkcs12.pkcs12FromAsn1(structure, false, 'wrong'), /Invalid password|MAC/)
})

test('certificates without keys are written under their names and read back in order', async () => {
  const leaves = await Promise.all(['a', 'b'].map((commonName) => issueClient(authority.issuer, { commonName, days: 1 })))
  const entries = leaves.map(({ certificate }, index) => ({
    certificate: `${certificate.split('\n-----END')[0]}\n-----END CERTIFICATE-----\n`,
    friendlyName: `${index}`,
  }))
  for (const legacy of [false, true]) {
    const read = readPfxCertificates(writeCertificatesPfx(entries, 'secret', { legacy }), 'secret')
    assert.deepEqual(
      read.map(({ subject }) => subject),
      ['CN=a', 'CN=b'],
    )
    assert.throws(() => readPfx(writeCertificatesPfx(entries, '', { legacy }), null, 'x.pfx'), { message: /holds no private key$/ })
  }
})

test('a file of nothing is refused', () => {
  assert.throws(() => readPfxCertificates(writeCertificatesPfx([], ''), null), { field: 'request', message: 'the PFX file is empty' })
})
