import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { temporaryFolder } from '../support/authority.ts'
import { type Program, startProgram } from '../support/program.ts'

// The promise: from nothing to a certificate-locked service in one command, which prints a curl line that works as printed, and
// one that is refused and says why. The second time it serves what is there.

const anyPort = ['--listen', '127.0.0.1:0', '--telemetry', '127.0.0.1:0']

function start(t: TestContext, cwd: string, args: readonly string[]): Promise<Program> {
  return startProgram({ args: ['start', ...args], cwd, env: { https_proxy: undefined, HTTPS_PROXY: undefined } }, t)
}

/** Both printed command lines, in order, once they are printed. */
async function curlLines(program: Program): Promise<string[]> {
  await program.line(/Ctrl-C stops/)
  return program.stdout.filter((line) => /^ +curl /.test(line)).map((line) => line.trim())
}

async function get(port: number, folder: string, client: boolean): Promise<{ status: number; body: string }> {
  const read = (name: string) => readFileSync(join(folder, name))
  const identity = client ? { cert: read('clients/admin.crt'), key: read('clients/admin.key') } : {}
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  const options = { host: '127.0.0.1', servername: 'localhost', port, path: '/a/b?c=d', ca: read('ca/ca.crt'), ...identity, agent: false }
  request({ ...options, headers: { host: `localhost:${port}`, 'x-forwarded-user': 'forged' } }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
  })
    .on('error', reject)
    .end()
  return promise
}

test('an empty folder becomes a locked service; both printed lines do what they say; the second start keeps everything', async (t) => {
  const { path } = temporaryFolder(t)
  const data = join(path, 'data')
  const first = await start(t, path, anyPort)
  const through = await get(first.port, data, true)
  assert.equal(through.status, 200)
  assert.match(through.body, /GET \/a\/b\?c=d/)
  assert.match(through.body, /x-forwarded-user: admin\n/)
  assert.ok(!through.body.includes('forged'))
  const refused = await get(first.port, data, false)
  assert.equal(refused.status, 401)
  assert.match(refused.body, /needs a client certificate/)

  const [works, fails] = await curlLines(first)
  assert.match(
    works ?? '',
    / --cacert data\/ca\/ca\.crt --cert data\/clients\/admin\.crt --key data\/clients\/admin\.key https:\/\/localhost:\d+\/$/,
  )
  assert.ok(!/(?:-k|--insecure)\b/.test(`${works} ${fails}`))
  const { addresses } = await askStatus(join(data, 'admin.sock'))
  const console = `console  https://localhost:${addresses.admin?.split(':').at(-1)}/console/`
  assert.ok(first.stdout.includes(console), first.stdout.join('\n'))
  if (spawnSync('curl', ['--version']).status !== 0) t.diagnostic('curl is not installed: the printed lines were not run')
  else {
    const run = (line: string | undefined) => spawnSync('sh', ['-c', `${line} -sS`], { cwd: path, encoding: 'utf8' })
    assert.match(run(works).stdout, /^certgate let this request through:/)
    assert.match(run(fails).stdout, /"code":"certificate_required"/)
  }

  const twice = await startProgram({ args: ['start'], cwd: path, listeners: 0 }, t)
  assert.deepEqual(await twice.ended, { code: 1, signal: null })
  assert.match(twice.stderr[0] ?? '', new RegExp(`^certgate: this gateway already runs, pid ${first.pid}: `))

  const before = readFileSync(join(data, 'server.key'), 'utf8')
  assert.deepEqual(await first.stop(), { code: 0, signal: null })
  const second = await start(t, path, [])
  assert.equal(readFileSync(join(data, 'server.key'), 'utf8'), before)
  assert.equal((await get(second.port, data, true)).status, 200)
  assert.ok(!second.stdout.some((line) => line.startsWith('made in')))
  assert.equal(statSync(join(data, 'server.key')).mode & 0o777, 0o600)
})

test('of a configuration that leads elsewhere by now nothing is promised', async (t) => {
  const { path, write } = temporaryFolder(t)
  await (await start(t, path, anyPort)).stop()
  const text = readFileSync(join(path, 'data/certgate.yml'), 'utf8')
  write('data/certgate.yml', text.replace(/^ {2}demo:$/m, '  app:').replace('upstream: demo', 'upstream: app'))
  const program = await start(t, path, [])
  await curlLines(program)
  assert.ok(program.stdout.some((line) => line === 'with a certificate, let through where roles and routes in data/certgate.yml say so:'))
  assert.ok(!program.stdout.some((line) => line.includes('shows what it sees')))
})

test('where a port is taken, nothing is set up, and the message says what to do', async (t) => {
  const { path } = temporaryFolder(t)
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  t.after(() => blocker.close())
  const { port } = blocker.address() as AddressInfo
  for (const args of [
    ['--listen', `127.0.0.1:${port}`, '--telemetry', '127.0.0.1:0'],
    ['--listen', '127.0.0.1:0', '--telemetry', `127.0.0.1:${port}`],
  ]) {
    const program = await startProgram({ args: ['start', ...args, '--admin', '127.0.0.1:0'], cwd: path, listeners: 0 }, t)
    assert.deepEqual(await program.ended, { code: 1, signal: null })
    assert.equal(program.stderr[0], `certgate: cannot listen on 127.0.0.1:${port}: another program already listens there`)
    assert.match(program.stderr[1] ?? '', /^hint: stop it, or choose another port: \S+ start --(?:listen|telemetry) 127\.0\.0\.1:\d+$/)
    assert.ok(!existsSync(join(path, 'data')))
  }
})

test('all ports that are taken are told at once', async (t) => {
  const { path } = temporaryFolder(t)
  const blockers = [createServer(), createServer()]
  for (const blocker of blockers) {
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    t.after(() => blocker.close())
  }
  const [one, two] = blockers.map((blocker) => `127.0.0.1:${(blocker.address() as AddressInfo).port}`)
  const program = await startProgram(
    { args: ['start', '--listen', `${one}`, '--telemetry', `${two}`, '--admin', '127.0.0.1:0'], cwd: path, listeners: 0 },
    t,
  )
  assert.deepEqual(await program.ended, { code: 1, signal: null })
  assert.match(program.stderr[0] ?? '', new RegExp(`^certgate: cannot listen on ${one}: .*; cannot listen on ${two}: `))
  assert.match(program.stderr[1] ?? '', /^hint: stop it, or choose other ports: \S+ start --listen \S+ --telemetry \S+$/)
})

test('a folder with other things in it is left alone', async (t) => {
  const { path, write } = temporaryFolder(t)
  mkdirSync(join(path, 'data'))
  write('data/server.key', 'precious')
  const program = await startProgram({ args: ['start', ...anyPort], cwd: path, listeners: 0 }, t)
  assert.deepEqual(await program.ended, { code: 1, signal: null })
  assert.equal(program.stderr[0], 'certgate: data/server.key already exists')
  assert.equal(readFileSync(join(path, 'data/server.key'), 'utf8'), 'precious')
})

test('flags for a new configuration do not silently miss an old one', async (t) => {
  const { path } = temporaryFolder(t)
  const first = await start(t, path, anyPort)
  await first.stop()
  const program = await startProgram({ args: ['start', '--listen', '127.0.0.1:0'], cwd: path, listeners: 0 }, t)
  assert.deepEqual(await program.ended, { code: 1, signal: null })
  assert.equal(program.stderr[0], 'certgate: --listen is for a new configuration, and data/certgate.yml exists')
})
