import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { createAuthority } from '../../../src/certificates/authority.ts'
import { readCertsOnly, writeCertsOnly } from '../../../src/certificates/certs-only.ts'
import { UnreadableCertificateError } from '../../../src/errors.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { absent, run } from '../../support/outside-program.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const { rootCertificate, issuingCertificate } = await createAuthority({ days: 10 })
// Of two in either order one is not ascending.
const ders = [rootCertificate, issuingCertificate].map((pem) => Buffer.from(new X509Certificate(pem).raw))

test('what is written is read again, and read by openssl', async (t) => {
  for (const given of [[], ders.slice(0, 1), ders, ders.toReversed()]) {
    const written = writeCertsOnly(given)
    assert.deepEqual(readCertsOnly(written), given)
  }
  const skip = absent('openssl')
  if (skip !== false) return t.skip(skip)
  const { text, code } = await run('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'], { input: writeCertsOnly(ders) })
  assert.equal(code, 0)
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  assert.deepEqual(
    pems.map((pem) => new X509Certificate(pem).fingerprint256).sort(),
    ders.map((der) => new X509Certificate(der).fingerprint256).sort(),
  )
})

test('what openssl writes is read', async (t) => {
  const skip = absent('openssl')
  if (skip !== false) return t.skip(skip)
  const { write, path: cwd } = temporaryFolder(t)
  write('all.crt', rootCertificate + issuingCertificate)
  const { stdout } = await run('openssl', ['crl2pkcs7', '-nocrl', '-certfile', 'all.crt', '-outform', 'DER'], { cwd })
  assert.deepEqual(readCertsOnly(stdout).sort(Buffer.compare), [...ders].sort(Buffer.compare))
})

test('anything else is refused, whichever byte is turned or cut', () => {
  const whole = writeCertsOnly(ders.slice(0, 1))
  for (const bytes of [Buffer.alloc(0), Buffer.from('garbage'), ders[0] as Buffer, Buffer.concat([whole, Buffer.from([0])])])
    assert.throws(() => readCertsOnly(bytes), UnreadableCertificateError)
  const random = seededRandom(7)
  for (let round = 0; round < 500; round++) {
    const bent = Buffer.from(whole)
    bent[random(bent.length)] = random(256)
    const cut = bent.subarray(0, random(2) === 0 ? bent.length : random(bent.length))
    try {
      readCertsOnly(cut)
    } catch (error) {
      assert.ok(error instanceof UnreadableCertificateError, String(error))
    }
  }
})
