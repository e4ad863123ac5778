import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { readLeaf } from '../../../src/tls/leaf.ts'
import type { Registered, TrustRecord } from '../../../src/tls/registry-types.ts'
import { recognizeRenewal } from '../../../src/tls/renewal.ts'
import { createAuthority, type Issued, selfSigned } from '../../support/authority.ts'
import { fingerprintOf, pinOf, publicKeyOf, recordOf, registryOf, revokedAt } from '../../support/registry.ts'

const root = await createAuthority('root')
const renewedRoot = await createAuthority('root renewed', { key: root.key })
const otherRoot = await createAuthority('root')
const subject = 'CN=alice,OU=ops'
const san = ['DNS:a.example', 'DNS:b.example']
const old = await root.issue({ subject, san })
const { key } = old

async function registered(record: TrustRecord): Promise<Registered[]> {
  return [...(await registryOf(record)).withPin(record.pin)]
}

async function recognize(renewing: Issued, changes: Partial<TrustRecord> = {}, now = Date.now()) {
  const x509 = new X509Certificate(renewing.certificate)
  const candidate = { leaf: readLeaf(x509, renewing.der), x509: () => x509 }
  return recognizeRenewal(candidate, await registered(recordOf(old, root, changes)), now)
}

const accepted: readonly (readonly [string, Promise<Issued>])[] = [
  ['with the same names', root.issue({ subject, san, key })],
  ['with the same alternative names in another order', root.issue({ subject, san: [...san].reverse(), key })],
  ['with fewer alternative names', root.issue({ subject, san: san.slice(1), key })],
  ['with no alternative names', root.issue({ subject, key })],
  ['from a CA that kept its key and changed its name', renewedRoot.issue({ subject, san, key })],
]

for (const [what, issued] of accepted) {
  test(`a certificate ${what} renews`, async () => {
    const { predecessor, problem } = await recognize(await issued)
    assert.deepEqual([predecessor?.fingerprint, problem], [fingerprintOf(old), ''])
  })
}

const refused: readonly (readonly [string, Promise<Issued>, RegExp])[] = [
  ['another subject', root.issue({ subject: 'CN=alice,OU=admin', san, key }), /, but has another subject$/],
  ['part of the subject', root.issue({ subject: 'CN=alice', san, key }), /another subject/],
  ['more of a subject', root.issue({ subject: 'CN=alice,OU=ops,O=x', san, key }), /another subject/],
  ['a subject in other case', root.issue({ subject: 'CN=Alice,OU=ops', san, key }), /another subject/],
  ['one more alternative name', root.issue({ subject, san: [...san, 'DNS:c.example'], key }), /alternative names that the other has not/],
  ['another type of name', root.issue({ subject, san: ['URI:a.example'], key }), /alternative names that the other has not/],
  ['the signature of a CA of the same name', otherRoot.issue({ subject, san, key }), /was not signed by the key of the same CA/],
  ['its own signature', selfSigned({ subject, san, key }), /is self-signed/],
  ['its own signature under the name of the CA', selfSigned({ subject, san, key, issuer: 'CN=root' }), /is self-signed/],
]

for (const [what, issued, problem] of refused) {
  test(`a certificate with ${what} does not`, async () => {
    const found = await recognize(await issued)
    assert.equal(found.predecessor, null)
    assert.match(found.problem, problem)
    assert.ok(found.problem.startsWith(`it has the key of the registered certificate "CN=alice,OU=ops" (${fingerprintOf(old)}), but `))
  })
}

const again = await root.issue({ subject, san, key })
const spent: readonly (readonly [string, Partial<TrustRecord>, RegExp])[] = [
  ['is revoked', revokedAt(), /is revoked/],
  ['is disabled', { disabled: true }, /is disabled/],
  ['has expired', { notAfter: Date.now() - 1 }, /has expired/],
  ['is not valid yet', { notBefore: Date.now() + 3_600_000 }, /not valid yet/],
  ['was signed by nobody knows whom', { issuerKey: null }, /which CA signed that one is not known/],
  ['was signed by what is no key', { issuerKey: Buffer.from('x') }, /weak or unknown/],
  ['has another key', { pin: '0'.repeat(64) }, /has another key/],
]

for (const [what, changes, problem] of spent) {
  test(`what ${what} is not renewed`, async () => {
    const found = await recognize(again, changes)
    assert.equal(found.predecessor, null)
    assert.match(found.problem, problem)
  })
}

test('a predecessor counts to the end of its last second', async () => {
  const { notAfter } = recordOf(old, root)
  assert.notEqual((await recognize(again, {}, notAfter)).predecessor, null)
  assert.equal((await recognize(again, {}, notAfter + 1)).predecessor, null)
})

test('whoever signed his own certificate cannot sign the next one, under whatever name', async () => {
  const own = await selfSigned({ subject, key })
  const posing = await selfSigned({ subject, key, issuer: 'CN=somebody else' })
  const x509 = new X509Certificate(posing.certificate)
  const candidate = { leaf: readLeaf(x509, posing.der), x509: () => x509 }
  const found = recognizeRenewal(candidate, await registered(recordOf(own, own)), Date.now())
  assert.deepEqual([found.predecessor, /that one is self-signed$/.test(found.problem)], [null, true])
})

test('a CA with a weak key renews nothing', async () => {
  const weak = await createAuthority('weak', { keyType: 'rsa1024' })
  const renewing = await weak.issue({ subject, san, key })
  const found = await recognize(renewing, { issuerKey: publicKeyOf(weak) })
  assert.match(found.problem, /weak or unknown/)
})

test('of several the newest is renewed, and one that is not good enough does not stand in the way', async () => {
  const record = recordOf(old, root)
  const entries = [
    { ...record, name: 'older', notBefore: 1 },
    { ...record, name: 'newer', notBefore: 3, fingerprint: '1'.repeat(64) },
    { ...record, name: 'old', notBefore: 2, fingerprint: '2'.repeat(64) },
    { ...record, name: 'newest', notBefore: 4, fingerprint: '3'.repeat(64), issuerKey: null },
  ]
  const x509 = new X509Certificate(again.certificate)
  const candidate = { leaf: readLeaf(x509, again.der), x509: () => x509 }
  for (const given of [entries, entries.toReversed()]) {
    const held = [...(await registryOf(...given)).withPin(pinOf(old))]
    const { predecessor, problem } = recognizeRenewal(candidate, held, Date.now())
    assert.deepEqual([predecessor?.name, problem], ['newer', ''])
  }
})

test('signatures are checked once per CA, and with a bounded number of them', async () => {
  const x509 = new X509Certificate((await otherRoot.issue({ subject, san, key })).certificate)
  let asked = 0
  const candidate = {
    leaf: readLeaf(x509, x509.raw),
    x509: () => {
      asked++
      return x509
    },
  }
  const [entry] = await registered(recordOf(old, root))
  assert.ok(entry)
  recognizeRenewal(candidate, new Array(100).fill(entry), Date.now())
  assert.equal(asked, 1)
  const cas = await Promise.all(Array.from({ length: 20 }, async () => ({ ...entry, issuerKey: publicKeyOf(await createAuthority('x')) })))
  recognizeRenewal(candidate, cas, Date.now())
  assert.equal(asked, 1 + 8)
})

test('nobody with its key: nobody is renewed, and there is nothing to say', () => {
  const x509 = new X509Certificate(again.certificate)
  assert.deepEqual(recognizeRenewal({ leaf: readLeaf(x509, again.der), x509: () => x509 }, [], Date.now()), {
    predecessor: null,
    problem: '',
  })
})
