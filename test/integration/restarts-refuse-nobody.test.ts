/**
 * The promise: with listening sockets passed by whoever supervises it (sd_listen_fds(3)), a full restart refuses no connection. Those that
 * come while no process accepts wait in the kernel, and the next process serves them.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { initialize } from '../../src/cli/initialize.ts'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { Activation, childrenOf } from '../support/activation.ts'
import { temporaryFolder } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, type GatewayOptions, get, startGateway } from '../support/gateway.ts'
import { absent, freePorts, locate } from '../support/outside-program.ts'
import { ownEntry, startProgram } from '../support/program.ts'
import { pump } from '../support/pump.ts'

const notLinux = process.platform !== 'linux' && 'it looks into /proc'

async function activated(t: TestContext, options: GatewayOptions = {}): Promise<{ activation: Activation; gateway: Gateway }> {
  const activation = await Activation.hold(t, 1)
  const gateway = await startGateway(t, { ...options, start: activation.start, address: `127.0.0.1:${activation.ports[0]}` })
  return { activation, gateway }
}

test('connections that come between two processes are served by the second', async (t) => {
  const { activation, gateway } = await activated(t)
  assert.equal(gateway.port, activation.ports[0])
  assert.equal((await gateway.ask(get('/before'))).status, 200)
  assert.deepEqual(await gateway.program.stop(), { code: 0, signal: null })
  const waiting = Promise.all(Array.from({ length: 8 }, () => gateway.ask(get('/between'))))
  await activation.start({ config: gateway.configFile }, t)
  for (const { status } of await waiting) assert.equal(status, 200)
})

test('it stops accepting at once, and what comes while it drains waits for the next process', { skip: notLinux }, async (t) => {
  const { activation, gateway } = await activated(t, { workers: 2 })
  const { program, upstream } = gateway
  const { promise, resolve: release } = Promise.withResolvers<void>()
  upstream.answer = (_request, socket) => void promise.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
  const busy = await gateway.connect()
  const answer = busy.ask(get('/slow'))
  await upstream.until(1)
  const family = [program.pid, ...childrenOf(program.pid)]
  for (const pid of family) assert.deepEqual(activation.heldBy(pid), activation.ports)
  program.signal('SIGTERM')
  await eventually('nobody to hold the socket', () => family.every((pid) => activation.heldBy(pid).length === 0))
  const later = gateway.ask(get('/later'))
  release()
  assert.equal((await answer).body, 'late')
  assert.deepEqual(await program.ended, { code: 0, signal: null })
  assert.equal(gateway.records().filter(({ path }) => path === '/later').length, 0)
  await activation.start({ config: gateway.configFile }, t)
  assert.equal((await later).body, 'late')
})

test('under load, full restarts lose no request and refuse no connection', async (t) => {
  const { activation, gateway } = await activated(t, { workers: 2 })
  const loads = [true, false].map((reconnect) => pump(gateway, { clients: 2, reconnect }))
  const more = () => Promise.all(loads.map((load) => load.more(30)))
  let { program } = gateway
  for (let round = 0; round < 2; round++) {
    await more()
    assert.deepEqual(await program.stop(), { code: 0, signal: null })
    program = await activation.start({ config: gateway.configFile }, t)
  }
  await more()
  for (const load of loads) {
    await load.stop()
    assert.deepEqual(load.failures, [])
  }
})

test('every address of the configuration is taken up, and no child is told', { skip: notLinux }, async (t) => {
  const activation = await Activation.hold(t, 5)
  const [listen, telemetry, admin, http, est] = activation.ports.map((port) => `127.0.0.1:${port}`)
  const { path: folder } = temporaryFolder(t)
  const upstream = { name: 'app', target: 'http://127.0.0.1:9' }
  const given = { folder, names: ['localhost'], cwd: folder, upstream, listen: `${listen}`, telemetry: `${telemetry}`, admin: `${admin}` }
  await initialize(given)
  const config = join(folder, 'certgate.yml')
  writeFileSync(config, `${readFileSync(config, 'utf8')}\nworkers: 2\npki: { http: ${http}, est: ${est} }\n`)
  const program = await activation.start({ config }, t)
  await Promise.all(activation.ports.map((port) => once(connect(port, '127.0.0.1').unref(), 'connect')))
  assert.deepEqual(activation.heldBy(program.pid), activation.ports)
  const workers = childrenOf(program.pid)
  assert.equal(workers.length, 2)
  for (const pid of workers) {
    assert.deepEqual(activation.heldBy(pid), [activation.ports[0]], 'its listener alone')
    assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /LISTEN_/)
  }
  assert.equal((await fetch(`http://${telemetry}/readyz`)).status, 200)
  assert.deepEqual(await program.stop(), { code: 0, signal: null })
  assert.doesNotMatch(program.lines.join('\n'), /was passed/)
})

test('what is no address of the configuration is closed, and said', { skip: notLinux }, async (t) => {
  // More than nine: the shell that finds Node.js has descriptors of its own from 10 on.
  const activation = await Activation.hold(t, 12)
  const [wanted = 0, ...unwanted] = activation.ports
  const gateway = await startGateway(t, { start: activation.start, address: `localhost:${wanted}` })
  const { program } = gateway
  for (const port of unwanted) await program.line(new RegExp(`the socket 127\\.0\\.0\\.1:${port} was passed and is closed`))
  assert.deepEqual(activation.heldBy(program.pid), [wanted])
  assert.equal((await gateway.ask(get('/x'))).status, 200)
})

test('a listener that moves away is served where it is, and may come back', async (t) => {
  const { activation, gateway } = await activated(t)
  const socket = join(gateway.folder, 'admin.sock')
  const written = readFileSync(gateway.configFile, 'utf8')
  const moveTo = async (text: string) => {
    writeFileSync(gateway.configFile, text)
    const { outcome, message } = await askReload(socket, false)
    assert.notEqual(outcome, 'failed', message)
    const [listener] = (await askStatus(socket)).listeners
    return Number(listener?.address.split(':').pop())
  }
  const port = await moveTo(written.replace(`127.0.0.1:${activation.ports[0]}`, '127.0.0.1:0'))
  assert.notEqual(port, activation.ports[0])
  const there = await gateway.connect(undefined, { port })
  assert.equal((await there.ask(get('/there'))).status, 200)
  // Nobody accepts here now, and nobody is refused.
  const back = gateway.ask(get('/back'))
  assert.equal(await moveTo(written), activation.ports[0])
  assert.equal((await back).status, 200)
})

test("control's own addresses come back after a reload without them, and the socket waits for the next process at the end", {
  skip: notLinux,
}, async (t) => {
  const activation = await Activation.hold(t, 5)
  const [listen, telemetry, admin, http, est] = activation.ports.map((port) => `127.0.0.1:${port}`)
  const { path: folder } = temporaryFolder(t)
  const upstream = { name: 'app', target: 'http://127.0.0.1:9' }
  await initialize({
    folder,
    names: ['localhost'],
    cwd: folder,
    upstream,
    listen: `${listen}`,
    telemetry: `${telemetry}`,
    admin: `${admin}`,
  })
  const config = join(folder, 'certgate.yml')
  const whole = `${readFileSync(config, 'utf8')}\npki: { http: ${http}, est: ${est} }\n`
  writeFileSync(config, whole)
  const program = await activation.start({ config }, t)
  const socket = join(folder, 'admin.sock')
  const reload = async (text: string) => {
    writeFileSync(config, text)
    const { outcome, message } = await askReload(socket, false)
    assert.notEqual(outcome, 'failed', message)
  }
  for (let round = 0; round < 2; round++) {
    await reload(
      whole
        .replace(/^pki: .*$/m, '')
        .replace(`${telemetry}`, '127.0.0.1:0')
        .replace(`${admin}`, '127.0.0.1:0'),
    )
    assert.deepEqual(activation.heldBy(program.pid), activation.ports, 'nothing was given up')
    await assert.rejects(fetch(`http://${http}/ca.crt`), 'nobody answers there')
    await reload(whole)
    assert.equal((await fetch(`http://${http}/ca.crt`)).status, 200)
    assert.equal((await fetch(`http://${telemetry}/readyz`)).status, 200)
    const { addresses } = await askStatus(socket)
    assert.deepEqual([addresses.admin, addresses.est, addresses.pki, addresses.telemetry], [admin, est, http, telemetry])
  }
  assert.deepEqual(await program.stop(), { code: 0, signal: null })
  const waiting = fetch(`http://${http}/ca.crt`)
  const next = await activation.start({ config }, t)
  assert.equal((await waiting).status, 200)
  assert.deepEqual(await next.stop(), { code: 0, signal: null })
})

test('sockets passed to another process are not taken', async (t) => {
  const env = { LISTEN_PID: '1', LISTEN_FDS: '1' }
  const gateway = await startGateway(t, { env })
  await gateway.program.line(/sockets were passed to process 1, and this is \d+: they are not used/)
  assert.equal((await gateway.ask(get('/x'))).status, 200)
})

test('started by systemd-socket-activate', { skip: absent('systemd-socket-activate') }, async (t) => {
  const [port = 0] = await freePorts(1)
  const start: typeof startProgram = ({ config = '' }, lifetime) => {
    const args = ['--listen', `127.0.0.1:${port}`, ownEntry, 'serve', '--config', config]
    // It starts what it is to start when somebody connects.
    return startProgram({ entry: locate('systemd-socket-activate') ?? '', args, listeners: 0 }, lifetime)
  }
  const gateway = await startGateway(t, { start, address: `127.0.0.1:${port}` })
  await gateway.program.line(/Listening on/)
  const client = await gateway.connect(undefined, { port })
  assert.equal((await client.ask(get('/first'))).status, 200)
  assert.doesNotMatch(gateway.program.lines.join('\n'), /was passed/)
})
