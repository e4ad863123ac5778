// A verdict holds for as long as what it rests on: after a reload, or when something expires, the next look at a live connection sees it.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { Peer } from '../../src/tls/types.ts'
import { createAuthority, type Issued } from '../support/authority.ts'
import { as, dial, type ListenerSpec, listen, only, prepare, type TestListener } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server(['a.test'])
const root = await createAuthority('root')
const middle = await root.intermediate('middle')
const other = await createAuthority('other')
const alice = await root.issue({ subject: 'CN=alice' })
const bob = await middle.issue({ subject: 'CN=bob' })
const base: ListenerSpec = { server, clientCa: [root] }

type Cleaner = Parameters<typeof listen>[0]

async function peerOf(gateway: TestListener, client: Issued, options: Parameters<typeof dial>[2] = {}): Promise<Peer> {
  await dial(gateway, servers, { ...as(client), ...options })
  const peer = gateway.peers.at(-1)
  assert.ok(peer?.certificate)
  return peer
}

async function after(t: Cleaner, before: Partial<ListenerSpec>, change: Partial<ListenerSpec>, client: Issued): Promise<Peer> {
  const gateway = await listen(t, prepare(t, { ...base, ...before }))
  const peer = await peerOf(gateway, client)
  gateway.update(prepare(t, { ...base, ...change }))
  return gateway.listener.judgeAgain(peer)
}

test('nothing changed: the same object, so that it costs nothing', async (t) => {
  const gateway = await listen(t, prepare(t, base))
  const peer = await peerOf(gateway, bob)
  assert.equal(gateway.listener.judgeAgain(peer), peer)
  gateway.update(prepare(t, base))
  const again = gateway.listener.judgeAgain(peer)
  assert.equal(again.refusal, null)
  assert.equal(gateway.listener.judgeAgain(again), again)
})

test('the leaf is revoked', async (t) => {
  const lists = [root.crl(), middle.crl()]
  const peer = await after(t, { lists }, { lists: [root.crl(), middle.crl({ revoked: [bob] })] }, bob)
  assert.equal(peer.refusal, 'certificate_revoked')
  assert.equal(peer.certificate?.dn, 'CN=bob')
})

test('its intermediate is revoked', async (t) => {
  const lists = [root.crl(), middle.crl()]
  const peer = await after(t, { lists }, { lists: [root.crl({ revoked: [middle] }), middle.crl()] }, bob)
  assert.equal(peer.refusal, 'certificate_revoked')
})

test('revocation lists are switched on: known good stays, unknown goes', async (t) => {
  assert.equal((await after(t, {}, { lists: [root.crl(), middle.crl()] }, bob)).refusal, null)
  assert.equal((await after(t, {}, { lists: [root.crl()] }, bob)).refusal, 'certificate_status_unknown')
})

test('a list comes back: who was refused for want of it is let in again', async (t) => {
  const gateway = await listen(t, prepare(t, { ...base, lists: [], validate: true }))
  const peer = await peerOf(gateway, alice)
  assert.equal(peer.refusal, 'certificate_status_unknown')
  gateway.update(prepare(t, { ...base, lists: [root.crl()] }))
  assert.deepEqual([gateway.listener.judgeAgain(peer).refusal, gateway.listener.judgeAgain(peer).detail], [null, ''])
})

test('its CA is removed, added to, or replaced by another of the same name', async (t) => {
  assert.equal((await after(t, {}, { clientCa: [other] }, bob)).refusal, 'certificate_unknown_issuer')
  assert.equal((await after(t, {}, { clientCa: [other, root] }, bob)).refusal, null)
  assert.equal((await after(t, {}, { clientCa: [await createAuthority('root')] }, bob)).refusal, 'certificate_unknown_issuer')
})

test('an intermediate that only the configuration knew is removed from it', async (t) => {
  const unsent = { ...bob, chain: bob.certificate }
  assert.equal((await after(t, { clientCa: [root, middle] }, { clientCa: [root] }, unsent)).refusal, 'certificate_unknown_issuer')
  assert.equal((await after(t, { clientCa: [root, middle] }, { clientCa: [root] }, bob)).refusal, null)
})

test('no certificates are asked for any more, or its name is gone', async (t) => {
  const peer = await after(t, {}, { mode: 'NONE' }, alice)
  assert.deepEqual([peer.certificate, peer.refusal], [null, null])
  const gateway = await listen(t, prepare(t, { ...base, names: { 'a.test': {} } }))
  const named = await peerOf(gateway, alice, { servername: 'a.test' })
  gateway.update(prepare(t, { ...base, names: { 'b.test': {} } }))
  assert.equal(gateway.listener.judgeAgain(named).refusal, 'certificate_unknown_issuer')
})

test('what no reload can change stays refused', async (t) => {
  const unfit = await root.issue({ eku: ['serverAuth'] })
  const peer = await after(t, {}, { clientCa: [root, other] }, unfit)
  assert.equal(peer.refusal, 'certificate_wrong_purpose')
})

test('time passes: the leaf, its intermediate or the list expires', async (t) => {
  const minute = 60_000
  const start = Date.now()
  const at = (minutes: number) => new Date(start + minutes * minute)
  const short = await root.issue({ notAfter: at(10) })
  const brief = await (await root.intermediate('brief', { notAfter: at(10) })).issue()
  for (const [spec, client, refusal] of [
    [base, short, 'certificate_expired'],
    [base, brief, 'certificate_unknown_issuer'],
    [{ ...base, lists: [root.crl({ nextUpdate: at(10) })] }, alice, 'certificate_status_unknown'],
  ] as const) {
    let now = start
    const gateway = await listen(t, prepare(t, spec), { now: () => now })
    const peer = await peerOf(gateway, client)
    now += 9 * minute
    assert.equal(gateway.listener.judgeAgain(peer), peer)
    now += 2 * minute
    assert.equal(gateway.listener.judgeAgain(peer).refusal, refusal)
  }
})

test('the clock is set back: what is not valid yet is refused, on open connections and new ones', async (t) => {
  const real = Date.now()
  let now = real
  const gateway = await listen(t, prepare(t, base), { now: () => now })
  const peer = await peerOf(gateway, alice)
  assert.equal(peer.refusal, null)
  now = real - 24 * 3_600_000
  const again = gateway.listener.judgeAgain(peer)
  assert.equal(again.refusal, 'certificate_not_yet_valid')
  assert.equal(gateway.listener.judgeAgain(again), again)
  assert.equal((await peerOf(gateway, alice)).refusal, 'certificate_not_yet_valid')
})

test('a resumed connection whose chain this worker never saw goes with its CA, and where revocation begins to matter', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const keys = new Uint8Array(48).fill(7)
    const one = await listen(t, prepare(t, base, keys))
    const two = await listen(t, prepare(t, base, keys))
    const { session } = await dial(one, servers, { ...only(version), ...as(bob) })
    await dial(two, servers, { ...only(version), session })
    const peer = two.peers[0]
    assert.ok(peer)
    assert.deepEqual([peer.resumed, peer.refusal, peer.certificate?.dn], [true, null, 'CN=bob'])
    two.update(prepare(t, { ...base, clientCa: [root, other] }))
    assert.equal(two.listener.judgeAgain(peer).refusal, null)
    two.update(prepare(t, { ...base, lists: [root.crl(), middle.crl()] }))
    assert.equal(two.listener.judgeAgain(peer).refusal, 'certificate_status_unknown')
    two.update(prepare(t, { ...base, clientCa: [other] }))
    assert.equal(two.listener.judgeAgain(peer).refusal, 'certificate_unknown_issuer')
  }
})

test('a peer without a certificate, or made by hand, is left alone', async (t) => {
  const gateway = await listen(t, prepare(t, base))
  await dial(gateway, servers)
  const nobody = gateway.peers[0]
  assert.ok(nobody)
  gateway.update(prepare(t, { ...base, clientCa: [other] }))
  assert.equal(gateway.listener.judgeAgain(nobody), nobody)
})
