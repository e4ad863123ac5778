import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import test from 'node:test'
import { createSecureContext } from 'node:tls'
import { createAuthority, encryptKey, type KeyType, selfSigned, temporaryFolder } from '../../support/authority.ts'

test('a leaf is signed by its authority and says what was asked for', async () => {
  const root = await createAuthority('root')
  const leaf = await root.issue({
    subject: 'CN=Doe\\, John,OU=ops+UID=7,O=Acme',
    san: ['DNS:a.test', 'IP:::1', 'URI:spiffe://t/a', 'UPN:a@b'],
  })
  const read = new X509Certificate(leaf.certificate)
  assert.ok(read.checkIssued(new X509Certificate(root.certificate)))
  assert.ok(read.verify(new X509Certificate(root.certificate).publicKey))
  assert.ok(read.checkPrivateKey(createPrivateKey(leaf.key)))
  assert.equal(read.subject, 'O=Acme\nOU=ops + UID=7\nCN=Doe\\, John')
  assert.equal(read.serialNumber, leaf.serial)
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.2'])
  assert.match(read.subjectAltName ?? '', /DNS:a\.test, IP Address:0:0:0:0:0:0:0:1, URI:spiffe:\/\/t\/a/)
  assert.equal(read.ca, false)
})

test('every key type signs and is signed', async () => {
  for (const keyType of ['ec', 'p384', 'rsa', 'ed25519', 'p192', 'rsa1024'] satisfies KeyType[]) {
    const root = await createAuthority('root', { keyType })
    const leaf = await root.issue({ keyType })
    assert.ok(new X509Certificate(leaf.certificate).verify(new X509Certificate(root.certificate).publicKey), keyType)
  }
})

test('an intermediate carries its path length, and its chain ends below the root', async () => {
  const root = await createAuthority('root')
  const middle = await root.intermediate('middle', { pathLength: 0, nameConstraints: { permitted: ['DNS:a.test'] } })
  const leaf = await middle.issue()
  assert.equal(leaf.chain, leaf.certificate + middle.certificate)
  assert.ok(new X509Certificate(middle.certificate).ca)
})

test('a list names the revoked serials and loads into OpenSSL', async () => {
  const root = await createAuthority('root')
  const leaf = await root.issue()
  const crl = root.crl({ revoked: [leaf] })
  createSecureContext({ ca: root.certificate, crl })
  assert.ok(root.crlDer({ revoked: [leaf] }).includes(Buffer.from(leaf.serial, 'hex')))
})

test('what is odd on purpose can be made too', async (t) => {
  const folder = temporaryFolder(t)
  const bare = await selfSigned({ bare: true, hash: 'sha1' })
  assert.equal(new X509Certificate(bare.certificate).ca, false)
  const encrypted = folder.write('a.key', encryptKey(bare, 'secret'))
  assert.match(encrypted, /a\.key$/)
  assert.throws(() => createPrivateKey(encryptKey(bare, 'secret')), /interrupted or cancelled/)
  const odd = await selfSigned({ subject: [{ type: 'CN', value: Buffer.from([0x03, 0x02, 0x00, 0x41]) }], serial: '00' })
  assert.equal(odd.serial, '00')
})
