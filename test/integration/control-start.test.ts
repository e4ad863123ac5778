import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { createAuthority, encryptKey, temporaryFolder } from '../support/authority.ts'
import { get, startGateway } from '../support/gateway.ts'
import { startProgram } from '../support/program.ts'
import { RawClient } from '../support/raw-client.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

// What cannot serve does not start: one clear message, exit code 1, and nothing was opened or announced.

const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))

function certgate(args: readonly string[], cwd?: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(entry, args, { cwd, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stdout, stderr }),
    )
  })
}

/** A folder with everything that a gateway needs; `change` makes of its configuration what is to be tried. */
async function folderWith(t: { after(callback: () => void): void }) {
  const { path, write } = temporaryFolder(t)
  const authority = await createAuthority('CN=test root')
  const server = await authority.server()
  write('ca.crt', authority.certificate)
  write('server.crt', server.chain)
  write('server.key', server.key)
  const config = `listeners:
  main:
    address: 127.0.0.1:0
    tls: { certificate: { cert: server.crt, key: server.key }, client_ca: [ca.crt] }
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes: [{ name: all, path: /**, allow: [authenticated], upstream: app }]
workers: 1
admin: { socket: admin.sock }
`
  const serve = (change: (text: string) => string = (text) => text) =>
    certgate(['serve', '--config', write('certgate.yml', change(config))])
  return { path, write, authority, server, config, serve }
}

async function occupied(t: { after(callback: () => void): void }): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

test('a port in use is found before anything is announced, also where it is the last of several', async (t) => {
  const port = await occupied(t)
  const { serve } = await folderWith(t)
  const extra = `  extra: { address: "127.0.0.1:${port}", tls: off }\nupstreams:`
  const { code, stdout, stderr } = await serve((text) => text.replace('upstreams:', extra))
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, new RegExp(`certgate: cannot listen on 127\\.0\\.0\\.1:${port}: another program already listens there\n`))
  assert.match(stderr, /hint: stop that program/)
})

test('the port of telemetry in use stops it too', async (t) => {
  const port = await occupied(t)
  const { serve } = await folderWith(t)
  const { code, stdout, stderr } = await serve((text) => `${text}telemetry: { address: "127.0.0.1:${port}" }\n`)
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, new RegExp(`certgate: .*127\\.0\\.0\\.1:${port}`))
})

test('material that cannot be used stops it, every problem at once, with its place', async (t) => {
  const { path, write, serve, server } = await folderWith(t)
  const other = await createAuthority('CN=other')
  write('other.key', other.key)
  write('empty.crt', '')
  write('locked.key', encryptKey(server, 'right'))
  write('garbage.crt', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  const cases: [string, (text: string) => string, RegExp][] = [
    ['key of another certificate', (text) => text.replace('server.key', 'other.key'), /other\.key/],
    ['missing certificate', (text) => text.replace('server.crt', 'no.crt'), /no\.crt/],
    ['empty CA file', (text) => text.replace('[ca.crt]', '[empty.crt]'), /empty\.crt/],
    ['garbage CA file', (text) => text.replace('[ca.crt]', '[garbage.crt]'), /garbage\.crt/],
    ['wrong passphrase', (text) => text.replace('key: server.key', 'key: locked.key, passphrase: wrong'), /locked\.key/],
    ['missing secret', (text) => text.replace('key: server.key', `key: server.key, passphrase: "\${file:no.pass}"`), /no\.pass/],
    ['missing mapping', (text) => `${text}roles_mapping: no.yml\n`, /no\.yml/],
    ['broken YAML', (text) => `${text}listeners: [`, /certgate\.yml:\d+/],
    [
      'two at once',
      (text) => `${text.replace('[ca.crt]', '[empty.crt]')}roles_mapping: no.yml\n`,
      /empty\.crt[\s\S]*no\.yml|no\.yml[\s\S]*empty\.crt/,
    ],
  ]
  for (const [what, change, expected] of cases) {
    const { code, stdout, stderr } = await serve(change)
    assert.deepEqual([code, stdout], [1, ''], `${what}: ${stderr}`)
    assert.match(stderr, expected, what)
    assert.match(stderr, /certgate\.yml:\d+:\d+/, what)
    assert.doesNotMatch(stderr, /\n {4}at /, `${what}: no stack trace`)
  }
  assert.ok(!existsSync(join(path, 'admin.sock')))
})

test('a second gateway on the same admin socket does not start, and the first goes on', async (t) => {
  const gateway = await startGateway(t)
  const second = join(gateway.folder, 'second.yml')
  writeFileSync(second, readFileSync(gateway.configFile, 'utf8'))
  const { code, stdout, stderr } = await certgate(['serve', '--config', second])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(
    stderr,
    new RegExp(`^certgate: this gateway already runs, pid ${gateway.program.pid}: it answers on .*admin\\.sock\nhint: 'certgate status' `),
  )
  assert.equal((await askStatus(join(gateway.folder, 'admin.sock'))).pid, gateway.program.pid)
  assert.equal((await gateway.ask(get('/x'))).status, 200)
})

test("nor does one with a socket of its own on the same store; one that was killed is in nobody's way", async (t) => {
  const gateway = await startGateway(t)
  const second = join(gateway.folder, 'second.yml')
  writeFileSync(second, readFileSync(gateway.configFile, 'utf8').replace('admin.sock', 'second.sock'))
  const { code, stdout, stderr } = await certgate(['serve', '--config', second])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(
    stderr,
    /certgate: another gateway already serves from the store .*certgate\.db\nhint: stop it, or give this one a store of its own/,
  )
  assert.equal((await gateway.ask(get('/x'))).status, 200)
  await gateway.program.kill()
  const after = await startProgram({ config: second }, t)
  assert.equal((await askStatus(join(gateway.folder, 'second.sock'))).pid, after.pid)
})

test('the admin socket is private, is gone after the end, and a stale one is replaced', async (t) => {
  const gateway = await startGateway(t)
  const socket = join(gateway.folder, 'admin.sock')
  assert.equal(statSync(socket).mode & 0o777, 0o600)
  await gateway.program.stop()
  assert.throws(() => statSync(socket), { code: 'ENOENT' })
  const killed = await startProgram({ config: gateway.configFile }, t)
  await killed.kill()
  assert.ok(statSync(socket).isSocket())
  const again = await startProgram({ config: gateway.configFile }, t)
  assert.equal((await askStatus(socket)).pid, again.pid)
})

test('status and reload say so when nothing runs', async (t) => {
  const { write, config } = await folderWith(t)
  const file = write('certgate.yml', config)
  for (const command of ['status', 'reload']) {
    const { code, stdout, stderr } = await certgate([command, '--config', file])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /certgate: certgate is not running: nobody answers on .*admin\.sock\n/)
  }
  const without = write('without.yml', config.replace(/^admin:.*$/m, ''))
  const { code, stderr } = await certgate(['status', '--config', without])
  assert.equal(code, 1)
  assert.match(stderr, /certgate is not running: nobody answers on .*\/data\/admin\.sock\n/)
})

test('the quick form serves without a file, and takes up a changed certificate', async (t) => {
  const { path, write, authority } = await folderWith(t)
  const upstream = await RecordingUpstream.start(t)
  const flags = [
    '--listen',
    '127.0.0.1:0',
    '--upstream',
    upstream.url,
    '--cert',
    'server.crt',
    '--key',
    'server.key',
    '--client-ca',
    'ca.crt',
  ]
  const program = await startProgram({ args: ['serve', ...flags, '--allow-cn', 'prometheus'], cwd: path }, t)
  const ask = async (subject: string) => {
    const client = await authority.issue({ subject })
    const raw = await RawClient.connect({ port: program.port, ca: authority.certificate, client }, t)
    return raw.ask(get('/metrics'))
  }
  assert.equal((await ask('CN=prometheus')).status, 200)
  assert.equal((await ask('CN=stranger')).status, 403)
  rmSync(join(path, 'server.key'))
  const renewed = await authority.server()
  write('server.crt', renewed.chain)
  write('server.key', renewed.key)
  await program.line(/snapshot 2 is in force/)
  const { code, stderr } = await certgate(['serve', ...flags], path)
  assert.equal(code, 2)
  assert.match(stderr, /nobody is allowed/)
})
