import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'

// A FIFO that nobody writes to, or a device that never ends, in the place of any file: one clear message, and nothing waits for it.

const fifo = (path: string) => execFileSync('mkfifo', [path])

const CONFIG = `listeners:
  main:
    address: 127.0.0.1:0
    tls:
      certificate: { cert: server.crt, key: fifo }
      client_ca: [fifo, /dev/zero]
      crl: { validate: true, files: [fifo] }
  other:
    address: 127.0.0.1:0
    tls: { certificate: { pfx: fifo, password: "\${file:fifo}" }, client_ca: [ca.crt] }
roles_mapping: fifo
internal_users: /dev/zero
upstreams: { app: { targets: ["https://127.0.0.1:1"], tls: { ca: fifo } } }
routes: [{ name: all, path: /**, allow: [reader], upstream: app }]
`

function check(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: 30_000, killSignal: 'SIGKILL' } as const
    execFile(join(CHECKOUT, 'bin/certgate'), ['check', '--config', 'certgate.yml'], options, (error, stdout, stderr) => {
      if (error !== null && error.killed === true) reject(new Error('it waited for a file that has no end'))
      else resolve(stdout + stderr)
    })
  })
}

test('check tells of every such file at the key that names it', { timeout: 60_000 }, async (t) => {
  const { path, write } = temporaryFolder(t)
  const authority = await createAuthority('CN=test root')
  write('ca.crt', authority.certificate)
  write('server.crt', (await authority.server()).chain)
  write('certgate.yml', CONFIG)
  fifo(join(path, 'fifo'))
  const text = await check(path)
  const told = text.match(/cannot read \S+: it is a (FIFO|device), and only a regular file is read/g) ?? []
  assert.deepEqual(
    told.map((line) => line.replace(/^.*\/(\w+): it is a (\w+),.*$/, '$1 $2')).sort(),
    [...Array<string>(7).fill('fifo FIFO'), 'zero device', 'zero device'],
    text,
  )
})

test('a running gateway goes on, answers, and takes the mended file up', { timeout: 120_000 }, async (t) => {
  const gateway = await startGateway(t)
  const socket = join(gateway.folder, 'admin.sock')
  for (const name of ['ca.crt', 'server.key', 'roles_mapping.yml', 'certgate.yml']) {
    const file = join(gateway.folder, name)
    renameSync(file, `${file}.good`)
    fifo(file)
    const report = await askReload(socket, false)
    assert.equal(report.outcome, 'failed', name)
    assert.match(report.problems.map(({ message }) => message).join(), /it is a FIFO, and only a regular file is read/, name)
    assert.equal((await askStatus(socket)).state, 'serving', name)
    assert.equal((await gateway.ask(get('/x'))).status, 200, name)
    rmSync(file)
    renameSync(`${file}.good`, file)
    await eventually(`${name} mended`, async () => (await askStatus(socket)).last_reload?.outcome === 'unchanged')
  }
})
