// Over real handshakes: who is registered is trusted by the registry, and what it holds against somebody counts in the next look, also at resumed sessions.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { createAuthority, selfSigned } from '../support/authority.ts'
import { change, fingerprintOf, recordOf, registryOf, revokedAt } from '../support/registry.ts'
import { as, dial, listen, only, prepare, versions } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server(['a.test'])
const root = await createAuthority('root')
const alice = await root.issue({ subject: 'CN=alice' })
const stranger = await selfSigned({ subject: 'CN=stranger' })
const twin = await selfSigned({ subject: 'CN=stranger', serial: stranger.serial })

for (const version of versions) {
  const limit = only(version)

  test(`${version}: a self-signed certificate is trusted if it is registered, and no other that looks like it`, async (t) => {
    const registry = await registryOf(recordOf(stranger, null, { clearance: 'Operator' }))
    for (const trust of ['registry', 'either'] as const) {
      const gateway = await listen(t, prepare(t, { server, clientCa: [root], trust }), { registry })
      assert.equal((await dial(gateway, servers, { ...limit, ...as(stranger) })).seen?.refusal, null)
      assert.equal(gateway.peers.at(-1)?.clearance, 'Operator')
      assert.notEqual((await dial(gateway, servers, { ...limit, ...as(twin) })).seen?.refusal, null)
    }
    for (const trust of ['ca', 'both'] as const) {
      const gateway = await listen(t, prepare(t, { server, clientCa: [root], trust }), { registry })
      assert.equal((await dial(gateway, servers, { ...limit, ...as(stranger) })).seen?.refusal, 'certificate_unknown_issuer')
    }
  })

  test(`${version}: the registry alone needs no CA`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, trust: 'registry' }), { registry: await registryOf(recordOf(alice, root)) })
    assert.equal((await dial(gateway, servers, { ...limit, ...as(alice) })).seen?.refusal, null)
    assert.equal((await dial(gateway, servers, { ...limit, ...as(stranger) })).seen?.refusal, 'certificate_not_registered')
  })

  test(`${version}: a session resumes only as long as the registry has nothing against its certificate`, async (t) => {
    const registry = await registryOf(recordOf(alice, root), recordOf(stranger, null))
    const gateway = await listen(t, prepare(t, { server, clientCa: [root], trust: 'either' }, randomBytes(48)), { registry })
    const sessions = {
      alice: (await dial(gateway, servers, { ...limit, ...as(alice) })).session,
      stranger: (await dial(gateway, servers, { ...limit, ...as(stranger) })).session,
    }
    const resume = async (client: 'alice' | 'stranger') => {
      const { seen } = await dial(gateway, servers, { ...limit, session: sessions[client] })
      return [seen?.resumed, seen?.dn, seen?.refusal]
    }
    assert.deepEqual(await resume('alice'), [true, 'CN=alice', null])
    assert.deepEqual(await resume('stranger'), [true, 'CN=stranger', null])
    change(registry, recordOf(alice, root, { disabled: true }), recordOf(stranger, null, revokedAt()))
    assert.deepEqual(await resume('alice'), [true, 'CN=alice', 'certificate_disabled'])
    assert.deepEqual(await resume('stranger'), [true, 'CN=stranger', 'certificate_revoked'])
    change(registry, fingerprintOf(alice), fingerprintOf(stranger))
    assert.deepEqual(await resume('alice'), [true, 'CN=alice', null])
    assert.deepEqual(await resume('stranger'), [true, 'CN=stranger', 'certificate_unknown_issuer'])
  })

  test(`${version}: a renewal with the same key is recognised in the handshake`, async (t) => {
    const registry = await registryOf(recordOf(alice, root, { clearance: 'Operator' }))
    const renewed = await root.issue({ subject: 'CN=alice', key: alice.key })
    const gateway = await listen(t, prepare(t, { server, clientCa: [root], trust: 'both' }), { registry })
    assert.equal((await dial(gateway, servers, { ...limit, ...as(renewed) })).seen?.refusal, null)
    const peer = gateway.peers.at(-1)
    assert.deepEqual([peer?.renews, peer?.clearance], [fingerprintOf(alice), 'Operator'])
  })

  test(`${version}: the gateway's own server certificate is a client's only where it is said so`, async (t) => {
    const prepared = prepare(t, { server, clientCa: [root], trust: 'either' })
    const gateway = await listen(t, prepared)
    assert.notEqual((await dial(gateway, servers, { ...limit, ...as(server) })).seen?.refusal, null)
    const material = { ...prepared.material, ownCertificates: [fingerprintOf(server)] }
    gateway.update({ ...prepared, material })
    assert.equal((await dial(gateway, servers, { ...limit, ...as(server) })).seen?.refusal, null)
    assert.equal(gateway.peers.at(-1)?.isServerCertificate, true)
    assert.notEqual((await dial(gateway, servers, { ...limit, ...as(await servers.server(['a.test'])) })).seen?.refusal, null)
  })
}

test('a live connection is the same object until a change concerns it', async (t) => {
  const registry = await registryOf(recordOf(alice, root))
  const { listener, peers, ...gateway } = await listen(t, prepare(t, { server, clientCa: [root], trust: 'either' }), { registry })
  await dial(gateway, servers, as(alice))
  const [peer] = peers
  assert.ok(peer)
  change(registry, recordOf(stranger, null, { disabled: true }))
  assert.equal(listener.judgeAgain(peer), peer)
  change(registry, recordOf(alice, root, revokedAt()))
  assert.equal(listener.judgeAgain(peer).refusal, 'certificate_revoked')
})
