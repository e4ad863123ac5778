import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { pump } from '../support/pump.ts'

// A worker may be killed at any time: it is replaced, and only the connections it held itself are lost.

const socketOf = (gateway: Gateway) => join(gateway.folder, 'admin.sock')

/** Workers that serve, once there are so many and the one that was killed is not taken for alive any more. */
const serving = (gateway: Gateway, count: number, killed = 0) =>
  eventually(`${count} serving workers`, async () => {
    const { workers } = await askStatus(socketOf(gateway))
    return workers.length === count && workers.every(({ state, pid }) => state === 'serving' && pid !== killed) ? workers : null
  })

test('a killed worker is replaced, and connections of the others go on', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const connections = await Promise.all(Array.from({ length: 12 }, () => gateway.connect()))
  for (const connection of connections) assert.equal((await connection.ask(get('/before'))).status, 200)
  const before = await eventually('every connection to be counted', async () => {
    const workers = await serving(gateway, 2)
    return workers.reduce((sum, { connections: open }) => sum + (open ?? 0), 0) === connections.length ? workers : null
  })
  const [victim] = before.filter(({ connections: open }) => (open ?? 0) > 0)
  assert.ok(victim !== undefined)
  process.kill(victim.pid, 'SIGKILL')
  await eventually('the connections of the victim to be lost', () => connections.filter(({ ended }) => ended).length === victim.connections)
  for (const connection of connections) {
    if (!connection.ended) assert.equal((await connection.ask(get('/after'))).status, 200)
  }
  const after = await serving(gateway, 2, victim.pid)
  assert.deepEqual(after.map(({ restarts }) => restarts).sort(), [0, 1])
  await gateway.program.line(new RegExp(`worker ${victim.pid} ended by SIGKILL, starting another`))
})

test('a worker that hangs is noticed without anything being changed, and replaced', async (t) => {
  const gateway = await startGateway(t, { workers: 1 })
  const [hung] = await serving(gateway, 1)
  assert.ok(hung !== undefined)
  process.kill(hung.pid, 'SIGSTOP')
  await gateway.program.line(new RegExp(`killing worker ${hung.pid}: it has not answered for 1\\d s: it hangs`))
  await serving(gateway, 1, hung.pid)
  assert.equal((await gateway.ask(get('/after'))).status, 200)
})

test('signals that mean nothing end nobody', async (t) => {
  const gateway = await startGateway(t, { workers: 1 })
  const [worker] = await serving(gateway, 1)
  assert.ok(worker !== undefined)
  const { pid } = await askStatus(socketOf(gateway))
  for (const one of [worker.pid, pid]) process.kill(one, 'SIGUSR2')
  assert.equal((await gateway.ask(get('/after'))).status, 200)
  const after = await askStatus(socketOf(gateway))
  assert.deepEqual([after.pid, after.workers.map((one) => [one.pid, one.restarts])], [pid, [[worker.pid, 0]]])
})

test('while the only worker is replaced, new connections wait instead of being refused', async (t) => {
  const gateway = await startGateway(t, { workers: 1 })
  const [worker] = await serving(gateway, 1)
  assert.ok(worker !== undefined)
  process.kill(worker.pid, 'SIGKILL')
  const answers = await Promise.all(Array.from({ length: 5 }, () => gateway.ask(get('/during'))))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  )
})

test('replacing every worker under load fails no request', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const before = await serving(gateway, 2)
  const load = pump(gateway, { clients: 4, reconnect: true })
  t.after(() => load.stop())
  for (let round = 0; round < 3; round++) {
    await load.more(20)
    assert.equal((await askReload(socketOf(gateway), true)).outcome, 'unchanged')
  }
  await load.more(20)
  await load.stop()
  assert.deepEqual(load.failures, [])
  const after = await serving(gateway, 2)
  assert.ok(after.every(({ pid }) => !before.some((worker) => worker.pid === pid)))
})

test('when control is killed, workers finish what runs, take nothing new, and exit', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const workers = await serving(gateway, 2)
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  gateway.upstream.answer = (_request, socket) => void held.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
  const client = await gateway.connect()
  const answer = client.ask(get('/slow'), { timeout: 20_000 })
  await gateway.upstream.until(1)
  process.kill(gateway.program.pid, 'SIGKILL')
  await gateway.program.line(/control is gone: tunnels end now/)
  release()
  assert.equal((await answer).body, 'late')
  await eventually('the workers to be gone', () => workers.every(({ pid }) => !isAlive(pid)))
  await assert.rejects(gateway.connect(), { code: 'ECONNREFUSED' })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
