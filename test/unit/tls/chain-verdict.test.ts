import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCertificate } from '../../../src/tls/authority-node.ts'
import { judgeUnseen } from '../../../src/tls/chain-verdict.ts'
import { readLeaf } from '../../../src/tls/leaf.ts'
import { createAuthority } from '../../support/authority.ts'
import { type DomainSpec, trustDomain } from '../../support/trust.ts'

const root = await createAuthority('CN=root')
const other = await createAuthority('CN=other')
const alice = parseCertificate((await root.issue({ subject: 'CN=alice' })).certificate)
const leaf = readLeaf(alice, alice.raw)

function refusal(spec: DomainSpec, anchorKeys: readonly string[], now = Date.now()): string | null {
  return judgeUnseen(leaf, trustDomain(spec), anchorKeys, now).refused?.refusal ?? null
}

const [rootKey = '', otherKey = ''] = trustDomain({ clientCa: [root, other] }).anchors.map(({ key }) => key)

test('a session whose chain was never seen lives as long as every CA it may stand under is trusted', () => {
  assert.equal(refusal({ clientCa: [root] }, [rootKey]), null)
  assert.equal(refusal({ clientCa: [root, other] }, [rootKey, otherKey]), null)
  assert.equal(refusal({ clientCa: [root] }, [rootKey, otherKey]), 'certificate_unknown_issuer')
  assert.equal(refusal({ clientCa: [other] }, [rootKey]), 'certificate_unknown_issuer')
  assert.equal(refusal({ clientCa: [root] }, [rootKey], Date.now() + 2 * 86_400_000), 'certificate_unknown_issuer')
})

test('one that stands under no CA is not trusted for that', () => {
  assert.equal(refusal({ clientCa: [] }, []), 'certificate_unknown_issuer')
  assert.equal(refusal({ clientCa: [root] }, []), 'certificate_unknown_issuer')
})

test('where revocation counts it is refused: who stands above it is not known', () => {
  assert.equal(refusal({ clientCa: [root], lists: [root.crl()] }, [rootKey]), 'certificate_status_unknown')
  assert.equal(refusal({ clientCa: [root], ocsp: { onUnavailable: 'allow', url: null } }, [rootKey]), 'certificate_status_unknown')
})
