import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { createAuthority as ownAuthority } from '../../../src/certificates/authority.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { type AuthoritySource, loadAuthority } from '../../../src/certificates/own-authority.ts'
import { writePfx } from '../../../src/certificates/pkcs12-write.ts'
import {
  type Authority,
  type CertificateOptions,
  createAuthority,
  encryptKey,
  type Issued,
  temporaryFolder,
} from '../../support/authority.ts'
import { fileLifetime } from '../../support/lifetime.ts'

const folder = temporaryFolder(fileLifetime())
let root: Authority
before(async () => {
  root = await createAuthority('CN=Corp Root')
})

let count = 0
const none = { cert: null, key: null, passphrase: null, pfx: null, password: null }

/** A CA on disk as PEM; `above` stands behind its certificate. */
function source(issued: Issued, above = ''): AuthoritySource {
  count++
  return { ...none, cert: folder.write(`${count}.crt`, issued.certificate + above), key: folder.write(`${count}.key`, issued.key) }
}
const refused = (from: AuthoritySource, message: RegExp, use = {}) =>
  assert.throws(() => loadAuthority(from, use), { code: 'material_unusable', message })
const below = (options: CertificateOptions) => root.issue({ ca: true, subject: 'CN=Corp Issuing', eku: null, ...options })

test('a CA with its root beside it signs certificates that verify', async () => {
  const issuing = await root.intermediate('Corp Issuing', { pathLength: 0 })
  const { issuer, rootCertificate, warnings } = loadAuthority(source(issuing, root.certificate))
  assert.equal(rootCertificate, root.certificate)
  assert.equal(issuer.chain, issuing.certificate)
  assert.deepEqual(warnings, [])
  const [leaf = '', ...rest] =
    (await issueClient(issuer, { commonName: 'alice', days: 1 })).certificate.match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g,
    ) ?? []
  assert.ok(new X509Certificate(leaf).verify(new X509Certificate(issuing.certificate).publicKey))
  assert.deepEqual(rest, [issuing.certificate])
})

test('a root that signs by itself sends no chain', () => {
  const { issuer, rootCertificate } = loadAuthority(source(root))
  assert.deepEqual([issuer.chain, rootCertificate], ['', root.certificate])
})

test('the key may be encrypted, or in a PFX with the chain', async () => {
  const issuing = await root.intermediate('Corp Issuing')
  const cert = folder.write('e.crt', issuing.certificate)
  const key = folder.write('e.key', encryptKey(issuing, 'secret'))
  assert.equal(loadAuthority({ ...none, cert, key, passphrase: 'secret' }).issuer.facts.dn, 'CN=Corp Issuing')
  refused({ ...none, cert, key, passphrase: 'wrong' }, /passphrase does not open/)
  refused({ ...none, cert, key }, /is encrypted, and no passphrase is given/)
  const pfx = folder.write('e.pfx', writePfx({ certificate: issuing.certificate + root.certificate, key: issuing.key }, 'secret', 'ca'))
  assert.equal(loadAuthority({ ...none, pfx, password: 'secret' }).issuer.facts.dn, 'CN=Corp Issuing')
  refused({ ...none, pfx, password: 'wrong' }, /the password does not open the PFX file/)
})

test('RSA, Ed25519 and P-384 authorities sign', async () => {
  for (const keyType of ['rsa', 'ed25519', 'p384'] as const) {
    const ca = await createAuthority(`CN=${keyType}`, { keyType })
    const { issuer } = loadAuthority(source(ca))
    const leaf = new X509Certificate((await issueClient(issuer, { commonName: 'x', days: 1 })).certificate)
    assert.ok(leaf.verify(new X509Certificate(ca.certificate).publicKey), keyType)
  }
})

test('what is no CA, or may not sign both certificates and lists, is refused', async () => {
  refused(source(await root.issue({ subject: 'CN=alice' })), /is not a CA/)
  refused(source(await below({ keyUsage: ['cRLSign'] })), /may not be used for keyCertSign/)
  refused(source(await below({ keyUsage: ['keyCertSign'] })), /may not be used for cRLSign/)
  assert.equal(loadAuthority(source(await below({ keyUsage: null }))).issuer.facts.isCa, true)
})

test('a key that does not fit is refused', async () => {
  const one = await below({})
  const other = await below({})
  refused({ ...source(one), key: folder.write('other.key', other.key) }, /does not fit the certificate/)
})

test('an authority out of its dates is refused', async () => {
  const day = 86_400_000
  const past = await below({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) })
  const future = await below({ notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) })
  refused(source(past), /expired/)
  refused(source(future), /is not valid before/)
})

test('a path length that leaves no room is refused, its own and those above it', async () => {
  const leafOnly = await below({ pathLength: 0 })
  refused(source(leafOnly), /its own is 0, and 1 are needed/, { levels: 1 })
  assert.equal(loadAuthority(source(leafOnly), { levels: 0 }).issuer.pathLength, 0)
  const tight = await createAuthority('CN=Tight Root', { pathLength: 0 })
  const tooDeep = await tight.intermediate('CN=Too Deep')
  refused(source(tooDeep, tight.certificate), /that of CN=Tight Root is 0, and 1 are needed/)
})

test('weak keys and unknown critical extensions are refused', async () => {
  refused(source(await createAuthority('CN=weak', { keyType: 'rsa1024' })), /too weak/)
  refused(
    source(await below({ extensions: [{ oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex') }] })),
    /unknown critical extension 1\.2\.3\.4/,
  )
})

test('what is allowed and will surprise somebody is said', async () => {
  const servers = await below({ eku: ['serverAuth'] })
  assert.match(loadAuthority(source(servers, root.certificate)).warnings.join('\n'), /^CN=Corp Issuing is limited to other purposes/)
  const limited = await below({ nameConstraints: { permitted: ['DNS:corp.test'] } })
  assert.match(loadAuthority(source(limited, root.certificate)).warnings.join('\n'), /limits names/)
  assert.match(loadAuthority(source(await below({}))).warnings.join('\n'), /the root is not among/)
})

test('what init made is loaded as any other', async () => {
  const made = await ownAuthority({ days: 10 })
  const cert = folder.write('issuing.crt', made.issuingCertificate)
  const key = folder.write('issuing.key', made.issuingKey)
  const { issuer } = loadAuthority({ ...none, cert, key })
  assert.equal(issuer.chain, made.issuer.chain)
  assert.equal(createPrivateKey(made.issuingKey).equals(issuer.key), true)
  refused({ ...none, cert, key }, /path length/, { levels: 1 })
})
