// The order of trust (DESIGN section 5), each step against the later ones.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { TrustMode } from '../../../src/config/settings.ts'
import type { TrustRecord } from '../../../src/tls/registry-types.ts'
import { createAuthority, type Issued, selfSigned } from '../../support/authority.ts'
import { change, fingerprintOf, recordOf, registryOf, revokedAt } from '../../support/registry.ts'
import { type DomainSpec, judging, type Shown } from '../../support/trust.ts'

const root = await createAuthority('root')
const middle = await root.intermediate('middle')
const foreign = await createAuthority('foreign')
const alice = await root.issue({ subject: 'CN=alice' })
const bob = await middle.issue({ subject: 'CN=bob' })
const stranger = await selfSigned({ subject: 'CN=stranger' })
const server = await root.server()
const own = [fingerprintOf(server)]
const MODES: readonly TrustMode[] = ['ca', 'registry', 'either', 'both']
const hour = 3_600_000
const distrusted: Shown = { error: 'DEPTH_ZERO_SELF_SIGNED_CERT' }
const wrongPurpose: Shown = { error: 'INVALID_PURPOSE' }

interface Case extends DomainSpec {
  readonly client?: Issued
  readonly how?: Shown
  /** What the registry says of the client; null: it is not registered. */
  readonly entry?: Partial<TrustRecord> | null
  readonly now?: number
}

async function judge({ client = alice, how, entry = {}, now = Date.now(), ...spec }: Case) {
  const registry = await registryOf(...(entry === null ? [] : [recordOf(client, null, entry)]))
  return judging({ clientCa: [root], ...spec }, registry, () => now).at(client, how)
}

async function refusal(given: Case): Promise<string | null> {
  return (await judge(given)).refusal
}

const revokedAlice = [root.crl({ revoked: [alice] })]

for (const trust of MODES) {
  test(`${trust}: dates come before everything else`, async () => {
    const late = Date.now() + 2 * hour
    const early = Date.now() - hour
    for (const entry of [{}, { disabled: true }, revokedAt()]) {
      for (const lists of [undefined, revokedAlice]) {
        assert.equal(await refusal({ trust, entry, ...(lists && { lists }), now: late }), 'certificate_expired')
        assert.equal(await refusal({ trust, entry, ...(lists && { lists }), now: early }), 'certificate_not_yet_valid')
      }
    }
    const ended = { client: server, how: wrongPurpose, ownCertificates: own, now: late }
    assert.equal(await refusal({ trust, ...ended }), 'certificate_expired')
  })

  test(`${trust}: what is disabled or revoked in the registry comes before revocation lists and all grants`, async () => {
    for (const lists of [undefined, revokedAlice, []]) {
      const listed = lists === undefined ? {} : { lists }
      assert.equal(await refusal({ trust, entry: { disabled: true }, ...listed }), 'certificate_disabled')
      assert.equal(await refusal({ trust, entry: revokedAt(), ...listed }), 'certificate_revoked')
      assert.equal(await refusal({ trust, entry: { ...revokedAt(), disabled: true }, ...listed }), 'certificate_revoked')
    }
    const { detail } = await judge({ trust, entry: revokedAt(), lists: revokedAlice })
    assert.match(detail, /^it is registered as "CN=alice"/)
  })

  test(`${trust}: a key that is disabled or revoked with another certificate is refused with this one`, async () => {
    const other = await root.issue({ subject: 'CN=alice', key: alice.key })
    for (const [entry, expected] of [
      [{ disabled: true }, 'certificate_disabled'],
      [revokedAt(), 'certificate_revoked'],
    ] as const) {
      const blocked = await registryOf(recordOf(alice, root), recordOf(other, root, entry))
      const { refusal, detail } = judging({ clientCa: [root], trust }, blocked).at(alice)
      assert.equal(refusal, expected)
      assert.match(detail, /^its key is that of the registered certificate "CN=alice"/)
    }
  })

  test(`${trust}: a key that is disabled or revoked is refused in a renewal too`, async () => {
    const renewing = await root.issue({ subject: 'CN=alice', key: alice.key })
    for (const entry of [{ disabled: true }, revokedAt()]) {
      const registry = await registryOf(recordOf(alice, root, entry))
      assert.notEqual(judging({ clientCa: [root], trust }, registry).at(renewing).refusal, null)
    }
  })

  test(`${trust}: the gateway's own certificate is refused when it, or its key, is disabled or revoked in the registry`, async () => {
    const shown = { trust, client: server, how: wrongPurpose, ownCertificates: own }
    assert.equal(await refusal({ ...shown, entry: { disabled: true } }), 'certificate_disabled')
    assert.equal(await refusal({ ...shown, entry: revokedAt() }), 'certificate_revoked')
  })

  test(`${trust}: revocation lists come before the gateway's own certificate and all grants`, async () => {
    assert.equal(await refusal({ trust, lists: revokedAlice }), 'certificate_revoked')
    assert.equal(
      await refusal({
        trust,
        client: server,
        how: wrongPurpose,
        ownCertificates: own,
        entry: null,
        lists: [root.crl({ revoked: [server] })],
      }),
      'certificate_revoked',
    )
  })

  test(`${trust}: the gateway's own certificate comes before the grants`, async () => {
    const shown = { trust, client: server, how: wrongPurpose, entry: null }
    const peer = await judge({ ...shown, ownCertificates: own })
    assert.deepEqual([peer.refusal, peer.isServerCertificate, peer.clearance], [null, true, undefined])
    assert.notEqual(await refusal(shown), null)
    assert.notEqual(await refusal({ ...shown, ownCertificates: [fingerprintOf(await root.server())] }), null)
    assert.equal(await refusal({ ...shown, ownCertificates: own, lists: [root.crl()] }), null)
  })

  test(`${trust}: a certificate with the names and issuer of the gateway's own is not it`, async () => {
    const twin = await root.server(undefined, { key: server.key, serial: server.serial })
    const peer = await judge({ trust, client: twin, how: wrongPurpose, ownCertificates: own, entry: null })
    assert.equal(peer.refusal, 'certificate_wrong_purpose')
  })

  test(`${trust}: registering makes no CA, server or weak certificate fit for a client`, async () => {
    const unfit: readonly (readonly [Issued, string])[] = [
      [await selfSigned({ ca: true }), 'certificate_is_ca'],
      [await root.issue({ ca: true }), 'certificate_is_ca'],
      [await root.issue({ eku: ['serverAuth'] }), 'certificate_wrong_purpose'],
      [await root.issue({ keyType: 'rsa1024' }), 'certificate_weak'],
      [await root.issue({ hash: 'sha1' }), 'certificate_weak'],
    ]
    for (const [client, expected] of unfit) {
      for (const how of [{}, { error: 'INVALID_PURPOSE' }, { error: 'UNSPECIFIED' }]) {
        assert.equal(await refusal({ trust, client, how }), expected)
      }
    }
  })
}

const grants: readonly (readonly [TrustMode, string | null, string | null, string | null, string | null])[] = [
  // mode, chain and registered, chain alone, registered alone, neither
  ['ca', null, null, 'certificate_unknown_issuer', 'certificate_unknown_issuer'],
  ['registry', null, 'certificate_not_registered', null, 'certificate_not_registered'],
  ['either', null, null, null, 'certificate_unknown_issuer'],
  ['both', null, 'certificate_not_registered', 'certificate_unknown_issuer', 'certificate_unknown_issuer'],
]

for (const [trust, both, chain, registered, neither] of grants) {
  test(`${trust} grants what it says`, async () => {
    const seen = [
      await refusal({ trust }),
      await refusal({ trust, entry: null }),
      await refusal({ trust, client: stranger, how: distrusted }),
      await refusal({ trust, client: stranger, how: distrusted, entry: null }),
    ]
    assert.deepEqual(seen, [both, chain, registered, neither])
  })
}

test('no error of OpenSSL is forgiven: what it refused has no chain, and names no CA', async () => {
  for (const error of ['UNABLE_TO_GET_CRL', 'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'SOMETHING_NEW', 'OK']) {
    for (const trust of ['ca', 'both'] as const) assert.notEqual(await refusal({ trust, how: { error } }), null)
    for (const trust of ['either', 'registry'] as const) {
      assert.notEqual(await refusal({ trust, how: { error }, entry: null }), null)
      const { certificate, refusal: none } = await judge({ trust, how: { error, above: [root] } })
      assert.deepEqual([none, certificate?.caKeys, certificate?.chainBase64], [null, [], []])
    }
  }
})

test('one with the same name, serial, issuer and key as a registered one is not that one', async () => {
  const issued = { subject: 'CN=stranger', key: stranger.key, serial: stranger.serial }
  for (const twin of [await selfSigned(issued), await foreign.issue({ ...issued, issuer: 'CN=stranger' })]) {
    const registry = await registryOf(recordOf(stranger, null))
    for (const trust of ['registry', 'either', 'both'] as const) {
      assert.notEqual(judging({ clientCa: [root], trust }, registry).at(twin, distrusted).refusal, null)
    }
  }
})

test('a refusal says why the registry does not help either', async () => {
  const renewed = await selfSigned({ subject: 'CN=stranger', key: stranger.key })
  const registry = await registryOf(recordOf(stranger, null))
  const words = (trust: TrustMode, client: Issued) => judging({ clientCa: [root], trust }, registry).at(client, distrusted).detail
  const other = await selfSigned()
  assert.equal(words('either', other), 'it is self-signed, and not by a trusted CA; nor is it registered')
  assert.equal(words('registry', other), 'it is not registered')
  assert.match(words('either', renewed), /; nor is it registered: it has the key of .* but which CA signed that one is not known$/)
  assert.match(words('registry', renewed), /^it has the key of the registered certificate "CN=stranger"/)
})

test('revocation of a registered certificate is seen along any way to a configured CA, whatever OpenSSL said of it', async () => {
  const lists = [root.crl(), middle.crl({ revoked: [bob] })]
  for (const trust of MODES) {
    for (const how of [{}, { error: 'CERT_HAS_EXPIRED' }, { error: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }]) {
      assert.equal(await refusal({ trust, client: bob, clientCa: [root, middle], how, lists }), 'certificate_revoked')
    }
  }
})

test('leaving out the intermediate does not hide a revocation', async () => {
  const how = { error: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }
  for (const trust of ['registry', 'either'] as const) {
    assert.equal(await refusal({ trust, client: bob, how, lists: [root.crl(), middle.crl({ revoked: [bob] })] }), 'certificate_revoked')
    assert.equal(await refusal({ trust, client: bob, how, lists: [root.crl(), middle.crl({ revoked: [alice] })] }), null)
    const stale = middle.crl({ thisUpdate: new Date(0), nextUpdate: new Date(1) })
    assert.equal(await refusal({ trust, client: bob, how, lists: [root.crl(), stale] }), 'certificate_status_unknown')
    assert.equal(await refusal({ trust, client: bob, how, lists: [root.crl(), stale], onUnavailable: 'allow' }), null)
  }
})

test('a registered certificate whose CA has a missing or stale list is as unknown as any other', async () => {
  for (const trust of MODES) {
    assert.equal(await refusal({ trust, lists: [] }), 'certificate_status_unknown')
    assert.equal(await refusal({ trust, lists: [], onUnavailable: 'allow' }), null)
  }
})

test('lists of other issuers say nothing about a certificate that nobody here issued', async () => {
  const same = [root.crl({ revoked: [stranger.serial] })]
  for (const trust of ['registry', 'either'] as const) {
    assert.equal(await refusal({ trust, client: stranger, how: distrusted, lists: same }), null)
  }
  const sameName = await createAuthority('root')
  const client = await sameName.issue({ subject: 'CN=x' })
  const how = { error: 'CERT_SIGNATURE_FAILURE' }
  assert.equal(await refusal({ trust: 'either', client, how, lists: [root.crl({ revoked: [client.serial] })] }), null)
})

test('too many certificates to look through: where lists count, a registered one is refused', async () => {
  const how = { error: 'CERT_HAS_EXPIRED', above: new Array<Issued>(60).fill(root) }
  for (const [lists, expected] of [
    [[root.crl()], 'certificate_invalid'],
    [undefined, 'certificate_invalid'],
  ] as const) {
    assert.equal(await refusal({ trust: 'either', how, ...(lists && { lists }) }), expected)
  }
})

test('a resumed session is judged by dates and registry anew', async () => {
  const registry = await registryOf(recordOf(alice, root), recordOf(stranger, null))
  const judge = judging({ clientCa: [root], trust: 'either' }, registry)
  const chained: Shown = { resumed: true }
  const apart: Shown = { ...distrusted, resumed: true }
  assert.deepEqual([judge.at(alice, chained).refusal, judge.at(stranger, apart).refusal], [null, null])
  change(registry, recordOf(alice, root, { disabled: true }), recordOf(stranger, null, revokedAt()))
  assert.deepEqual([judge.at(alice, chained).refusal, judge.at(stranger, apart).refusal], ['certificate_disabled', 'certificate_revoked'])
  change(registry, recordOf(alice, root), fingerprintOf(stranger))
  assert.deepEqual([judge.at(alice, chained).refusal, judge.at(stranger, apart).refusal], [null, 'certificate_unknown_issuer'])
})
