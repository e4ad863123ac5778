import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import type { Status } from '../../src/control/status.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { pump } from '../support/pump.ts'

// A changed configuration is taken up by signal, by file change and by command, whole or not at all, and nobody is cut off.

const socketOf = (gateway: Gateway) => join(gateway.folder, 'admin.sock')
const statusOf = (gateway: Gateway) => askStatus(socketOf(gateway))

/** Changes the mapping as an editor does: a new file in the place of the old. */
function map(gateway: Gateway, text: string): void {
  const file = join(gateway.folder, 'roles_mapping.yml')
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

const inForce = (gateway: Gateway, number: number) =>
  eventually(`snapshot ${number}`, async () => {
    const status = await statusOf(gateway)
    return status.snapshot.number === number ? status : null
  })

function certgate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const entry = fileURLToPath(new URL('../../bin/certgate', import.meta.url))
  return new Promise((resolve) => {
    execFile(entry, args, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }))
  })
}

test('a changed mapping bites on the next request of a connection that is open, whichever way it is taken up', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const clients = await Promise.all(Array.from({ length: 4 }, () => gateway.connect()))
  const statuses = async () => {
    const answers = await Promise.all(clients.map((client) => client.ask(get('/x'))))
    return [...new Set(answers.map(({ status }) => status))]
  }
  assert.deepEqual(await statuses(), [200])

  map(gateway, 'reader:\n  users: [bob]\n')
  await inForce(gateway, 2)
  assert.deepEqual(await statuses(), [403], 'by file change')

  writeFileSync(join(gateway.folder, 'roles_mapping.yml'), 'reader:\n  users: [alice, bob]\n')
  gateway.program.signal('SIGHUP')
  await inForce(gateway, 3)
  assert.deepEqual(await statuses(), [200], 'by signal')

  map(gateway, 'reader:\n  users: [bob, carol]\n')
  const { code, stdout } = await certgate('reload', '--config', gateway.configFile)
  assert.equal(code, 0)
  assert.match(stdout, /^snapshot 4 is in force(, taken up \d+ s ago; nothing has changed since)?\n$/)
  assert.deepEqual(await statuses(), [403], 'by command')
})

test('a configuration with problems changes nothing, is told of everywhere, and may be mended', async (t) => {
  const gateway = await startGateway(t)
  const good = readFileSync(gateway.configFile, 'utf8')
  const [telemetry] = await gateway.program.line(/http:\/\/127\.0\.0\.1:\d+(?=.*telemetry)/)
  const metric = async () => /^certgate_config_last_reload_successful (\d)$/m.exec(await (await fetch(`${telemetry}/metrics`)).text())?.[1]
  assert.equal(await metric(), '1')

  const broken: [string, string, RegExp][] = [
    ['broken YAML', `${good}\nroutes: [`, /certgate\.yml/],
    ['a key that nobody knows', good.replace('identity_headers:', 'identity_header:'), /identity_header/],
    ['a key that is there twice', `${good}\nworkers: 1\n`, /workers/],
    ['a CA file that is missing', good.replace('[ca.crt]', '[no.crt]'), /no\.crt/],
    ['a CA file that is empty', good.replace('[ca.crt]', '[empty.crt]'), /empty\.crt/],
    ['a key that does not fit', good.replace('key: server.key', 'key: other.key'), /other\.key|server\.crt/],
    ['a role that nobody defines', good.replace('allow: [reader]', 'allow: [reeder]'), /unknown role 'reeder'/],
  ]
  writeFileSync(join(gateway.folder, 'empty.crt'), '')
  writeFileSync(join(gateway.folder, 'other.key'), (await gateway.issue('CN=other')).key)
  for (const [what, text, expected] of broken) {
    writeFileSync(gateway.configFile, text)
    const { code, stderr } = await certgate('reload', '--config', gateway.configFile)
    assert.equal(code, 1, what)
    assert.match(stderr, expected, what)
    assert.match(stderr, /snapshot 1 stays in force/, what)
    const { last_reload: reload } = await statusOf(gateway)
    assert.equal(reload?.outcome, 'failed', what)
    assert.ok((reload?.problems.length ?? 0) > 0, what)
    assert.equal(await metric(), '0', what)
    assert.equal((await gateway.ask(get('/x'))).status, 200, what)
  }
  const shown = await certgate('status', '--config', gateway.configFile)
  assert.equal(shown.code, 0)
  assert.match(shown.stdout, /last reload +failed/)
  assert.match(shown.stdout, /reeder/)
  await gateway.program.line(/configuration not taken up: .*snapshot 1 stays in force/)

  writeFileSync(gateway.configFile, good)
  await eventually('the mended configuration', async () => (await statusOf(gateway)).last_reload?.outcome === 'unchanged')
  assert.equal(await metric(), '1')
})

test('a role taken out of the mapping takes effect, though a route still names it', async (t) => {
  const gateway = await startGateway(t)
  map(gateway, 'other:\n  users: [alice]\n')
  await inForce(gateway, 2)
  assert.equal((await gateway.ask(get('/x'))).status, 403)
})

test('a file that is gone is noticed, and so is its return with other content', async (t) => {
  const gateway = await startGateway(t)
  const file = join(gateway.folder, 'roles_mapping.yml')
  rmSync(file)
  await eventually('the failed reload', async () => (await statusOf(gateway)).last_reload?.outcome === 'failed')
  assert.equal((await gateway.ask(get('/x'))).status, 200)
  writeFileSync(file, 'reader:\n  users: [bob]\n')
  await inForce(gateway, 2)
  assert.equal((await gateway.ask(get('/x'))).status, 403)
})

test('unchanged content is no new snapshot', async (t) => {
  const gateway = await startGateway(t)
  const report = await askReload(socketOf(gateway), false)
  assert.deepEqual([report.outcome, report.snapshot], ['unchanged', 1])
  assert.match(report.message, /^snapshot 1 is in force, taken up \d+ (s|min) ago; nothing has changed since$/)
})

test('reloads under load fail no request', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const fresh = pump(gateway, { clients: 2, reconnect: true })
  const kept = pump(gateway, { clients: 4, reconnect: false })
  t.after(() => Promise.all([fresh.stop(), kept.stop()]))
  for (let round = 2; round <= 6; round++) {
    await Promise.all([fresh.more(10), kept.more(50)])
    map(gateway, `reader:\n  users: [alice, user${round}]\n`)
    await inForce(gateway, round)
  }
  await Promise.all([fresh.more(10), kept.more(50)])
  await Promise.all([fresh.stop(), kept.stop()])
  assert.deepEqual([...fresh.failures, ...kept.failures], [])
})

test('the number of workers follows the configuration', async (t) => {
  const gateway = await startGateway(t, { workers: 1 })
  const workers = (wanted: number) =>
    eventually(`${wanted} workers`, async () => {
      const status: Status = await statusOf(gateway)
      return status.workers.length === wanted && status.workers.every(({ state }) => state === 'serving')
    })
  const text = readFileSync(gateway.configFile, 'utf8')
  for (const count of [3, 1, 2]) {
    writeFileSync(gateway.configFile, text.replace('workers: 1', `workers: ${count}`))
    await workers(count)
    assert.equal((await gateway.ask(get('/x'))).status, 200)
  }
})

test('the access log is turned on, moved to a file and opened anew after it was rotated away', async (t) => {
  const gateway = await startGateway(t, { accessLog: 'off' })
  const text = readFileSync(gateway.configFile, 'utf8')
  const to = async (target: string) => {
    writeFileSync(gateway.configFile, text.replace('access_log: off', `access_log: ${target}`))
    assert.notEqual((await askReload(socketOf(gateway), false)).outcome, 'failed')
  }
  const file = join(gateway.folder, 'access.log')
  const lines = (path: string) =>
    eventually(
      path,
      () =>
        readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .filter((line) => line !== '').length || null,
    )
  const client = await gateway.connect()
  await client.ask(get('/unseen'))
  await to('on')
  await client.ask(get('/to-stdout'))
  await gateway.record('/to-stdout')
  await to(file)
  await client.ask(get('/to-file'))
  assert.equal(await lines(file), 1)
  renameSync(file, `${file}.1`)
  assert.equal((await askReload(socketOf(gateway), false)).outcome, 'unchanged')
  await eventually('the new file', () => existsSync(file))
  await client.ask(get('/after'))
  assert.equal(await lines(file), 1)
  assert.deepEqual(
    gateway.records().map(({ path }) => path),
    ['/to-stdout'],
  )
})
