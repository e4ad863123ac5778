/** The promise: of more handshakes under way than there may be the oldest is given up, so that connecting and saying nothing keeps nobody out. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()

async function sayNothing(port: number): Promise<{ readonly closed: Promise<unknown> }> {
  const socket: Socket = connect(port, '127.0.0.1').on('error', () => {})
  lifetime.after(() => socket.destroy())
  const closed = once(socket.resume(), 'close')
  await once(socket, 'connect')
  return { closed }
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
