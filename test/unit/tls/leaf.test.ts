import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import test from 'node:test'
import { datesRefusal, leafRefusal, readLeaf } from '../../../src/tls/leaf.ts'
import { type CertificateOptions, createAuthority } from '../../support/authority.ts'

const root = await createAuthority('root')

async function leaf(options: CertificateOptions) {
  const { certificate, der } = await root.issue({ subject: 'CN=alice', ...options })
  return readLeaf(new X509Certificate(certificate), der)
}

test('both ends of the validity belong to it', async () => {
  const notBefore = new Date('2026-01-01T00:00:00Z')
  const notAfter = new Date('2026-02-01T00:00:00Z')
  const { facts } = await leaf({ notBefore, notAfter })
  assert.deepEqual(datesRefusal(facts, notBefore.getTime() - 1), {
    refusal: 'certificate_not_yet_valid',
    detail: 'not valid before 2026-01-01T00:00:00.000Z',
  })
  assert.equal(datesRefusal(facts, notBefore.getTime()), null)
  assert.equal(datesRefusal(facts, notAfter.getTime()), null)
  assert.deepEqual(datesRefusal(facts, notAfter.getTime() + 1), {
    refusal: 'certificate_expired',
    detail: 'expired 2026-02-01T00:00:00.000Z',
  })
})

test('hashes and base64 are those of the DER', async () => {
  const issued = await root.issue()
  const x509 = new X509Certificate(issued.certificate)
  const { certificate } = readLeaf(x509, issued.der)
  assert.equal(certificate.fingerprint, x509.fingerprint256.replaceAll(':', '').toLowerCase())
  assert.equal(certificate.fingerprintSha1, x509.fingerprint.replaceAll(':', '').toLowerCase())
  assert.equal(certificate.derBase64, issued.der.toString('base64'))
})

const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey.export({
  type: 'spki',
  format: 'der',
})

const refused: readonly (readonly [CertificateOptions, string | null])[] = [
  [{}, null],
  [{ eku: null, keyUsage: null }, null],
  [{ eku: ['serverAuth', 'clientAuth'] }, null],
  [{ keyType: 'p384' }, null],
  [{ keyType: 'ed25519' }, null],
  [{ ca: true }, 'certificate_is_ca'],
  [{ eku: [] }, 'certificate_wrong_purpose'],
  [{ eku: ['any'] }, 'certificate_wrong_purpose'],
  [{ keyUsage: ['keyAgreement'] }, 'certificate_wrong_purpose'],
  [{ keyUsage: ['digitalSignature', 'keyCertSign'] }, 'certificate_invalid'],
  [{ keyType: 'p192' }, 'certificate_weak'],
  [{ keyType: 'rsa1024' }, 'certificate_weak'],
  [{ keyType: 'rsa1536' }, 'certificate_weak'],
  [{ hash: 'sha1' }, 'certificate_weak'],
  [{ spki: explicit }, 'certificate_weak'],
  [{ extensions: [{ oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex') }] }, 'certificate_invalid'],
  [{ extensions: [{ oid: '1.2.3.4', value: Buffer.from('0500', 'hex') }] }, null],
]

for (const [options, refusal] of refused) {
  test(`a leaf with ${options.spki ? 'explicit EC parameters' : JSON.stringify(options)} is ${refusal ?? 'fit'}`, async () => {
    assert.equal(leafRefusal(await leaf(options))?.refusal ?? null, refusal)
  })
}
