// What a trusted peer holds of the registry, and how changes of the registry reach it while it is connected.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { TrustMode } from '../../../src/config/settings.ts'
import { isAffected, type TrustRecord } from '../../../src/tls/registry-types.ts'
import type { Peer } from '../../../src/tls/types.ts'
import { createAuthority, selfSigned } from '../../support/authority.ts'
import { baseOf, change, fingerprintOf, inventedRecord, pinOf, recordOf, registryOf, revokedAt } from '../../support/registry.ts'
import { judging, type Shown } from '../../support/trust.ts'

const root = await createAuthority('root')
const alice = await root.issue({ subject: 'CN=alice', san: ['DNS:a.example'] })
const renewed = await root.issue({ subject: 'CN=alice', key: alice.key })
const stranger = await selfSigned({ subject: 'CN=stranger' })
const distrusted: Shown = { error: 'DEPTH_ZERO_SELF_SIGNED_CERT' }
const MODES: readonly TrustMode[] = ['ca', 'registry', 'either', 'both']
const rights = { clearance: 'Operator', permissions: new Map([['db', 'Read']]) } as const satisfies Partial<TrustRecord>
const aliceRecord = recordOf(alice, root, rights)

const rightsOf = ({ clearance, permissions, renews }: Peer) => ({ clearance, permissions, renews })
const NONE = { clearance: undefined, permissions: undefined, renews: undefined }

test('rights are those of the entry of that very certificate, in every mode', async () => {
  const registry = await registryOf(aliceRecord)
  for (const trust of MODES) {
    const peer = judging({ clientCa: [root], trust }, registry).at(alice)
    assert.equal(peer.refusal, null)
    assert.deepEqual(rightsOf(peer), { ...rights, renews: undefined })
  }
})

test('who is not registered, or refused, has none', async () => {
  const registry = await registryOf({ ...aliceRecord, disabled: true }, recordOf(stranger, null, rights))
  for (const trust of MODES) {
    const judge = judging({ clientCa: [root], trust }, registry)
    assert.deepEqual(rightsOf(judge.at(alice)), NONE)
    assert.deepEqual(rightsOf(judge.at(await root.issue({ subject: 'CN=alice' }))), NONE)
  }
  assert.deepEqual(rightsOf(judging({ clientCa: [root], trust: 'both' }, registry).at(stranger, distrusted)), NONE)
})

test('a renewal is recognised with the rights of what it renews, but not under ca', async () => {
  const registry = await registryOf(aliceRecord)
  for (const trust of ['registry', 'either', 'both'] as const) {
    const peer = judging({ clientCa: [root], trust }, registry).at(renewed)
    assert.deepEqual([peer.refusal, rightsOf(peer)], [null, { ...rights, renews: fingerprintOf(alice) }])
  }
  const peer = judging({ clientCa: [root], trust: 'ca' }, registry).at(renewed)
  assert.deepEqual([peer.refusal, rightsOf(peer)], [null, NONE])
})

test('a renewal that the CA signed is trusted by the registry though the CA is not configured here', async () => {
  const registry = await registryOf(aliceRecord)
  const how = { error: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }
  for (const trust of ['registry', 'either'] as const) {
    assert.equal(judging({ trust }, registry).at(renewed, how).renews, fingerprintOf(alice))
  }
  assert.equal(judging({ trust: 'both' }, registry).at(renewed, how).refusal, 'certificate_unknown_issuer')
})

test('a renewal ends with what it renews, unless it was recorded', async () => {
  const registry = await registryOf({ ...aliceRecord, notAfter: Date.now() + 60_000 })
  let now = Date.now()
  const judge = judging({ clientCa: [root], trust: 'registry' }, registry, () => now)
  const peer = judge.at(renewed)
  now += 61_000
  assert.equal(judge.again(peer).refusal, 'certificate_not_registered')
  assert.equal(judge.at(renewed).refusal, 'certificate_not_registered')
  change(registry, recordOf(renewed, root, rights))
  const later = judge.again(peer)
  assert.deepEqual([later.refusal, rightsOf(later)], [null, { ...rights, renews: undefined }])
})

test('a renewal that was recorded goes on when what it renews is deleted', async () => {
  const registry = await registryOf(aliceRecord)
  const judge = judging({ clientCa: [root], trust: 'registry' }, registry)
  const peer = judge.at(renewed)
  change(registry, recordOf(renewed, root, rights))
  const recorded = judge.again(peer)
  change(registry, fingerprintOf(alice))
  assert.deepEqual([recorded.renews, judge.again(recorded).refusal], [undefined, null])
})

for (const trust of MODES) {
  test(`${trust}: disabling, revoking or deleting refuses a live connection at the next look`, async () => {
    const steps: readonly (readonly [TrustRecord | string, string])[] = [
      [{ ...aliceRecord, disabled: true }, 'certificate_disabled'],
      [{ ...aliceRecord, ...revokedAt() }, 'certificate_revoked'],
      [fingerprintOf(alice), 'certificate_not_registered'],
    ]
    for (const [step, refusal] of steps) {
      const registry = await registryOf(aliceRecord)
      const judge = judging({ clientCa: [root], trust }, registry)
      const peer = judge.at(alice)
      const pins = change(registry, step)
      assert.equal(isAffected(peer, pins), true)
      const after = judge.again(peer)
      assert.deepEqual([after.refusal, rightsOf(after), after.certificate?.dn], [refusal, NONE, 'CN=alice'])
      assert.equal(judge.again(after).refusal, refusal)
    }
  })

  test(`${trust}: a key revoked with another certificate refuses a live connection`, async () => {
    const registry = await registryOf(aliceRecord)
    const judge = judging({ clientCa: [root], trust }, registry)
    const peer = judge.at(alice)
    const pins = change(registry, recordOf(renewed, root, revokedAt()))
    assert.deepEqual([isAffected(peer, pins), judge.again(peer).refusal], [true, 'certificate_revoked'])
  })

  test(`${trust}: changed rights are seen by the next look`, async () => {
    const registry = await registryOf(aliceRecord)
    const judge = judging({ clientCa: [root], trust }, registry)
    const peer = judge.at(alice)
    change(registry, { ...aliceRecord, clearance: 'ValidUser', permissions: new Map() })
    assert.deepEqual(rightsOf(judge.again(peer)), { clearance: 'ValidUser', permissions: new Map(), renews: undefined })
    assert.deepEqual(rightsOf(judge.at(alice)), { clearance: 'ValidUser', permissions: new Map(), renews: undefined })
  })
}

test('a deleted certificate that the chain still speaks for may come again, without rights', async () => {
  const registry = await registryOf(aliceRecord)
  const judge = judging({ clientCa: [root], trust: 'either' }, registry)
  const peer = judge.at(alice)
  change(registry, fingerprintOf(alice))
  assert.equal(judge.again(peer).refusal, 'certificate_not_registered')
  const anew = judge.at(alice)
  assert.deepEqual([anew.refusal, rightsOf(anew)], [null, NONE])
})

test('what was remembered of a certificate is not believed after the registry has changed', async () => {
  const registry = await registryOf()
  const judge = judging({ clientCa: [root], trust: 'either' }, registry)
  assert.deepEqual([judge.at(alice).refusal, judge.at(alice).refusal], [null, null])
  change(registry, { ...aliceRecord, disabled: true })
  assert.equal(judge.at(alice).refusal, 'certificate_disabled')
  change(registry, aliceRecord)
  assert.deepEqual(rightsOf(judge.at(alice)), { ...rights, renews: undefined })
})

test('who was refused by the registry in the handshake, and whose chain nobody looked at, is not let in by a change', async () => {
  const blocked = recordOf(stranger, null, { disabled: true })
  for (const trust of MODES) {
    for (const how of [distrusted, { ...distrusted, resumed: true }, { resumed: true }]) {
      const registry = await registryOf(blocked)
      const judge = judging({ clientCa: [root], trust }, registry)
      const peer = judge.at(stranger, how)
      assert.equal(peer.refusal, 'certificate_disabled')
      for (const step of [{ ...blocked, disabled: false }, fingerprintOf(stranger)]) {
        change(registry, step)
        assert.equal(judge.again(peer).refusal, 'certificate_disabled')
        assert.equal(judge.reloaded({ clientCa: [root], trust }).again(peer).refusal, 'certificate_disabled')
      }
    }
  }
})

test('who was refused for the chain is let in by registering, and by nothing less', async () => {
  const registry = await registryOf()
  for (const [trust, expected] of [
    ['ca', 'certificate_unknown_issuer'],
    ['both', 'certificate_unknown_issuer'],
    ['either', null],
    ['registry', null],
  ] as const) {
    const judge = judging({ clientCa: [root], trust }, registry)
    const peer = judge.at(stranger, distrusted)
    assert.notEqual(peer.refusal, null)
    assert.notEqual(judge.reloaded({ clientCa: [root], trust }).again(peer).refusal, null)
    change(registry, recordOf(stranger, null))
    assert.equal(judge.again(peer).refusal, expected)
    change(registry, fingerprintOf(stranger))
  }
})

test('who was enabled again while connected is judged by the chain that was seen', async () => {
  const registry = await registryOf(aliceRecord)
  for (const trust of MODES) {
    const judge = judging({ clientCa: [root], trust }, registry)
    const peer = judge.at(alice)
    change(registry, { ...aliceRecord, disabled: true })
    const disabled = judge.again(peer)
    change(registry, aliceRecord)
    const enabled = judge.again(disabled)
    assert.deepEqual([disabled.refusal, enabled.refusal, enabled.certificate], ['certificate_disabled', null, peer.certificate])
  }
})

test('changes to others do not concern a connection', async () => {
  const registry = await registryOf(aliceRecord)
  const peer = judging({ clientCa: [root], trust: 'either' }, registry).at(alice)
  const pins = change(registry, inventedRecord(1), { ...inventedRecord(2), disabled: true })
  assert.deepEqual([isAffected(peer, pins), registry.hasChanged(peer.evidence?.mark ?? registry.mark, pinOf(alice))], [false, false])
  assert.equal(isAffected({ ...peer, certificate: null, evidence: undefined } as unknown as Peer, pins), false)
})

test('a reload that removes the CA leaves a registered peer without it', async () => {
  const registry = await registryOf(aliceRecord)
  const judge = judging({ clientCa: [root], trust: 'either' }, registry)
  const peer = judge.at(alice)
  assert.equal(peer.certificate?.caKeys.length, 1)
  const without = judge.reloaded({ clientCa: [], trust: 'either' })
  const after = without.again(peer)
  assert.deepEqual([after.refusal, after.certificate?.caKeys], [null, []])
  const back = without.reloaded({ clientCa: [root], trust: 'either' }).again(after)
  assert.deepEqual([back.refusal, back.certificate?.caKeys], [null, peer.certificate?.caKeys])
})

test('a reload to ca ends what only the registry speaks for, and a renewal keeps its chain and loses its rights', async () => {
  const registry = await registryOf(aliceRecord, recordOf(stranger, null))
  const judge = judging({ clientCa: [root], trust: 'either' }, registry)
  const byRegistry = judge.at(stranger, distrusted)
  const byRenewal = judge.at(renewed)
  const ca = judge.reloaded({ clientCa: [root], trust: 'ca' })
  assert.equal(ca.again(byRegistry).refusal, 'certificate_unknown_issuer')
  const after = ca.again(byRenewal)
  assert.deepEqual([after.refusal, rightsOf(after)], [null, NONE])
})

test('a reload that turns revocation lists on finds a registered peer revoked', async () => {
  const registry = await registryOf(aliceRecord)
  for (const how of [{}, { error: 'CERT_HAS_EXPIRED' }]) {
    const judge = judging({ clientCa: [root], trust: 'registry' }, registry)
    const peer = judge.at(alice, how)
    assert.equal(peer.refusal, null)
    const strict = judge.reloaded({ clientCa: [root], trust: 'registry', lists: [root.crl({ revoked: [alice] })] })
    assert.equal(strict.again(peer).refusal, 'certificate_revoked')
  }
})

test('a new base has every connection judged anew, and a good one stays', async () => {
  const registry = await registryOf(aliceRecord)
  const judge = judging({ clientCa: [root], trust: 'either' }, registry)
  const peer = judge.at(alice)
  registry.rebase(await baseOf([{ ...aliceRecord, disabled: true }], 9))
  assert.equal(registry.hasChanged(peer.evidence?.mark ?? registry.mark, pinOf(alice)), true)
  assert.equal(judge.again(peer).refusal, 'certificate_disabled')
  registry.rebase(await baseOf([aliceRecord], 10))
  assert.equal(judge.again(peer).refusal, null)
})
