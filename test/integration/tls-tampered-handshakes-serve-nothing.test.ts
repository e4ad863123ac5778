// Without the key of the certificate there is no handshake: whatever byte of the client's certificate flight is changed on the way,
// nobody is served, and the next client is.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type Server } from 'node:net'
import test from 'node:test'
import { createAuthority } from '../support/authority.ts'
import { as, dial, listen, only, prepare, type TestListener, versions } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server()
const root = await createAuthority('clients')
const alice = await root.issue({ subject: 'CN=alice' })

type Tamper = (flight: Buffer) => Buffer
type Cleaner = Parameters<typeof listen>[0]

/** Accepts as workers do: whoever hangs up in mid-handshake is gone, and is not waited for until the deadline. */
function accept(t: Cleaner, { listener }: TestListener): Promise<number> {
  return open(
    t,
    createServer((socket) => void listener.server.emit('connection', socket)),
  )
}

async function open(t: Cleaner, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/**
 * A TCP relay that changes the second flight of each client: Certificate, key exchange, CertificateVerify and Finished. `last`: nothing
 * comes after it, so that a server to which a length was changed does not wait for the rest.
 */
function relay(t: Cleaner, port: number, tamper: Tamper, last = false): Promise<number> {
  const middle = createServer((client) => {
    const upstream = connectTcp({ port, host: '127.0.0.1' })
    for (const socket of [client, upstream]) socket.on('error', () => {})
    let flights = 0
    client.on('data', (chunk) => {
      if (++flights === 2) upstream.write(tamper(Buffer.from(chunk)))
      else if (flights < 2 || !last) upstream.write(chunk)
      if (flights === 2 && last) upstream.end()
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    upstream.pipe(client)
  })
  return open(t, middle)
}

for (const version of versions) {
  test(`${version}: a relay that changes nothing is no obstacle`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
    for (const last of [false, true]) {
      const port = await relay(t, await accept(t, gateway), (flight) => flight, last)
      assert.equal((await dial({ port }, servers, { ...only(version), ...as(alice) })).seen?.dn, 'CN=alice')
    }
  })

  test(`${version}: one changed byte anywhere in the certificate flight serves nobody`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
    let offset = 0
    const port = await relay(
      t,
      await accept(t, gateway),
      (flight) => {
        const at = offset % flight.length
        flight.writeUInt8(flight.readUInt8(at) ^ 0x55, at)
        return flight
      },
      true,
    )
    for (offset = 0; offset < 1_000; offset += 37) {
      const { seen } = await dial({ port }, servers, { ...only(version), ...as(alice) })
      assert.equal(seen, null, `offset ${offset}`)
    }
    assert.ok(!gateway.failures.some(({ code }) => code === 'handshake_timeout'), 'no time had to pass for any of it')
    assert.deepEqual(
      gateway.peers.map(({ certificate }) => certificate?.dn),
      [],
    )
    assert.equal((await dial(gateway, servers, { ...only(version), ...as(alice) })).seen?.dn, 'CN=alice')
  })
}
