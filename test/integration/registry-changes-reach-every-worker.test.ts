import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import type { Issued } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import type { RawClient } from '../support/raw-client.ts'
import { entryOf, issuerKeyIdOf, storeOf } from '../support/registered.ts'
import { fingerprintOf } from '../support/registry.ts'
import { CLI } from '../support/registry-store.ts'

// What the registry withdraws is cut off on every worker within a second, whichever process wrote it there.

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'

async function start(t: Parameters<typeof startGateway>[0], rolesMapping = 'reader:\n  users: [alice, bob]\n'): Promise<Gateway> {
  const gateway = await startGateway(t, { workers: 2, rolesMapping })
  gateway.upstream.answer = (request, socket) => {
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello'
    socket.write(request.values('upgrade').length > 0 ? switched : 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n')
  }
  return gateway
}

/** Connections of one client, until each worker has some of them; every other one is a tunnel. */
async function connections(gateway: Gateway, client: Issued): Promise<RawClient[]> {
  const socket = join(gateway.folder, 'admin.sock')
  const held = async () => (await askStatus(socket)).workers.map((worker) => worker.connections ?? 0)
  const before = await held()
  const open: RawClient[] = []
  // The kernel gives them to whom it likes.
  while (open.length < 400) {
    const more = await Promise.all(Array.from({ length: 12 }, () => gateway.connect(client)))
    for (const [index, raw] of more.entries()) {
      if (index % 2 === 0) assert.equal((await raw.ask(get('/x'))).status, 200)
      else {
        raw.send(get('/ws', UPGRADE))
        await raw.textMatching(/ 101 .*hello$/s)
      }
    }
    open.push(...more)
    const now = await held()
    if (now.length === 2 && now.every((count, index) => count - (before[index] ?? 0) > 1)) return open
  }
  throw new Error('one worker got every connection')
}

async function cutOffWithinASecond(change: () => void, open: readonly RawClient[]): Promise<void> {
  const changedAt = performance.now()
  change()
  await Promise.all(open.map((client) => client.end(5_000)))
  const took = performance.now() - changedAt
  assert.ok(took < 1_000, `cut off after ${Math.round(took)} ms`)
}

const codeFor = async (gateway: Gateway, client: Issued) => {
  const answer = await gateway.ask(get('/x'), client)
  return [answer.status, answer.json().code]
}

test('a revoked certificate loses its connections and tunnels, others do not, and its session is not resumed', async (t) => {
  const gateway = await start(t)
  const store = storeOf(gateway, t)
  const bob = await gateway.issue('CN=bob')
  store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  const [open, others] = [await connections(gateway, gateway.alice), await connections(gateway, bob)]
  const first = await gateway.connect()
  const ticket = once(first.socket, 'session') as Promise<[Buffer]>
  assert.equal((await first.ask(get('/x'))).status, 200)
  const [session] = await ticket
  const resumed = await gateway.connect(gateway.alice, { tls: { session } })
  assert.equal((resumed.socket as unknown as { isSessionReused(): boolean }).isSessionReused(), true)
  assert.equal((await resumed.ask(get('/x'))).status, 200)

  await cutOffWithinASecond(() => store.registry.revoke(fingerprintOf(gateway.alice), 'keyCompromise', CLI), [...open, first, resumed])
  for (const [index, client] of others.entries()) {
    assert.equal(client.ended, false)
    if (index % 2 === 0) assert.equal((await client.ask(get('/x'))).status, 200)
  }
  for (let round = 0; round < 6; round++) {
    const again = await gateway.connect(gateway.alice, { tls: { session } })
    const answer = await again.ask(get('/x'))
    assert.deepEqual([answer.status, answer.json().code], [403, 'certificate_revoked'])
    assert.deepEqual(await codeFor(gateway, gateway.alice), [403, 'certificate_revoked'])
  }
  // A drain would wait for its tunnels.
  for (const client of others) client.close()
})

test('a disabled certificate is cut off, and comes back when it is enabled', async (t) => {
  const gateway = await start(t)
  const store = storeOf(gateway, t)
  store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  const open = await connections(gateway, gateway.alice)
  await cutOffWithinASecond(() => store.registry.disable(fingerprintOf(gateway.alice), CLI), open)
  assert.deepEqual(await codeFor(gateway, gateway.alice), [403, 'certificate_disabled'])
  store.registry.enable(fingerprintOf(gateway.alice), CLI)
  await eventually('it to be let in', async () => (await gateway.ask(get('/x'))).status === 200)
})

test('a removed certificate of our own CA stays refused, in base and changes, though its chain is good; so does its key', async (t) => {
  const gateway = await start(t)
  const store = storeOf(gateway, t)
  store.registry.add([entryOf(gateway.alice, gateway.authority, { issuerKeyId: issuerKeyIdOf(gateway.authority) })], CLI)
  const open = await connections(gateway, gateway.alice)
  await cutOffWithinASecond(() => store.registry.remove(fingerprintOf(gateway.alice), CLI), open)
  const sameKey = await gateway.issue('CN=bob', { key: gateway.alice.key })
  for (const client of [gateway.alice, sameKey]) assert.deepEqual(await codeFor(gateway, client), [403, 'certificate_revoked'])
  const { workers } = await askStatus(join(gateway.folder, 'admin.sock'))
  for (const { pid } of workers) process.kill(pid, 'SIGKILL')
  await eventually('new workers', async () => {
    const { workers: now } = await askStatus(join(gateway.folder, 'admin.sock'))
    return now.length === 2 && now.every(({ pid, state }) => state === 'serving' && workers.every((old) => old.pid !== pid))
  })
  assert.deepEqual(await codeFor(gateway, gateway.alice), [403, 'certificate_revoked'])
})
