import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { authorityBelow, loadOwnRoot } from '../../../src/certificates/authority-below.ts'
import { issueClient } from '../../../src/certificates/issue.ts'
import { type Authority, createAuthority, type Issued, temporaryFolder } from '../../support/authority.ts'
import { fileLifetime } from '../../support/lifetime.ts'

const folder = temporaryFolder(fileLifetime())
let root: Authority
before(async () => {
  root = await createAuthority('CN=Corp Root')
})

let count = 0
function source(issued: Issued, above = '') {
  count++
  const none = { passphrase: null, pfx: null, password: null }
  return { ...none, cert: folder.write(`${count}.crt`, issued.certificate + above), key: folder.write(`${count}.key`, issued.key) }
}
const split = (pem: string) =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? []).map((one) => new X509Certificate(one))

test('a CA with room below gets an issuing CA, and its own key is not kept', async () => {
  const policy = await root.intermediate('Corp Policy')
  const own = loadOwnRoot(source(policy, root.certificate))
  assert.equal(own.signsItself, false)
  const made = await authorityBelow(own, { days: 3650 })
  const [issuing, above, ...more] = split(made.issuingCertificate)
  assert.deepEqual(more, [])
  assert.ok(issuing?.verify(new X509Certificate(policy.certificate).publicKey))
  assert.equal(above?.toString(), policy.certificate)
  assert.equal(made.rootCertificate, root.certificate)
  assert.equal(made.rootKey, null)
  assert.ok(!made.issuingKey.includes(policy.key.slice(60, 120)))
  assert.ok(issuing.checkPrivateKey(made.issuer.key))
  const [leaf, ...chain] = split((await issueClient(made.issuer, { commonName: 'alice', days: 1 })).certificate)
  assert.ok(leaf?.verify(issuing.publicKey))
  assert.deepEqual(chain.map(String), [issuing, above].map(String))
})

test('a CA without room signs itself', async () => {
  const last = await root.intermediate('Corp Issuing', { pathLength: 0 })
  const own = loadOwnRoot(source(last, root.certificate))
  assert.equal(own.signsItself, true)
  const made = await authorityBelow(own, { days: 3650 })
  assert.deepEqual([made.issuingCertificate, made.root], [last.certificate, null])
  assert.ok(new X509Certificate(last.certificate).checkPrivateKey(made.issuer.key))
})

test('one that stands above it may also leave no room', async () => {
  const narrow = await root.intermediate('Corp Narrow', { pathLength: 1 })
  const below = await narrow.intermediate('Corp Below')
  assert.equal(loadOwnRoot(source(below, narrow.certificate + root.certificate)).signsItself, true)
})

test('without its root nobody could trust it', async () => {
  const policy = await root.intermediate('Corp Policy')
  assert.throws(() => loadOwnRoot(source(policy)), { code: 'material_unusable', message: /^the root above CN=Corp Policy is not in / })
})
