/** The promise: of more handshakes under way than there may be the oldest is given up, so that connecting and saying nothing keeps nobody out. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import type { RawClient } from '../support/raw-client.ts'

const lifetime = fileLifetime()

async function sayNothing(
  port: number,
  localAddress = '127.0.0.1',
): Promise<{ readonly socket: Socket; readonly closed: Promise<unknown> }> {
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {})
  lifetime.after(() => socket.destroy())
  const closed = once(socket.resume(), 'close')
  await once(socket, 'connect')
  return { socket, closed }
}

test('whoever means it gets in, and those who wait longest make room', async () => {
  // Without a deadline nothing else would ever end them.
  const gateway = await startGateway(lifetime, { workers: 1, limits: '{ handshakes: 4, handshake: 0, connections: 1000 }' })
  const silent = []
  for (let i = 0; i < 4; i++) silent.push(await sayNothing(gateway.port))
  const kept = await gateway.connect()
  assert.equal((await kept.ask(get('/'))).status, 200)
  await silent[0]?.closed
  for (let i = 0; i < 4; i++) silent.push(await sayNothing(gateway.port))
  await Promise.all(silent.slice(1, 4).map(({ closed }) => closed))
  assert.equal((await kept.ask(get('/'))).status, 200, 'one that is done is no handshake any more')
})

/** A connection that was served, or null. */
async function servedBy(gateway: Gateway): Promise<RawClient | null> {
  const client = await gateway.connect().catch(() => null)
  const answer = await client?.ask(get('/')).catch(() => null)
  return answer?.status === 200 ? (client ?? null) : null
}

test('at the limit of connections too, which is for those who are done', async () => {
  const gateway = await startGateway(lifetime, { workers: 1, limits: '{ connections: 6, handshake: 0 }' })
  const { port, program } = gateway
  const silent = []
  for (let i = 0; i < 6; i++) silent.push(await sayNothing(port))
  const clients = []
  for (let i = 0; i < 6; i++) {
    // Who has only just come is left its time.
    const client = await eventually('a place', () => servedBy(gateway), 10_000)
    clients.push(client)
    await silent[i]?.closed
  }
  for (const client of clients) assert.equal((await client.ask(get('/'))).status, 200)
  await assert.rejects(gateway.connect(), 'nobody is left to make room')
  await program.line(/too many handshakes under way/)
  const [telemetry] = await program.line(/http:\/\/127\.0\.0\.1:\d+(?=.*telemetry)/)
  const metrics = await (await fetch(`${telemetry}/metrics`)).text()
  assert.match(metrics, /connections_refused_total\{listener="main",reason="handshakes"\} 6$/m)
})

test('handshakes of all workers leave half of the connections free', async () => {
  const gateway = await startGateway(lifetime, { workers: 1, limits: '{ connections: 40, handshake: 0 }' })
  const silent = []
  for (let i = 0; i < 21; i++) silent.push(await sayNothing(gateway.port, `127.0.0.${2 + (i % 3)}`))
  await silent[0]?.closed
})

test('where nobody is asked for a certificate, nobody waits for a turn', async () => {
  const gateway = await startGateway(lifetime, { workers: 1, tls: 'clientauth_mode: NONE', limits: '{ handshake: 0 }' })
  const silent = []
  for (let i = 0; i < 8; i++) silent.push(await sayNothing(gateway.port))
  assert.equal((await gateway.ask(get('/public/a'), null)).status, 200)
  assert.ok(
    silent.every(({ socket }) => !socket.closed),
    'none had to make room',
  )
})
