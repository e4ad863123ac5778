/** The promise: when control is gone, what is under way may finish, and after two seconds nobody is served by what its workers knew. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'

/** Milliseconds: far below the default of `limits.drain`, far above two seconds on a busy machine. */
const SOON = 12_000

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function withoutControl(t: TestContext, limits: string) {
  const gateway = await startGateway(t, { limits, workers: 1 })
  const { promise, resolve: release } = Promise.withResolvers<void>()
  gateway.upstream.answer = ({ target }, socket) => {
    if (target === '/ws') socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
    else if (target === '/slow') void promise.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
  }
  const [tunnel, slow, endless] = await Promise.all([gateway.connect(), gateway.connect(), gateway.connect()])
  tunnel.send(get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
  await tunnel.textMatching(/hello/)
  const answer = slow.ask(get('/slow'))
  endless.send(get('/endless'))
  await gateway.upstream.until(3)
  const { workers } = await askStatus(join(gateway.folder, 'admin.sock'))
  process.kill(gateway.program.pid, 'SIGKILL')
  return { gateway, tunnel, endless, answer, release, pids: workers.map(({ pid }) => pid) }
}

for (const [what, limits] of Object.entries({ 'the default drain': '{}', 'no limit of the drain': '{ drain: 0 }' })) {
  test(`with ${what} a tunnel ends at once, a request that is answered soon gets its answer, and the rest is cut off`, async (t) => {
    const { tunnel, endless, answer, release, pids } = await withoutControl(t, limits)
    await tunnel.end(SOON)
    assert.equal(endless.ended, false, 'requests have a little longer than tunnels')
    release()
    assert.equal((await answer).body, 'late')
    await endless.end(SOON)
    await eventually('the workers to end', () => pids.every((pid) => !isAlive(pid)), SOON)
  })
}

test('a drain that had begun is not waited for', async (t) => {
  const { gateway, endless, pids } = await (async () => {
    const begun = await startGateway(t, { limits: '{ drain: 0 }', workers: 1 })
    begun.upstream.answer = () => {}
    const client = await begun.connect()
    client.send(get('/endless'))
    await begun.upstream.until(1)
    const { workers } = await askStatus(join(begun.folder, 'admin.sock'))
    begun.program.signal('SIGTERM')
    await begun.program.line(/draining/)
    return { gateway: begun, endless: client, pids: workers.map(({ pid }) => pid) }
  })()
  process.kill(gateway.program.pid, 'SIGKILL')
  await endless.end(SOON)
  await eventually('the workers to end', () => pids.every((pid) => !isAlive(pid)), SOON)
})
