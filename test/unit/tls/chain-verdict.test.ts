import assert from 'node:assert/strict'
import test from 'node:test'
import { parseCertificate } from '../../../src/tls/authority-node.ts'
import { judgeUnseen } from '../../../src/tls/chain-verdict.ts'
import { readLeaf } from '../../../src/tls/leaf.ts'
import { createAuthority } from '../../support/authority.ts'
import { recordOf, registryOf } from '../../support/registry.ts'
import { type DomainSpec, judging, trustDomain } from '../../support/trust.ts'

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

test('a CA that was revoked takes along whom the registry trusts, also where OpenSSL refused the way to it', async () => {
  const middle = await root.intermediate('CN=middle')
  const bob = await middle.issue({ subject: 'CN=bob' })
  const registry = await registryOf(recordOf(bob, null))
  const verdict = (revoked: readonly (typeof middle)[]) => {
    const lists = [root.crl({ revoked }), middle.crl()]
    const how = { error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', above: [middle] }
    return judging({ clientCa: [root], trust: 'either', lists }, registry).at(bob, how).refusal
  }
  assert.equal(verdict([]), null)
  assert.equal(verdict([middle]), 'certificate_revoked')
})
