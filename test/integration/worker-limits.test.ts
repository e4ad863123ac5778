import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'

// limits.connections and limits.connections_per_address hold for all workers together, before a handshake costs anything.

type Connect = () => Promise<RawClient>

/** How many of so many simultaneous connections were let in. */
async function admitted(count: number, connect: Connect): Promise<RawClient[]> {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, connect))
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
}

test('the limit of a listener is exact over two workers, and a closed connection makes room', async (t) => {
  const gateway = await startGateway(t, { workers: 2, limits: '{ connections: 5 }' })
  const clients = await admitted(12, () => gateway.connect())
  assert.equal(clients.length, 5)
  for (const client of clients) assert.equal((await client.ask(get('/x'))).status, 200)
  await assert.rejects(gateway.connect(), { code: 'ECONNRESET' })
  clients[0]?.close()
  const next = await eventually('room for another', () => gateway.connect())
  assert.equal((await next.ask(get('/x'))).status, 200)
})

test('the limit of one address leaves other addresses alone', async (t) => {
  const gateway = await startGateway(t, { workers: 2, limits: '{ connections_per_address: 3 }' })
  const clients = await admitted(8, () => gateway.connect())
  assert.equal(clients.length, 3)
  const other = await gateway.connect(gateway.alice, { localAddress: '127.0.0.2' })
  assert.equal((await other.ask(get('/x'))).status, 200)
})

test('connections that hang up during their handshake do not use up the limit', async (t) => {
  const gateway = await startGateway(t, { limits: '{ connections: 2 }' })
  for (let round = 0; round < 6; round++) {
    await eventually('room to refuse the server', async () => {
      const error = await gateway.connect(null, { ca: gateway.alice.certificate }).then(
        () => null,
        (reason: NodeJS.ErrnoException) => reason,
      )
      return error?.code === 'SELF_SIGNED_CERT_IN_CHAIN'
    })
  }
  await eventually('room', () => gateway.ask(get('/public/x')))
})
