import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { askStatus } from '../../../../src/control/administration/admin-client.ts'
import { askApi } from '../../../../src/control/administration/api-client.ts'
import { temporaryFolder } from '../../../support/authority.ts'

const PATIENCE = { before: 30, within: 60 }
const SILENT = { code: 'not_running', message: /has not answered for 0 s: it is stopped, or hangs/ }

/** A process that takes connections, as the system does for one that is stopped, and says nothing. */
async function silent(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const server = createNetServer(() => {})
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(path, resolve)
  t.after(() => server.close())
  await promise
  return path
}

async function answering(t: TestContext, listener: RequestListener): Promise<string> {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const server = createServer(listener)
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(path, resolve)
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  await promise
  return path
}

test('a process that only takes connections is not waited for', async (t) => {
  const path = await silent(t)
  await assert.rejects(askStatus(path, PATIENCE), SILENT)
  await assert.rejects(askApi(path, { method: 'GET', path: '/x' }, PATIENCE), SILENT)
})

test('what takes long is waited for while the process answers beside, before and during its answer', async (t) => {
  let asked = 0
  const path = await answering(t, ({ url }, response) => {
    if (url === '/status') {
      // Many times the patience, counted in questions: no time is waited for.
      if (++asked === 5) begin()
      if (asked === 10) end()
      response.end('{}')
      return
    }
    begin = () => response.write('half, ')
    end = () => response.end('whole')
  })
  let [begin, end] = [() => {}, () => {}] as (() => unknown)[] as [() => unknown, () => unknown]
  const { body } = await askApi(path, { method: 'GET', path: '/backup' }, PATIENCE)
  const text = Buffer.concat(await Array.fromAsync(body)).toString()
  assert.deepEqual([text, asked], ['half, whole', 10])
})

test('one that falls silent in the middle of its answer is given up', async (t) => {
  const path = await answering(t, ({ url }, response) => {
    if (url !== '/status') response.write('half')
  })
  const { body } = await askApi(path, { method: 'GET', path: '/backup' }, PATIENCE)
  await assert.rejects(Array.fromAsync(body), SILENT)
})
