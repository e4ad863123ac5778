import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import test from 'node:test'
import { keyWeakness, signatureWeakness, spellsCurveOut } from '../../../src/tls/algorithm.ts'

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey

test('keys from P-256, RSA-2048 and Edwards curves on are good', () => {
  for (const key of [
    ec('P-256'),
    ec('P-384'),
    ec('P-521'),
    ec('brainpoolP256r1'),
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
    generateKeyPairSync('ed25519').publicKey,
    generateKeyPairSync('ed448').publicKey,
  ]) {
    assert.equal(keyWeakness(key), null)
  }
})

test('smaller keys and other kinds are weak', () => {
  assert.equal(keyWeakness(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey), 'an RSA key of 1024 bits')
  assert.equal(keyWeakness(generateKeyPairSync('rsa', { modulusLength: 2040 }).publicKey), 'an RSA key of 2040 bits')
  assert.match(keyWeakness(ec('secp224r1')) ?? '', /curve secp224r1/)
  assert.match(keyWeakness(ec('prime192v1')) ?? '', /curve prime192v1/)
  assert.match(keyWeakness(generateKeyPairSync('dsa', { modulusLength: 2048 }).publicKey) ?? '', /of kind dsa/)
  assert.match(keyWeakness(generateKeyPairSync('x25519').publicKey) ?? '', /of kind x25519/)
})

test('a curve that is spelt out is told from one that is named', () => {
  const spki = (paramEncoding: 'named' | 'explicit') =>
    generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding }).publicKey.export({ type: 'spki', format: 'der' })
  assert.deepEqual([spellsCurveOut(spki('named')), spellsCurveOut(spki('explicit'))], [false, true])
  assert.equal(spellsCurveOut(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })), false)
})

test('signatures with SHA-1, MD5, DSA and what is unknown are weak', () => {
  assert.equal(signatureWeakness('1.2.840.113549.1.1.5'), 'a signature with SHA-1')
  assert.equal(signatureWeakness('1.2.840.10045.4.1'), 'a signature with SHA-1')
  assert.equal(signatureWeakness('1.2.840.113549.1.1.4'), 'a signature with MD5')
  assert.equal(signatureWeakness('1.2.3'), 'a signature with the unknown algorithm 1.2.3')
  for (const oid of ['1.2.840.113549.1.1.11', '1.2.840.10045.4.3.2', '1.3.101.112', '2.16.840.1.101.3.4.3.17']) {
    assert.equal(signatureWeakness(oid), null)
  }
})
