import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { test } from 'node:test'
import { checkPublicKey, encryptedKeyPem, generateKey, keyIdentifier, privateKeyPem, publicKeyInfo } from '../../../src/certificates/key.ts'
import { publicKeyOf } from '../../support/signing.ts'

test('each type of key is of the size that it is called by', async () => {
  const details = async (type: Parameters<typeof generateKey>[0]) => {
    const { asymmetricKeyType, asymmetricKeyDetails } = await generateKey(type)
    return [asymmetricKeyType, asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength ?? null]
  }
  assert.deepEqual(await details('ec'), ['ec', 'prime256v1'])
  assert.deepEqual(await details('rsa'), ['rsa', 3072])
  assert.deepEqual(await details('rsa4096'), ['rsa', 4096])
  assert.deepEqual(await details('ed25519'), ['ed25519', null])
})

test('RSA keys, which take long, are made one at a time, and other keys and files do not wait for them', async () => {
  const finished: string[] = []
  const make = async (type: 'rsa' | 'ec') => {
    const key = await generateKey(type)
    finished.push(type)
    return key
  }
  // More than the process has threads for such things.
  await Promise.all([...Array.from({ length: 5 }, () => make('rsa')), make('ec')])
  assert.deepEqual(finished, ['ec', ...Array(5).fill('rsa')])
})

test('an encrypted key opens with its password, in OpenSSL as in Node, and with no other', async () => {
  for (const type of ['ec', 'ed25519'] as const) {
    const key = await generateKey(type)
    const pem = encryptedKeyPem(key, 'pä$s wörd')
    assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/)
    assert.equal(privateKeyPem(createPrivateKey({ key: pem, passphrase: 'pä$s wörd' })), privateKeyPem(key))
    assert.throws(() => createPrivateKey({ key: pem, passphrase: 'other' }), { code: /^ERR_OSSL_/ })
  }
})

test('the key identifier is the SHA-1 of the key bits, for private and public keys alike', async () => {
  const key = await generateKey('ec')
  const { spki } = publicKeyOf(key)
  assert.deepEqual(publicKeyInfo(key), spki)
  assert.deepEqual(publicKeyInfo(createPublicKey(key)), spki)
  assert.equal(keyIdentifier(spki).length, 20)
})

test('an RSA key has an exponent that every client reads and that costs nothing to verify by', async () => {
  const { n } = createPublicKey(await generateKey('rsa')).export({ format: 'jwk' })
  const check = (hex: string) => {
    const key = createPublicKey({ key: { kty: 'RSA', n, e: Buffer.from(hex, 'hex').toString('base64url') } as never, format: 'jwk' })
    checkPublicKey(key, publicKeyInfo(key))
  }
  for (const usable of ['03', '010001', 'ffffffff']) check(usable)
  for (const long of ['0100000001', `01${'00'.repeat(254)}01`])
    assert.throws(() => check(long), { field: 'key', message: 'the request has an RSA key with an exponent of more than 32 bits' })
  assert.throws(() => check('01'), { message: 'the request has an RSA key with the exponent 1' })
})
