// A session counts only where its certificate was judged: not under another SNI name's CA, not on another listener or worker with
// other CAs although it shares the ticket keys, and not after its CA was removed or its chain revoked.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import { createAuthority } from '../support/authority.ts'
import { as, dial, listen, only, prepare, versions } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server(['a.test', 'b.test'])
const root = await createAuthority('clients')
const other = await createAuthority('others')
const alice = await root.issue({ subject: 'CN=alice' })

for (const version of versions) {
  const limit = only(version)

  test(`${version}: one trust domain resumes, and the leaf is judged anew`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
    const first = await dial(gateway, servers, { ...limit, ...as(alice) })
    assert.equal(first.seen?.resumed, false)
    const second = await dial(gateway, servers, { ...limit, session: first.session })
    assert.deepEqual({ ...second.seen, resumed: false, chain: 0 }, { ...first.seen, chain: 0 })
    assert.equal(second.seen?.resumed, true)
    assert.deepEqual(second.sessions, [], 'a resumed session gives out no new ticket, so none lives longer than 300 s')
  })

  test(`${version}: a ticket of one worker resumes on another that shares trust and keys`, async (t) => {
    const keys = randomBytes(48)
    const one = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const two = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const { session } = await dial(one, servers, { ...limit, ...as(alice) })
    const there = await dial(two, servers, { ...limit, session })
    assert.equal(there.seen?.resumed, true)
    assert.equal(there.seen?.dn, 'CN=alice')
    assert.deepEqual(there.seen?.caKeys.length, 1, 'the CA is known although this worker never saw the chain')
  })

  test(`${version}: SNI names with different CAs never resume, not even under their own name`, async (t) => {
    const names = { 'a.test': { clientCa: [root] }, 'b.test': { clientCa: [other] } }
    const gateway = await listen(t, prepare(t, { server, clientCa: [root], names }))
    const first = await dial(gateway, servers, { ...limit, ...as(alice), servername: 'a.test' })
    assert.equal(first.seen?.refusal, null)
    const crossed = await dial(gateway, servers, { ...limit, ...as(alice), servername: 'b.test', session: first.session })
    assert.equal(crossed.seen?.resumed, false)
    assert.equal(crossed.seen?.refusal, 'certificate_unknown_issuer')
    const bare = await dial(gateway, servers, { ...limit, servername: 'b.test', session: first.session })
    assert.equal(bare.seen?.dn, null, 'without the certificate nothing of the session is left')
    const same = await dial(gateway, servers, { ...limit, ...as(alice), servername: 'a.test', session: first.session })
    assert.equal(same.seen?.resumed, false)
    assert.equal(same.seen?.dn, 'CN=alice')
  })

  test(`${version}: a name with the same CA but with revocation lists is another domain`, async (t) => {
    const names = { 'a.test': {}, 'b.test': { lists: [root.crl()] } }
    const gateway = await listen(t, prepare(t, { server, clientCa: [root], names }))
    const first = await dial(gateway, servers, { ...limit, ...as(alice), servername: 'a.test' })
    const crossed = await dial(gateway, servers, { ...limit, servername: 'b.test', session: first.session })
    assert.deepEqual([crossed.seen?.resumed, crossed.seen?.dn], [false, null])
  })

  test(`${version}: with SNI names nothing resumes, not even where all trust the same CA: TLS 1.2 would not tell the name`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root], names: { 'a.test': {}, 'b.test': {} }, defaultName: 'b.test' }))
    const first = await dial(gateway, servers, { ...limit, ...as(alice), servername: 'a.test' })
    for (const servername of ['a.test', 'b.test']) {
      const again = await dial(gateway, servers, { ...limit, ...as(alice), servername, session: first.session })
      assert.deepEqual([again.seen?.resumed, again.seen?.serverName], [false, servername])
    }
    const unknown = await dial(gateway, servers, { ...limit, servername: 'c.test', session: first.session })
    assert.equal(unknown.seen, null, 'a session does not open a name that is not configured')
  })

  test(`${version}: a listener with other CAs and the same ticket keys does not resume`, async (t) => {
    const keys = randomBytes(48)
    const one = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const two = await listen(t, prepare(t, { server, clientCa: [other] }, keys))
    const { session } = await dial(one, servers, { ...limit, ...as(alice) })
    const crossed = await dial(two, servers, { ...limit, ...as(alice), session })
    assert.deepEqual([crossed.seen?.resumed, crossed.seen?.refusal], [false, 'certificate_unknown_issuer'])
    const bare = await dial(two, servers, { ...limit, session })
    assert.deepEqual([bare.seen?.resumed, bare.seen?.dn], [false, null])
  })

  test(`${version}: a listener that asks for no certificate does not lend its sessions to one that does`, async (t) => {
    const keys = randomBytes(48)
    const open = await listen(t, prepare(t, { server, mode: 'NONE' }, keys))
    const closed = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const { session, seen } = await dial(open, servers, { ...limit, ...as(alice) })
    assert.deepEqual([seen?.dn, seen?.refusal], [null, null])
    const crossed = await dial(closed, servers, { ...limit, session })
    assert.deepEqual([crossed.seen?.resumed, crossed.seen?.dn], [false, null])
  })

  test(`${version}: a session without a certificate stays without one`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root], mode: 'OPTIONAL' }))
    const { session } = await dial(gateway, servers, limit)
    const again = await dial(gateway, servers, { ...limit, ...as(alice), session })
    assert.equal(again.seen?.resumed, true)
    assert.deepEqual([again.seen?.dn, again.seen?.refusal, again.seen?.caKeys], [null, null, []])
  })

  test(`${version}: after a CA is removed nothing of it resumes, though the ticket keys stay`, async (t) => {
    const keys = randomBytes(48)
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const { session } = await dial(gateway, servers, { ...limit, ...as(alice) })
    gateway.update(prepare(t, { server, clientCa: [other] }, keys))
    const again = await dial(gateway, servers, { ...limit, ...as(alice), session })
    assert.deepEqual([again.seen?.resumed, again.seen?.refusal], [false, 'certificate_unknown_issuer'])
  })

  test(`${version}: with several CA keys nothing resumes, so that the CA of a session is always known`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root, other] }))
    const { session } = await dial(gateway, servers, { ...limit, ...as(alice) })
    const again = await dial(gateway, servers, { ...limit, ...as(alice), session })
    assert.deepEqual([again.seen?.resumed, again.seen?.dn], [false, 'CN=alice'])
  })

  test(`${version}: a revoked leaf does not come back through its session`, async (t) => {
    const keys = randomBytes(48)
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const unchecked = await dial(gateway, servers, { ...limit, ...as(alice) })
    gateway.update(prepare(t, { server, clientCa: [root], lists: [root.crl()] }, keys))
    const checked = await dial(gateway, servers, { ...limit, ...as(alice), session: unchecked.session })
    assert.deepEqual([checked.seen?.resumed, checked.seen?.refusal], [false, null])
    gateway.update(prepare(t, { server, clientCa: [root], lists: [root.crl({ revoked: [alice] })] }, keys))
    for (const session of [unchecked.session, checked.session]) {
      const again = await dial(gateway, servers, { ...limit, ...as(alice), session })
      assert.deepEqual([again.seen?.resumed, again.seen?.refusal], [false, 'certificate_revoked'])
    }
  })

  test(`${version}: a client under a revoked intermediate does not come back through its session, on any worker`, async (t) => {
    const keys = randomBytes(48)
    const middle = await root.intermediate('middle')
    const bob = await middle.issue({ subject: 'CN=bob' })
    const lists = [root.crl({ revoked: [middle] }), middle.crl()]
    const one = await listen(t, prepare(t, { server, clientCa: [root], lists }, keys))
    const two = await listen(t, prepare(t, { server, clientCa: [root], lists }, keys))
    const refused = await dial(one, servers, { ...limit, ...as(bob) })
    assert.equal(refused.seen?.refusal, 'certificate_revoked')
    for (const gateway of [one, two]) {
      const again = await dial(gateway, servers, { ...limit, ...as(bob), session: refused.session })
      assert.deepEqual([again.seen?.resumed, again.seen?.refusal], [false, 'certificate_revoked'])
    }
  })

  test(`${version}: a leaf that expired since is refused when its session resumes`, async (t) => {
    let now = Date.now()
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }), { now: () => now })
    const { session } = await dial(gateway, servers, { ...limit, ...as(alice) })
    now += 2 * 3_600_000
    const again = await dial(gateway, servers, { ...limit, session })
    assert.deepEqual([again.seen?.resumed, again.seen?.refusal], [true, 'certificate_expired'])
  })

  test(`${version}: a refused leaf stays refused when its session resumes on another worker`, async (t) => {
    const keys = randomBytes(48)
    const unfit = await root.issue({ subject: 'CN=unfit', ca: true, eku: ['clientAuth'], keyUsage: ['digitalSignature', 'keyCertSign'] })
    const stranger = await other.issue({ subject: 'CN=stranger' })
    const one = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    const two = await listen(t, prepare(t, { server, clientCa: [root] }, keys))
    for (const [client, refusal] of [
      [unfit, 'certificate_is_ca'],
      [stranger, 'certificate_unknown_issuer'],
    ] as const) {
      const first = await dial(one, servers, { ...limit, ...as(client) })
      assert.equal(first.seen?.refusal, refusal)
      const again = await dial(two, servers, { ...limit, ...as(client), session: first.session })
      assert.equal(again.seen?.refusal, refusal)
    }
  })
}

test('new ticket keys end all sessions at once', async (t) => {
  const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
  const { session } = await dial(gateway, servers, as(alice))
  gateway.listener.setTicketKeys(randomBytes(48))
  const again = await dial(gateway, servers, { ...as(alice), session })
  assert.deepEqual([again.seen?.resumed, again.seen?.refusal], [false, null])
})
