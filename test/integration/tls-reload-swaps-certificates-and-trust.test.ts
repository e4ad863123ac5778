// A reload builds beside and swaps once: the next handshake sees the new state, one under way is judged by it too, and what cannot be
// used leaves the old state in force.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, createServer } from 'node:net'
import test from 'node:test'
import { connect } from 'node:tls'
import { createTlsListener } from '../../src/tls/listener.ts'
import { createAuthority } from '../support/authority.ts'
import { as, dial, listen, prepare } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const [first, second] = await Promise.all(['first', 'second'].map((name) => servers.server(['a.test'], { subject: `CN=${name}` })))
assert.ok(first && second)
const root = await createAuthority('root')
const other = await createAuthority('other')
const alice = await root.issue({ subject: 'CN=alice' })

test('a new server certificate is shown from the next handshake on, and sessions go on', async (t) => {
  const keys = new Uint8Array(48).fill(9)
  const gateway = await listen(t, prepare(t, { server: first, clientCa: [root] }, keys))
  const before = await dial(gateway, servers, as(alice))
  assert.equal(before.serverCertificate, 'CN=first')
  gateway.update(prepare(t, { server: second, clientCa: [root] }, keys))
  assert.equal((await dial(gateway, servers, as(alice))).serverCertificate, 'CN=second')
  assert.equal((await dial(gateway, servers, { session: before.session })).seen?.resumed, true)
})

test('clientauth_mode and the SNI names change with it', async (t) => {
  const gateway = await listen(t, prepare(t, { server: first, mode: 'NONE' }))
  assert.equal((await dial(gateway, servers, as(alice))).seen?.dn, null)
  gateway.update(prepare(t, { server: first, clientCa: [root], names: { 'b.test': { server: second } } }))
  const named = await dial(gateway, servers, { ...as(alice), servername: 'b.test' })
  assert.deepEqual([named.serverCertificate, named.seen?.dn], ['CN=second', 'CN=alice'])
  assert.equal((await dial(gateway, servers, { ...as(alice), servername: 'a.test' })).seen, null)
})

test('a handshake that began before the CA was removed does not pass after it', async (t) => {
  const gateway = await listen(t, prepare(t, { server: first, clientCa: [root] }))
  // Holds back the second flight of the client, the one with its certificate, until the reload is done.
  let flights = 0
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const gate = createServer(async (client) => {
    const upstream = connectTcp({ port: gateway.port, host: '127.0.0.1' })
    for (const socket of [client, upstream]) socket.on('error', () => {})
    upstream.pipe(client)
    for await (const chunk of client) {
      if (++flights === 2) {
        gate.emit('second flight')
        await held
      }
      upstream.write(chunk)
    }
    upstream.end()
  })
  gate.listen(0, '127.0.0.1')
  await once(gate, 'listening')
  t.after(() => gate.close())
  const address = gate.address()
  const answer = dial({ port: typeof address === 'object' && address !== null ? address.port : 0 }, servers, as(alice))
  await once(gate, 'second flight')
  gateway.update(prepare(t, { server: first, clientCa: [other] }))
  release()
  const { seen } = await answer
  assert.deepEqual([seen?.dn, seen?.refusal], ['CN=alice', 'certificate_unknown_issuer'])
})

test('material that OpenSSL refuses leaves the old state in force', async (t) => {
  const prepared = prepare(t, { server: first, clientCa: [root] })
  const gateway = await listen(t, prepared)
  const keyPair = { certificate: second.certificate, key: first.key }
  assert.throws(() => gateway.update({ ...prepared, material: { ...prepared.material, keyPair } }), /key values mismatch/)
  const { seen, serverCertificate } = await dial(gateway, servers, as(alice))
  assert.deepEqual([seen?.refusal, serverCertificate], [null, 'CN=first'])
})

test('an admission hook sees the connection first; what it holds back or destroys never reaches TLS', async (t) => {
  const waiting: (() => void)[] = []
  let secured = 0
  const { settings, material } = prepare(t, { server: first, clientCa: [root] })
  const listener = createTlsListener({
    name: 'test',
    settings,
    material,
    handshakeTimeout: 5_000,
    admit: (socket, proceed) => void (waiting.length === 0 ? waiting.push(proceed) : socket.destroy()),
    onConnection: (socket) => {
      secured++
      socket.on('error', () => {})
      socket.end()
    },
    onHandshakeFailure: () => {},
  })
  listener.server.listen(0, '127.0.0.1')
  await once(listener.server, 'listening')
  t.after(() => listener.close())
  const address = listener.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const held = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  held.resume()
  held.on('error', () => {})
  await once(listener.server, 'connection')
  const refused = connectTcp(port, '127.0.0.1')
  refused.on('error', () => {})
  refused.resume()
  // A reset ends it too.
  await new Promise((resolve) => refused.once('close', resolve))
  assert.equal(secured, 0)
  waiting[0]?.()
  await once(held, 'secureConnect')
  await once(held, 'close')
  assert.equal(secured, 1)
})
