import assert from 'node:assert/strict'
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import forge from 'node-forge'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { decode, encode } from '../../../src/certificates/ber-read.ts'
import * as der from '../../../src/certificates/der-write.ts'
import { type IssuedCertificate, issueClient } from '../../../src/certificates/issue.ts'
import { encryptedKeyPem } from '../../../src/certificates/key.ts'
import { oid } from '../../../src/certificates/pkcs12-oids.ts'
import { decrypt, derivePkcs12, encodePassword, purpose, UnsupportedError } from '../../../src/certificates/pkcs12-password.ts'
import { readPfx } from '../../../src/certificates/pkcs12-read.ts'
import { writeCertificatesPfx, writePfx } from '../../../src/certificates/pkcs12-write.ts'
import { MaterialError } from '../../../src/errors.ts'

let authority: Authority
let alice: IssuedCertificate
before(async () => {
  authority = await createAuthority({ days: 2 })
  alice = await issueClient(authority.issuer, { commonName: 'alice', days: 1 })
})

const refused = (bytes: Buffer, password: string | null, message: string) => {
  assert.throws(
    () => readPfx(bytes, password, 'server.pfx'),
    (error: unknown) => {
      assert.ok(error instanceof MaterialError)
      assert.equal(error.file, 'server.pfx')
      assert.equal(error.message, message)
      if (password) assert.ok(!`${error.message} ${error.hint}`.includes(password), 'the password is not told')
      return true
    },
  )
}
const notWhole = 'cannot use the PFX file server.pfx: it is not a whole PFX file'

/** A PFX without a MAC around safe contents, each already encoded. */
function pfxOf(...bags: der.Der[]): Buffer {
  const data = (content: Buffer) => der.sequence(der.objectIdentifier(oid.data), der.context(0, der.octetString(content)))
  return der.sequence(der.integer(3), data(der.sequence(data(der.sequence(...bags)))))
}
const bag = (type: string, value: der.Der) => der.sequence(der.objectIdentifier(type), der.context(0, value))
const certBag = (pem: string) =>
  bag(oid.certBag, der.sequence(der.objectIdentifier(oid.x509Certificate), der.context(0, der.octetString(new X509Certificate(pem).raw))))
const keyBag = (pem: string) => bag(oid.keyBag, createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }))

test('what is written is read back: EC, RSA and Ed25519, with the chain, under any password', async () => {
  for (const keyType of ['ec', 'rsa', 'ed25519'] as const) {
    const pair = await issueClient(authority.issuer, { commonName: 'bob', days: 1, keyType })
    for (const password of ['secret', 'pä$s wörd 🔒', '']) {
      const read = readPfx(writePfx(pair, password, 'bob'), password, 'bob.pfx')
      assert.deepEqual(read, { certificate: pair.certificate, key: pair.key }, `${keyType} '${password}'`)
    }
  }
})

test('what is written is what node-forge writes of the same structure, to the byte', async () => {
  const rsa = await issueClient(authority.issuer, { commonName: 'bob', days: 1, keyType: 'rsa' })
  const certificates = Array.from({ length: 40 }, (_, index) => ({ certificate: rsa.certificate, friendlyName: `Zoë ${index} €` }))
  for (const legacy of [false, true]) {
    for (const written of [writePfx(rsa, 'secret', 'Zoë €', { legacy }), writeCertificatesPfx(certificates, 'secret', { legacy })]) {
      assert.deepEqual(encode(decode(written)), written)
    }
  }
  const shrouded = Buffer.from(encryptedKeyPem(createPrivateKey(rsa.key), 'secret').replace(/-----.*-----|\n/g, ''), 'base64')
  assert.deepEqual(encode(decode(shrouded)), shrouded)
})

test('an empty password and none are the same to the reader', () => {
  assert.equal(readPfx(writePfx(alice, '', 'alice'), null, 'a.pfx').key, alice.key)
})

test('a wrong password is told apart from a missing one and from damage, and is never repeated', () => {
  const bytes = writePfx(alice, 'secret', 'alice')
  refused(bytes, 'Secret', 'the password does not open the PFX file server.pfx')
  refused(bytes, null, 'the PFX file server.pfx has a password, and none is configured')
  refused(bytes.subarray(0, bytes.length - 100), 'secret', notWhole)
})

test('what is no PFX file is refused for what it is', () => {
  refused(Buffer.alloc(0), 'secret', notWhole)
  refused(Buffer.from('hello'), 'secret', notWhole)
  refused(new X509Certificate(alice.certificate).raw, 'secret', notWhole)
  refused(Buffer.from(alice.certificate), 'secret', 'cannot use the PFX file server.pfx: it is PEM, which belongs under `cert` and `key`')
  refused(Buffer.alloc(100_000, 0x30), 'secret', notWhole)
})

test('a key without a certificate, a certificate without a key, and a pair that does not fit are refused', async () => {
  const bob = await issueClient(authority.issuer, { commonName: 'bob', days: 1 })
  const prefix = 'cannot use the PFX file server.pfx: it '
  refused(pfxOf(keyBag(alice.key)), null, `${prefix}holds a private key but no certificate`)
  refused(pfxOf(certBag(alice.certificate)), null, `${prefix}holds no private key`)
  const strangers = pfxOf(keyBag(alice.key), certBag(bob.certificate))
  refused(strangers, null, `${prefix}holds a private key and certificates, but none that belongs to the key`)
  const two = pfxOf(keyBag(alice.key), certBag(alice.certificate), keyBag(bob.key), certBag(bob.certificate))
  refused(two, null, `${prefix}holds several certificates with private keys`)
})

test('the chain is leaf first whatever the order in the file, without the root above an intermediate', () => {
  const bags = [certBag(authority.rootCertificate), certBag(authority.issuingCertificate), keyBag(alice.key), certBag(alice.certificate)]
  assert.equal(readPfx(pfxOf(...bags), null, 'a.pfx').certificate, alice.certificate)
})

test('bags nested in bags, as some tools write them, are found', () => {
  const inner = bag(oid.safeContentsBag, der.sequence(certBag(alice.certificate), keyBag(alice.key)))
  assert.equal(readPfx(pfxOf(inner), null, 'a.pfx').key, alice.key)
})

test('files of old tools are read: 3DES with a SHA-1 MAC', async () => {
  const rsa = await issueClient(authority.issuer, { commonName: 'old', days: 1, keyType: 'rsa' })
  const selfMade = forge.pki.createCertificate()
  const key = forge.pki.privateKeyFromPem(rsa.key)
  selfMade.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e)
  selfMade.serialNumber = '01'
  selfMade.setSubject([{ shortName: 'CN', value: 'old' }])
  selfMade.setIssuer([{ shortName: 'CN', value: 'old' }])
  selfMade.sign(key, forge.md.sha256.create())
  const der = forge.asn1.toDer(forge.pkcs12.toPkcs12Asn1(key, [selfMade], 'secret', { algorithm: '3des' })).getBytes()
  const read = readPfx(Buffer.from(der, 'latin1'), 'secret', 'old.pfx')
  assert.equal(read.key, rsa.key)
  assert.equal(new X509Certificate(read.certificate).subject, 'CN=old')
  refused(Buffer.from(der, 'latin1'), 'other', 'the password does not open the PFX file server.pfx')
})

test('RC2, which OpenSSL no longer knows, is decrypted', () => {
  const salt = Buffer.from('0102030405060708', 'hex')
  const from = { digest: { name: 'sha1', block: 64 }, password: encodePassword('secret').bmp, salt, iterations: 2048 }
  const cipher = forge.rc2.createEncryptionCipher(derivePkcs12(from, purpose.key, 5).toString('latin1'), 40)
  cipher.start(derivePkcs12(from, purpose.iv, 8).toString('latin1'))
  cipher.update(forge.util.createBuffer(der.sequence(certBag(alice.certificate), keyBag(alice.key)).toString('latin1')))
  cipher.finish()
  const algorithm = der.sequence(der.objectIdentifier('1.2.840.113549.1.12.1.6'), der.sequence(der.octetString(salt), der.integer(2048)))
  const info = der.sequence(
    der.objectIdentifier(oid.data),
    algorithm,
    der.contextPrimitive(0, Buffer.from(cipher.output.getBytes(), 'latin1')),
  )
  const encrypted = der.sequence(der.objectIdentifier(oid.encryptedData), der.context(0, der.sequence(der.integer(0), info)))
  const safe = der.sequence(encrypted)
  const pfx = der.sequence(der.integer(3), der.sequence(der.objectIdentifier(oid.data), der.context(0, der.octetString(safe))))
  assert.equal(readPfx(pfx, 'secret', 'old.pfx').key, alice.key)
  refused(pfx, 'wrong', 'the password does not open the PFX file server.pfx')
})

test('the key derivation agrees with node-forge on every purpose, length and digest', () => {
  const generate = (forge.pkcs12 as unknown as { generateKey(...args: unknown[]): forge.util.ByteBuffer }).generateKey
  for (const name of ['sha1', 'sha256'] as const) {
    for (const length of [5, 8, 24, 70]) {
      const salt = createHash('sha256').update(`${length}`).digest()
      const from = { digest: { name, block: 64 }, password: encodePassword('pä').bmp, salt, iterations: 7 }
      const expected = generate('pä', forge.util.createBuffer(salt.toString('latin1')), 2, 7, length, forge.md[name].create())
      assert.equal(derivePkcs12(from, purpose.iv, length).toString('hex'), expected.toHex())
    }
  }
})

/** A key bag under 3DES that asks for so many rounds. */
function shroudedBag(rounds: number): der.Der {
  const parameters = der.sequence(der.octetString(Buffer.alloc(8)), der.integer(rounds))
  const algorithm = der.sequence(der.objectIdentifier('1.2.840.113549.1.12.1.3'), parameters)
  return bag(oid.shroudedKeyBag, der.sequence(algorithm, der.octetString(Buffer.alloc(16))))
}

test('absurd work is refused before it is done', () => {
  refused(
    pfxOf(shroudedBag(2_000_000_000)),
    'secret',
    'cannot use the PFX file server.pfx: it asks for 2000000000 rounds of key derivation',
  )
  refused(
    pfxOf(shroudedBag(2_000_000)),
    'secret',
    'cannot use the PFX file server.pfx: it asks for more than 3000000 rounds of key derivation in all',
  )
})

test('the work of one file is limited, however many parts share it', () => {
  const algorithm = der.sequence(
    der.objectIdentifier('1.2.840.113549.1.12.1.3'),
    der.sequence(der.octetString(Buffer.alloc(8)), der.integer(600_000)),
  )
  // One derivation of a key and of an initialisation vector is three blocks; the second would be too much.
  const work = { left: 3_000_000 }
  assert.throws(() => decrypt(decode(algorithm), Buffer.alloc(16), encodePassword('a', work)), /wrong final block length|bad decrypt/i)
  assert.throws(() => decrypt(decode(algorithm), Buffer.alloc(16), encodePassword('b', work)), UnsupportedError)
})
