import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { SAME_SIGNAL } from '../../src/control/stop-signals.ts'
import { temporaryFolder } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { startProgram } from '../support/program.ts'
import { pump } from '../support/pump.ts'

// SIGTERM: no new connections, what runs may finish within limits.drain, then exit code 0. A second signal ends at once.

/** Upstream answers wait until they are released. */
function holdAnswers(gateway: Gateway): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  gateway.upstream.answer = (_request, socket) => void promise.then(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'))
  return resolve
}

async function telemetryOf(gateway: Gateway): Promise<string> {
  const [url] = await gateway.program.line(/http:\/\/127\.0\.0\.1:\d+(?=.*telemetry)/)
  return url
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets a running request finish, closes idle connections, refuses new ones, and exits with 0`, async (t) => {
    const gateway = await startGateway(t, { workers: 2 })
    const telemetry = await telemetryOf(gateway)
    assert.equal((await fetch(`${telemetry}/readyz`)).status, 200)
    const idle = await gateway.connect()
    assert.equal((await idle.ask(get('/x'))).status, 200)
    const release = holdAnswers(gateway)
    const busy = await gateway.connect()
    const answer = busy.ask(get('/slow'))
    await gateway.upstream.until(2)

    gateway.program.signal(signal)
    await eventually('readyz to say so', async () => (await fetch(`${telemetry}/readyz`)).status === 503)
    assert.equal((await fetch(`${telemetry}/healthz`)).status, 200)
    assert.equal((await askStatus(join(gateway.folder, 'admin.sock'))).state, 'draining')
    await assert.rejects(gateway.connect(), { code: 'ECONNREFUSED' })
    await idle.end()
    release()
    const { status, body } = await answer
    assert.deepEqual([status, body], [200, 'late'])
    await busy.end()
    assert.deepEqual(await gateway.program.ended, { code: 0, signal: null })
    assert.equal(gateway.records().filter(({ path }) => path === '/slow').length, 1, 'its access-log line was written')
  })
}

test('what runs longer than limits.drain is cut off, and the exit code is still 0', async (t) => {
  const gateway = await startGateway(t, { limits: '{ drain: 1s }' })
  holdAnswers(gateway)
  const client = await gateway.connect()
  client.send(get('/forever'))
  await gateway.upstream.until(1)
  gateway.program.signal('SIGTERM')
  await client.end(5_000)
  assert.deepEqual(await gateway.program.ended, { code: 0, signal: null })
})

test('a second signal ends at once', async (t) => {
  const gateway = await startGateway(t)
  holdAnswers(gateway)
  const client = await gateway.connect()
  client.send(get('/forever'))
  await gateway.upstream.until(1)
  gateway.program.signal('SIGTERM')
  await gateway.program.line(/draining/)
  // The bound itself: sooner it would count as the first.
  await delay(SAME_SIGNAL)
  gateway.program.signal('SIGTERM')
  await client.end(5_000)
  assert.deepEqual(await gateway.program.ended, { code: 1, signal: null })
  assert.ok(!gateway.program.lines.some((line) => /^\s+at |"stack"/.test(line)), gateway.program.lines.join('\n'))
})

test('signals within half a second count as one, as of npm that passes on what the terminal sent already', async (t) => {
  const gateway = await startGateway(t)
  const release = holdAnswers(gateway)
  const client = await gateway.connect()
  const answer = client.ask(get('/slow'))
  await gateway.upstream.until(1)
  gateway.program.signal('SIGINT')
  gateway.program.signal('SIGTERM')
  await gateway.program.line(/draining/)
  gateway.program.signal('SIGINT')
  release()
  assert.equal((await answer).body, 'late')
  assert.deepEqual(await gateway.program.ended, { code: 0, signal: null })
})

test('a signal to the whole process group, as terminals and supervisors send it, is no different', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const release = holdAnswers(gateway)
  const client = await gateway.connect()
  const answer = client.ask(get('/slow'))
  await gateway.upstream.until(1)
  process.kill(-gateway.program.pid, 'SIGINT')
  await gateway.program.line(/draining/)
  release()
  assert.equal((await answer).body, 'late')
  assert.deepEqual(await gateway.program.ended, { code: 0, signal: null })
})

test('under load, every request that was sent before the end is answered', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const load = pump(gateway, { clients: 4, reconnect: false })
  await load.more(100)
  gateway.program.signal('SIGTERM')
  const ended = gateway.program.ended
  await gateway.program.line(/draining/)
  void load.stop()
  assert.deepEqual(await ended, { code: 0, signal: null })
  assert.deepEqual(
    load.failures.filter((failure) => !/ECONNREFUSED/.test(failure)),
    [],
  )
})

const pty = `
import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0: os.execvp('npm', ['npm', *sys.argv[1:]])
said, pressed, end = b'', False, time.monotonic() + 60
while select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
  try: more = os.read(terminal, 65536)
  except OSError: break
  if not more: break
  said += more
  if not pressed and b'Ctrl-C stops' in said:
    pressed = True
    os.write(terminal, b'\\x03')
sys.stdout.buffer.write(said)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

test('Ctrl-C on `npm start` in a terminal lets what runs finish, and exits with 0', async (t) => {
  if (spawnSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode']).status !== 0) {
    t.skip('python3, which makes the terminal, is not here')
    return
  }
  const { path } = temporaryFolder(t)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const args = ['-c', pty, 'start', '--', '--dir', path, '--listen', '127.0.0.1:0', '--telemetry', '127.0.0.1:0', '--admin', '127.0.0.1:0']
  const env = { npm_config_update_notifier: 'false' }
  const program = await startProgram({ entry: 'python3', args, cwd: root, env, listeners: 0, timeout: 60_000 }, t)
  const { code } = await program.ended
  const said = program.stdout.join('\n')
  assert.equal(code, 0, said)
  assert.match(said, /draining/)
  assert.ok(!/stopping at once|killing worker|^\s+at /m.test(said), said)
})

test('SIGTERM to npm reaches what `npm start` started, which drains and leaves nothing behind', async (t) => {
  const { path } = temporaryFolder(t)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const args = ['start', '--', '--dir', path, '--listen', '127.0.0.1:0', '--telemetry', '127.0.0.1:0']
  const program = await startProgram({ entry: 'npm', args, cwd: root, env: { npm_config_update_notifier: 'false' } }, t)
  const { pid } = await askStatus(join(path, 'admin.sock'))
  program.signal('SIGTERM')
  await program.line(/draining/)
  await program.ended
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})
