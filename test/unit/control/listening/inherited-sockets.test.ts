import assert from 'node:assert/strict'
import type { SendHandle } from 'node:child_process'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { test } from 'node:test'
import { InheritedSockets } from '../../../../src/control/listening/inherited-sockets.ts'
import { bind, boundSocket, type ListenAddress, listenOn } from '../../../../src/control/listening/sockets.ts'

// What is taken from real descriptors is in test/integration/restarts-refuse-nobody.test.ts: they are 3 and above there.

/** All that comes on a connection until it ends. */
async function said(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

function receive(env: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv; warnings: string[] } {
  const warnings: string[] = []
  InheritedSockets.receive(env, 42, (message) => warnings.push(message))
  return { env, warnings }
}

test('the variables are removed, whoever they were meant for', () => {
  const variables = { LISTEN_FDS: '0', LISTEN_FDNAMES: '', LISTEN_PIDFDID: '7', PATH: '/bin' }
  for (const LISTEN_PID of ['42', '41']) assert.deepEqual(receive({ ...variables, LISTEN_PID }).env, { PATH: '/bin' })
  assert.deepEqual(receive({ PATH: '/bin' }), { env: { PATH: '/bin' }, warnings: [] })
})

test('what is meant for another process, or makes no sense, is not taken', () => {
  assert.match(receive({ LISTEN_PID: '41', LISTEN_FDS: '1' }).warnings.join(), /passed to process 41, and this is 42/)
  for (const LISTEN_FDS of ['-1', '1e1', 'x']) assert.match(receive({ LISTEN_PID: '42', LISTEN_FDS }).warnings.join(), /is no number/)
  assert.match(receive({ LISTEN_PID: '42', LISTEN_FDS: '99999999' }).warnings.join(), /is more than any process has/)
  assert.deepEqual(receive({ LISTEN_FDS: '1' }).warnings, [])
  assert.deepEqual(receive({ LISTEN_PID: '42' }).warnings, [])
})

test('an address is found by what it is, however it is written', async () => {
  const port = 8443
  const passed = boundSocket('::1', port, {} as SendHandle, () => {})
  const inherited = new InheritedSockets([passed])
  for (const other of [
    { host: '::', port },
    { host: '127.0.0.1', port },
    { host: '::1', port: port ^ 1 },
    { host: '::1', port: 0 },
  ])
    assert.equal(await inherited.take(other), null)
  assert.equal((await inherited.take({ host: '0:0::0:1', port }))?.handle, passed.handle)
  assert.equal(await inherited.take({ host: '::1', port }), null, 'it is taken')
})

test('a server of this process accepts on it; one that cannot be opened leaves it', async (t) => {
  const passed = await bind('127.0.0.1', 0)
  const address = { host: '127.0.0.1', port: passed.port }
  const inherited = new InheritedSockets([passed])
  await assert.rejects(
    inherited.open(address, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  const open = async (at: ListenAddress): Promise<Server> => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(listenOn(at), resolve))
    t.after(() => server.close())
    return server
  }
  const server = await inherited.open(address, open)
  assert.equal((server.address() as { port: number }).port, address.port)
  assert.equal(await inherited.take(address), null)
})

test('closing its server gives it back: what comes meanwhile is closed, and the next server accepts again', async (t) => {
  const passed = await bind('127.0.0.1', 0)
  const address = { host: '127.0.0.1', port: passed.port }
  const inherited = new InheritedSockets([passed])
  t.after(() => inherited.close())
  for (const round of ['first', 'second', 'third']) {
    const server = await inherited.open(address, async (at) => {
      const made = createServer((socket) => socket.end(round))
      await new Promise<void>((resolve) => made.listen(listenOn(at), resolve))
      return made
    })
    assert.equal(await said(address.port), round)
    await new Promise((resolve) => server.close(resolve))
    assert.equal(await said(address.port), '')
    assert.equal(await inherited.take(address), null, 'no worker accepts beside this process')
  }
})

test('once all is closed, a server closes it for good', async () => {
  const passed = await bind('127.0.0.1', 0)
  const address = { host: '127.0.0.1', port: passed.port }
  const inherited = new InheritedSockets([passed])
  const server = await inherited.open(address, async (at) => {
    const made = createServer()
    await new Promise<void>((resolve) => made.listen(listenOn(at), resolve))
    return made
  })
  inherited.close()
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(said(address.port), { code: 'ECONNREFUSED' })
})

test('what nobody took is closed with a warning', async () => {
  const warnings: string[] = []
  const passed = await bind('127.0.0.1', 0)
  new InheritedSockets([passed], (message) => warnings.push(message)).closeUnused()
  assert.deepEqual(warnings, [`the socket 127.0.0.1:${passed.port} was passed and is closed: the configuration has no such address`])
})

test('what nobody took when the start failed is not said to be missing in the configuration', async () => {
  const warnings: string[] = []
  const passed = await bind('127.0.0.1', 0)
  new InheritedSockets([passed], (message) => warnings.push(message)).closeUnused(false)
  assert.deepEqual(warnings, [
    `the socket 127.0.0.1:${passed.port} was passed and is closed: nothing had taken it up when the start failed`,
  ])
})

test('a socket that was passed for nearly the address is told, and not taken for another program', async (t) => {
  // As whoever passes one has it: it listens.
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const passed = boundSocket('127.0.0.1', port, {} as SendHandle, () => {})
  await assert.rejects(new InheritedSockets([passed]).bind({ host: '0.0.0.0', port }), {
    message: `cannot listen on 0.0.0.0:${port}: the socket 127.0.0.1:${port} was passed instead`,
    hint: `write 127.0.0.1:${port} into the configuration, or have 0.0.0.0:${port} passed: addresses have to be equal`,
  })
  await assert.rejects(new InheritedSockets().bind({ host: '0.0.0.0', port }), { message: /another program already listens there/ })
})
