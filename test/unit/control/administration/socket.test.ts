import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, rmSync, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { CLI_CALLER } from '../../../../src/admin/offline.ts'
import { createRouter } from '../../../../src/admin/router.ts'
import type { Caller } from '../../../../src/admin/types.ts'
import { askReload, askStatus } from '../../../../src/control/administration/admin-client.ts'
import { askApi } from '../../../../src/control/administration/api-client.ts'
import { type AdminHandlers, openAdminSocket } from '../../../../src/control/administration/socket.ts'
import type { ReloadReport, Status } from '../../../../src/control/status.ts'
import type { Actor } from '../../../../src/store/types.ts'
import { temporaryFolder } from '../../../support/authority.ts'

const report: ReloadReport = { outcome: 'loaded', cause: 'command', at: 1, snapshot: 2, message: 'loaded', problems: [] }
const status: Status = {
  version: '1.2.3',
  pid: 1,
  started_at: 1,
  config_file: '/etc/certgate.yml',
  state: 'serving',
  snapshot: { number: 2, loaded_at: 1 },
  last_reload: report,
  workers: [],
  listeners: [],
  certificates: [],
  crls: [],
  authority: null,
  addresses: { admin: null, socket: null, est: null, pki: null, telemetry: null },
  store: null,
}
const handlers: AdminHandlers = {
  status: async () => status,
  reload: async (_by, workers) => ({ ...report, message: `workers ${workers}` }),
  api: createRouter([], { failed: (error) => assert.fail(error as Error) }),
  failed: (error) => assert.fail(error as Error),
}

test('status and reload are answered, and the socket is for this user alone', async (t) => {
  const path = join(temporaryFolder(t).path, 'data', 'admin.sock')
  const socket = await openAdminSocket(path, handlers)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  assert.deepEqual(await askStatus(path), status)
  assert.equal((await askReload(path, false)).message, 'workers false')
  assert.equal((await askReload(path, true)).message, 'workers true')
  socket.close()
  assert.equal(existsSync(path), false)
})

test('a reload is known by whoever asked for it', async (t) => {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const by: Actor[] = []
  const socket = await openAdminSocket(path, {
    ...handlers,
    reload: async (actor) => {
      by.push(actor)
      return report
    },
  })
  t.after(() => socket.close())
  await askReload(path, false)
  await askReload(path, false, { 'certgate-os-user': 'Zo%C3%AB' })
  assert.deepEqual(by, [CLI_CALLER.actor, { ...CLI_CALLER.actor, osUser: 'Zoë' }])
  await assert.rejects(askReload(path, false, { 'certgate-os-user': '%0a' }), /no name of a user/)
  assert.equal(by.length, 2)
})

test('who asks may say which user of the machine they are: kept as told, nothing else changes, and nonsense is refused', async (t) => {
  const callers: Caller[] = []
  const api: AdminHandlers['api'] = async ({ caller }) => {
    callers.push(caller)
    return { status: 204, headers: {}, body: null }
  }
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const socket = await openAdminSocket(path, { ...handlers, api })
  t.after(() => socket.close())
  const ask = async (headers: Record<string, string>) => (await askApi(path, { method: 'GET', path: '/x', headers })).status
  assert.equal(await ask({}), 204)
  assert.equal(await ask({ 'certgate-os-user': 'Zo%C3%AB' }), 204)
  assert.deepEqual(callers, [CLI_CALLER, { ...CLI_CALLER, actor: { ...CLI_CALLER.actor, osUser: 'Zoë' } }])
  for (const told of ['%0a', '%', 'a'.repeat(500)]) assert.equal(await ask({ 'certgate-os-user': told }), 400, told)
  assert.equal(callers.length, 2)
})

test('a socket that somebody answers on is left alone', async (t) => {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const first = await openAdminSocket(path, handlers)
  t.after(() => first.close())
  await assert.rejects(openAdminSocket(path, handlers), {
    code: 'address_unavailable',
    message: `another certgate already answers on ${path}`,
  })
  assert.deepEqual(await askStatus(path), status)
})

test('a socket left behind by a dead process is replaced', async (t) => {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
  assert.ok(statSync(path).isSocket())
  const socket = await openAdminSocket(path, handlers)
  t.after(() => socket.close())
  assert.deepEqual(await askStatus(path), status)
})

test('a file that is no socket is not removed', async (t) => {
  const path = temporaryFolder(t).write('admin.sock', 'precious')
  await assert.rejects(openAdminSocket(path, handlers), { code: 'address_unavailable', message: /a file that is no socket is in the way/ })
  assert.ok(statSync(path).isFile())
})

test('a path too long for a socket is said to be so', async () => {
  await assert.rejects(openAdminSocket(`/tmp/${'x'.repeat(110)}`, handlers), { message: /longer than the \d+ bytes/ })
})

test('closing does not remove the socket of a successor', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder.path, 'admin.sock')
  const first = await openAdminSocket(path, handlers)
  rmSync(path)
  const second = await openAdminSocket(path, handlers)
  t.after(() => second.close())
  first.close()
  assert.deepEqual(await askStatus(path), status)
})

test('nobody there, a stranger there, and no permission are told apart', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder.path, 'admin.sock')
  await assert.rejects(askStatus(path), { code: 'not_running', message: `certgate is not running: nobody answers on ${path}` })
  const stranger = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'))
  await new Promise<void>((resolve) => stranger.listen(path, resolve))
  t.after(() => stranger.close())
  await assert.rejects(askStatus(path), { code: 'not_running', message: `what answers on ${path} is not certgate` })
  if (process.getuid?.() !== 0) {
    chmodSync(path, 0)
    await assert.rejects(askStatus(path), { code: 'not_running', message: `${path} may not be opened by this user` })
  }
})

test('what has no meaning there is told from what fails', async (t) => {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const socket = await openAdminSocket(path, handlers)
  t.after(() => socket.close())
  const status = async (target: string) => {
    const sent = request({ socketPath: path, path: target, method: 'GET' }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode
  }
  for (const target of ['//[', 'http://[::bad', '//host/status', '*', 'status']) assert.equal(await status(target), 400, target)
  for (const target of ['/', '/nothing', '/status/', '/reload']) assert.equal(await status(target), 404, target)
  assert.equal(await status('/status?x=%zz'), 200)
})

test('what fails inside is told to the one who asked, and to the log', async (t) => {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const cause = new Error('no memory')
  const told: unknown[] = []
  const failing: AdminHandlers = {
    ...handlers,
    status: () => Promise.reject(cause),
    reload: () => {
      throw cause
    },
    failed: (error) => told.push(error),
  }
  const socket = await openAdminSocket(path, failing)
  t.after(() => socket.close())
  await assert.rejects(askStatus(path), { message: 'the running certgate could not answer: no memory' })
  await assert.rejects(askReload(path, false), { message: 'the running certgate could not answer: no memory' })
  assert.deepEqual(told, [cause, cause])
})
