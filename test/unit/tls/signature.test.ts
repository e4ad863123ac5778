import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import test from 'node:test'
import { DerReader } from '../../../src/identity/der.ts'
import { readSignatureAlgorithm, verifySigned } from '../../../src/tls/signature.ts'
import * as der from '../../support/der.ts'

const content = Buffer.from('content')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const edwards = generateKeyPairSync('ed25519').privateKey

const read = (...parts: readonly Buffer[]) => readSignatureAlgorithm(new DerReader(der.sequence(...parts)).next('it'))
const hash = (oid: string) => der.context(0, der.sequence(der.oid(oid), der.nothing))
const pss = (...parameters: readonly Buffer[]) => read(der.oid('1.2.840.113549.1.1.10'), der.sequence(...parameters))
const verify = (algorithm: ReturnType<typeof read>, signature: Buffer, key: KeyObject) =>
  verifySigned({ content: content.toString('base64'), signature: signature.toString('base64'), algorithm }, createPublicKey(key))

test('a signature verifies with the key that made it and with no other', () => {
  for (const [oid, key, digest] of [
    ['1.2.840.113549.1.1.12', rsa, 'sha384'],
    ['1.2.840.10045.4.3.2', ec, 'sha256'],
    ['1.3.101.112', edwards, null],
  ] as const) {
    const algorithm = read(der.oid(oid))
    const signature = sign(digest, content, key)
    assert.equal(verify(algorithm, signature, key), true, oid)
    assert.equal(verify(algorithm, Buffer.from(signature).fill(0, 10, 12), key), false, oid)
    for (const other of [rsa, ec, edwards]) if (other !== key) assert.equal(verify(algorithm, signature, other), false, oid)
  }
})

test('RSASSA-PSS verifies with the hash and salt of its parameters', () => {
  const algorithm = pss(hash('2.16.840.1.101.3.4.2.1'), der.context(2, der.integer(32)))
  const signature = sign('sha256', content, { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  assert.equal(verify(algorithm, signature, rsa), true)
  const short = pss(hash('2.16.840.1.101.3.4.2.1'))
  assert.equal(short.saltLength, 20)
  assert.equal(verify(short, signature, rsa), false)
})

test('weak and unknown algorithms are not read, PSS without parameters (SHA-1) among them', () => {
  for (const attempt of [
    () => read(der.oid('1.2.840.113549.1.1.5'), der.nothing),
    () => read(der.oid('1.2.840.113549.1.1.4'), der.nothing),
    () => read(der.oid('1.2.3.4')),
    () => pss(),
    () => pss(hash('1.3.14.3.2.26')),
  ]) {
    assert.throws(attempt, { code: 'certificate_unreadable', message: /weak or unknown/ })
  }
})
