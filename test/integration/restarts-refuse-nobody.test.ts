/**
 * The promise: with listening sockets passed by whoever supervises it (sd_listen_fds(3)), a full restart refuses no connection. Those that
 * come while no process accepts wait in the kernel, and the next process serves them.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/admin-client.ts'
import { Activation } from '../support/activation.ts'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'
import { absent, locate } from '../support/outside-program.ts'
import { ownEntry, startProgram } from '../support/program.ts'
import { pump } from '../support/pump.ts'

test('connections that come between two processes are served by the second', async (t) => {
  const activation = await Activation.hold(t, 1)
  const gateway = await startGateway(t, { start: activation.start, address: `127.0.0.1:${activation.ports[0]}` })
  assert.equal(gateway.port, activation.ports[0])
  assert.equal((await gateway.ask(get('/before'))).status, 200)
  assert.deepEqual(await gateway.program.stop(), { code: 0, signal: null })
  const waiting = Promise.all(Array.from({ length: 8 }, () => gateway.ask(get('/between'))))
  const reached = new Promise((resolve) => connect(gateway.port, '127.0.0.1').once('connect', resolve))
  await reached
  await activation.start({ config: gateway.configFile }, t)
  assert.deepEqual(
    (await waiting).map(({ status }) => status),
    Array.from({ length: 8 }, () => 200),
  )
})

test('it stops accepting at once, and what comes while it drains waits for the next process', async (t) => {
  const activation = await Activation.hold(t, 1)
  const gateway = await startGateway(t, { start: activation.start, address: `127.0.0.1:${activation.ports[0]}`, workers: 2 })
  const { promise, resolve: release } = Promise.withResolvers<void>()
  gateway.upstream.answer = (_request, socket) => void promise.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
  const busy = await gateway.connect()
  const answer = busy.ask(get('/slow'))
  await gateway.upstream.until(1)
  gateway.program.signal('SIGTERM')
  await gateway.program.line(/draining/)
  await eventually('its workers to hold no socket that listens', () => listening(gateway.program.pid).length === 0)
  const later = gateway.ask(get('/later'))
  release()
  assert.equal((await answer).body, 'late')
  assert.deepEqual(await gateway.program.ended, { code: 0, signal: null })
  assert.equal(gateway.records().filter(({ path }) => path === '/later').length, 0)
  const next = await activation.start({ config: gateway.configFile }, t)
  assert.equal((await later).status, 200)
  await next.line(/"path":"\/later"/)
})

test('under load, full restarts lose no request and refuse no connection', async (t) => {
  const activation = await Activation.hold(t, 1)
  const gateway = await startGateway(t, { start: activation.start, address: `127.0.0.1:${activation.ports[0]}`, workers: 2 })
  const load = pump(gateway, { clients: 4, reconnect: true })
  let { program } = gateway
  for (let round = 0; round < 2; round++) {
    await load.more(50)
    assert.deepEqual(await program.stop(), { code: 0, signal: null })
    program = await activation.start({ config: gateway.configFile }, t)
  }
  await load.more(50)
  await load.stop()
  assert.deepEqual(load.failures, [])
})

test('what no address of the configuration is, is closed with a warning; what was not passed, is bound', async (t) => {
  const activation = await Activation.hold(t, 12)
  const [main, telemetry, ...unwanted] = activation.ports
  const gateway = await startGateway(t, {
    start: activation.start,
    address: `127.0.0.1:${main}`,
    extra: `pki: { http: 127.0.0.1:0 }\nstore: { sqlite: certgate.db }\n`,
    env: { CERTGATE_TEST_TELEMETRY: `127.0.0.1:${telemetry}` },
  })
  for (const port of [telemetry, ...unwanted])
    await gateway.program.line(new RegExp(`the socket 127\\.0\\.0\\.1:${port} was passed and is closed`))
  assert.equal((await gateway.ask(get('/x'))).status, 200)
})
