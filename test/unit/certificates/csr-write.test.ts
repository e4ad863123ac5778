import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { readSigningRequest } from '../../../src/certificates/csr.ts'
import { writeSigningRequest } from '../../../src/certificates/csr-write.ts'
import { pemOf } from '../../../src/certificates/der-write.ts'
import { publicKeyInfo } from '../../../src/certificates/key.ts'
import { absent, run } from '../../support/outside-program.ts'

const keys: readonly (readonly [what: string, key: KeyObject])[] = [
  ['EC P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['EC P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ['EC P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['RSA-PSS', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey],
  ['Ed25519', generateKeyPairSync('ed25519').privateKey],
]

for (const [what, key] of keys) {
  test(`a request of a key of ${what} says what was given, and proves the key`, async (t) => {
    const sans = [
      { type: 'dNSName', value: 'a.example' },
      { type: 'uniformResourceIdentifier', value: 'spiffe://t/a' },
    ] as const
    const written = writeSigningRequest(key, { commonName: 'Jürgen, O=x', sans })
    const read = readSigningRequest(written)
    assert.deepEqual([read.commonName, read.sans], ['Jürgen, O=x', sans])
    assert.deepEqual(read.publicKeyInfo, publicKeyInfo(key))
    assert.equal(read.subject.length, 1)
    const skip = absent('openssl')
    if (skip !== false) return t.skip(skip)
    const shown = await run('openssl', ['req', '-verify', '-noout', '-text'], { input: pemOf('CERTIFICATE REQUEST', written) })
    assert.match(shown.text + shown.stderr, /verify OK/)
    assert.match(shown.text, /DNS:a\.example, URI:spiffe:\/\/t\/a/)
  })
}

test('a request without alternative names has none, and one byte of it turned proves nothing', () => {
  const written = writeSigningRequest(keys[0]?.[1] as KeyObject, { commonName: 'a' })
  assert.deepEqual(readSigningRequest(written).sans, [])
  const at = written.indexOf('a', 8)
  const forged = Buffer.from(written)
  forged[at] = 'b'.charCodeAt(0)
  assert.throws(() => readSigningRequest(forged), { code: 'issuance_refused' })
})

test('keys and names that no certificate can have are refused', () => {
  const x25519 = generateKeyPairSync('x25519').privateKey
  assert.throws(() => writeSigningRequest(x25519, { commonName: 'a' }), { code: 'issuance_refused' })
  for (const commonName of ['', ' ', 'x'.repeat(65), 'a\nb'])
    assert.throws(() => writeSigningRequest(keys[0]?.[1] as KeyObject, { commonName }), { code: 'issuance_refused', field: 'name' })
})
