import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { RawClient } from '../support/raw-client.ts'

// Listeners come, go, move and change between plain and TLS while the others serve.

const socketOf = (gateway: Gateway) => join(gateway.folder, 'admin.sock')

async function reconfigure(gateway: Gateway, change: (text: string) => string): Promise<void> {
  writeFileSync(gateway.configFile, change(readFileSync(gateway.configFile, 'utf8')))
  const { outcome, message } = await askReload(socketOf(gateway), false)
  // The file watcher may have been faster.
  assert.notEqual(outcome, 'failed', message)
}

/** With a port of which the gateway itself finds that nobody has it: one that was free a moment ago may be somebody else's by now. */
async function reconfigureWithPort(gateway: Gateway, change: (text: string, port: number) => string): Promise<number> {
  const text = readFileSync(gateway.configFile, 'utf8')
  for (;;) {
    const port = await freePort()
    writeFileSync(gateway.configFile, change(text, port))
    const { outcome, message } = await askReload(socketOf(gateway), false)
    if (outcome !== 'failed') return port
    assert.match(message, new RegExp(`^cannot listen on 127\\.0\\.0\\.1:${port}: another program already listens there`))
  }
}

async function portOf(gateway: Gateway, name: string): Promise<number> {
  const { listeners } = await askStatus(socketOf(gateway))
  return Number(
    listeners
      .find((listener) => listener.name === name)
      ?.address.split(':')
      .pop(),
  )
}

const plainListener = (name: string, port = 0) => `listeners:\n  ${name}:\n    address: 127.0.0.1:${port}\n    tls: off\n`
const publicPath = get('/public/x')

test('a listener is added, and removed again while its connections go on', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const first = await gateway.connect()
  await reconfigure(gateway, (text) => text.replace('listeners:\n', plainListener('extra')))
  const port = await portOf(gateway, 'extra')
  await gateway.program.line(new RegExp(`^certgate: ready on http://127\\.0\\.0\\.1:${port}$`))
  const extra = await RawClient.connect({ port, ca: null }, t)
  assert.equal((await extra.ask(publicPath)).status, 200)
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  gateway.upstream.answer = (_request, socket) => void held.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
  const running = extra.ask(publicPath)
  await gateway.upstream.until(2)
  await reconfigure(gateway, (text) => text.replace(plainListener('extra'), 'listeners:\n'))
  await assert.rejects(RawClient.connect({ port, ca: null }, t), { code: 'ECONNREFUSED' })
  release()
  assert.equal((await running).body, 'late')
  assert.equal((await first.ask(publicPath)).status, 200)
})

test('a listener moves to another port, and its open connections stay', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const before = await gateway.connect()
  const port = await reconfigureWithPort(gateway, (text, free) =>
    text.replace('address: 127.0.0.1:0\n    tls:', `address: 127.0.0.1:${free}\n    tls:`),
  )
  const moved = await RawClient.connect({ port, ca: gateway.authority.certificate, client: gateway.alice }, t)
  assert.equal((await moved.ask(get('/x'))).status, 200)
  assert.equal((await before.ask(get('/x'))).status, 200)
  await assert.rejects(gateway.connect(), { code: 'ECONNREFUSED' })
})

test('a listener that is renamed keeps its port without a gap', async (t) => {
  const gateway = await startGateway(t)
  const port = await reconfigureWithPort(gateway, (text, free) => text.replace('listeners:\n', plainListener('one', free)))
  await reconfigure(gateway, (text) => text.replace('  one:\n', '  two:\n'))
  const client = await RawClient.connect({ port, ca: null }, t)
  assert.equal((await client.ask(publicPath)).status, 200)
  assert.equal(await portOf(gateway, 'two'), port)
})

test('a plain listener becomes a TLS listener on the same port', async (t) => {
  const gateway = await startGateway(t)
  const port = await reconfigureWithPort(gateway, (text, free) => text.replace('listeners:\n', plainListener('extra', free)))
  await reconfigure(gateway, (text) =>
    text.replace('tls: off', 'tls: { certificate: { cert: server.crt, key: server.key }, client_ca: [ca.crt], clientauth_mode: REQUIRE }'),
  )
  const client = await RawClient.connect({ port, ca: gateway.authority.certificate, client: gateway.alice }, t)
  assert.equal((await client.ask(get('/x'))).status, 200)
})

test('a port in use fails the reload, and everything stays as it was', async (t) => {
  const gateway = await startGateway(t)
  const occupier = createServer()
  await new Promise<void>((resolve) => occupier.listen(0, '127.0.0.1', resolve))
  t.after(() => occupier.close())
  const address = occupier.address()
  const port = typeof address === 'object' ? address?.port : 0
  writeFileSync(gateway.configFile, readFileSync(gateway.configFile, 'utf8').replace('listeners:\n', plainListener('extra', port)))
  const report = await askReload(socketOf(gateway), false)
  assert.equal(report.outcome, 'failed')
  assert.equal(report.message, `cannot listen on 127.0.0.1:${port}: another program already listens there; snapshot 1 stays in force`)
  assert.equal((await gateway.ask(get('/x'))).status, 200)
  assert.equal((await askStatus(socketOf(gateway))).listeners.length, 1)
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
