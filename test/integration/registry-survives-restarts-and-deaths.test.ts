import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { openStore } from '../../src/store/store.ts'
import { selfSigned } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { ownEntry, startProgram } from '../support/program.ts'
import { RawClient } from '../support/raw-client.ts'
import { entryOf, storeOf } from '../support/registered.ts'
import { fingerprintOf } from '../support/registry.ts'
import { CLI } from '../support/registry-store.ts'

// Whatever ends or hangs, nobody is let in whom the registry refuses, and what it holds is still there afterwards.

const socketOf = (gateway: Gateway) => join(gateway.folder, 'admin.sock')
const pidsOf = async (gateway: Gateway) => (await askStatus(socketOf(gateway))).workers.map(({ pid }) => pid)

const replaced = (gateway: Gateway, gone: readonly number[], count: number) =>
  eventually('new workers', async () => {
    const { workers } = await askStatus(socketOf(gateway))
    return workers.length === count && workers.every(({ pid, state }) => state === 'serving' && !gone.includes(pid))
  })

test('a worker that does not take up a revocation is killed, and its connections end with it', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const store = storeOf(gateway, t)
  store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  const clients = await Promise.all(Array.from({ length: 12 }, () => gateway.connect()))
  for (const client of clients) assert.equal((await client.ask(get('/x'))).status, 200)
  const { workers } = await askStatus(socketOf(gateway))
  const victim = workers.find(({ connections }) => (connections ?? 0) > 0 && (connections ?? 0) < clients.length) ?? workers[0]
  assert.ok(victim !== undefined)
  process.kill(victim.pid, 'SIGSTOP')
  const changedAt = performance.now()
  store.registry.revoke(fingerprintOf(gateway.alice), 'keyCompromise', CLI)
  await Promise.all(clients.map((client) => client.end(8_000)))
  const took = performance.now() - changedAt
  assert.ok(took < 3_000, `cut off after ${Math.round(took)} ms`)
  await gateway.program.line(new RegExp(`killing worker ${victim.pid}: no answer within 1000 ms \\(registry\\)`))
  await replaced(gateway, [victim.pid], 2)
  for (let round = 0; round < 4; round++) assert.equal((await gateway.ask(get('/x'))).json().code, 'certificate_revoked')
})

test('the successor of a killed worker has the registry before it serves anybody', async (t) => {
  const gateway = await startGateway(t, { workers: 1 })
  const store = storeOf(gateway, t)
  store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  const registered = await selfSigned({ subject: 'CN=alice' })
  store.registry.add([entryOf(registered, null)], CLI)
  store.registry.disable(fingerprintOf(gateway.alice), CLI)
  await eventually('it to be disabled', async () => (await gateway.ask(get('/x'))).status === 403)
  for (let round = 0; round < 3; round++) {
    const [pid] = await pidsOf(gateway)
    assert.ok(pid !== undefined)
    process.kill(pid, 'SIGKILL')
    // These wait in the listening socket for whoever comes next.
    const answers = await Promise.all(Array.from({ length: 4 }, () => gateway.ask(get('/x'))))
    for (const answer of answers) assert.deepEqual([answer.status, answer.json().code], [403, 'certificate_disabled'])
    assert.equal((await gateway.ask(get('/x'), registered)).status, 200)
    await replaced(gateway, [pid], 1)
  }
})

test('a restart keeps all of it, also with a base that is damaged, missing or old', async (t) => {
  const gateway = await startGateway(t)
  const store = storeOf(gateway, t)
  const registered = await selfSigned({ subject: 'CN=alice' })
  store.registry.add([entryOf(registered, null)], CLI)
  const base = join(gateway.folder, 'data', 'certgate.db.base')
  const old = readFileSync(base)
  await eventually('it to be trusted', async () => (await gateway.ask(get('/x'), registered)).status === 200)
  await gateway.program.stop()
  store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  store.registry.revoke(fingerprintOf(gateway.alice), 'superseded', CLI)
  for (const spoil of [() => writeFileSync(base, old), () => writeFileSync(base, 'damaged'), () => rmSync(base)]) {
    spoil()
    const program = await startProgram({ config: gateway.configFile }, t as never)
    const ask = async (client: typeof registered) => {
      const raw = await RawClient.connect({ port: program.port, ca: gateway.authority.certificate, client }, t)
      const { status } = await raw.ask(get('/x'))
      raw.close()
      return status
    }
    assert.deepEqual([await ask(registered), await ask(gateway.alice)], [200, 403])
    assert.equal((await program.stop()).code, 0)
  }
})

test('a store that is damaged ends the start with a reason', async (t) => {
  const gateway = await startGateway(t)
  await gateway.program.stop()
  writeFileSync(
    join(gateway.folder, 'data', 'certgate.db'),
    'this is no database, and long enough to be told from an empty file '.repeat(20),
  )
  await assert.rejects(startProgram({ config: gateway.configFile }, t as never), /certgate: store .*certgate\.db is not a database/)
})

test('a restored store is started from, and a copy from before the restore is not, until its base is removed', async (t) => {
  const gateway = await startGateway(t)
  const { folder, configFile } = gateway
  const [store, copy, base] = ['certgate.db', 'copy.db', 'certgate.db.base'].map((name) => join(folder, 'data', name)) as [
    string,
    string,
    string,
  ]
  const certgate = (...args: string[]) => execFileSync(ownEntry, args, { cwd: folder, encoding: 'utf8' })
  certgate('backup', 'kept', '--config', configFile)
  await gateway.program.stop()
  copyFileSync(store, copy)
  certgate('restore', '--force', 'kept')
  const start = () => startProgram({ config: configFile }, t as never)
  assert.equal((await (await start()).stop()).code, 0)
  copyFileSync(copy, store)
  await assert.rejects(
    start(),
    /certgate: store .*certgate\.db is not the one that was in use: .*certgate\.db\.base is of one that was restored after it/,
  )
  rmSync(base)
  assert.equal((await (await start()).stop()).code, 0)
})

test('another store needs a restart: the reload is refused, and all stays', async (t) => {
  const gateway = await startGateway(t)
  writeFileSync(gateway.configFile, `${readFileSync(gateway.configFile, 'utf8')}\nstore: { sqlite: other.db }\n`)
  const report = await askReload(socketOf(gateway), false)
  assert.deepEqual(
    [report.outcome, report.problems.map(({ message, path }) => `${path}: ${message}`)],
    [
      'failed',
      [
        'store.sqlite: there is no registry yet, but there is one in data/certgate.db: a new one would know of none of its revocations',
        'store: the store cannot change while certgate runs',
      ],
    ],
  )
  openStore(join(gateway.folder, 'other.db')).close()
  const again = await askReload(socketOf(gateway), false)
  assert.deepEqual(
    [again.outcome, again.problems.map(({ message, path }) => `${path}: ${message}`)],
    [
      'failed',
      [
        'store.sqlite: the registry data/certgate.db is there too, and nothing that it says counts',
        'store: the store cannot change while certgate runs',
      ],
    ],
  )
  assert.equal((await gateway.ask(get('/x'))).status, 200)
})

test('when somebody was last seen is written back when their worker ends, at the latest', async (t) => {
  const gateway = await startGateway(t)
  const store = storeOf(gateway, t)
  const before = Date.now()
  const [entry] = store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  assert.ok(entry !== undefined && entry.lastSeen === null)
  await eventually('it to be seen', async () => {
    await gateway.ask(get('/x'))
    await askReload(socketOf(gateway), true)
    return (store.registry.get(entry.fingerprint)?.lastSeen ?? 0) >= before
  })
})

test('a renewal is recognised, has the rights of what it renews, and is recorded once', async (t) => {
  const gateway = await startGateway(t, {
    workers: 2,
    routes: '\n  - { path: "/databases/{db}/**", allow: [{ database: "{db}" }], upstream: recorder }',
  })
  const store = storeOf(gateway, t)
  const permissions = new Map([['movies', 'Read']] as const)
  const [old] = store.registry.add([entryOf(gateway.alice, gateway.authority, { name: 'Alice', permissions })], CLI)
  const renewed = await gateway.issue('CN=alice', { key: gateway.alice.key })
  await eventually('its rights', async () => (await gateway.ask(get('/databases/movies/x'), renewed)).status === 200)
  const entry = await eventually('it to be recorded', () => store.registry.get(fingerprintOf(renewed)))
  assert.deepEqual(
    [entry.name, entry.origin, entry.predecessor, [...entry.permissions], entry.createdBy],
    ['Alice', 'renewed', old?.fingerprint, [['movies', 'Read']], 'certgate'],
  )
  for (let round = 0; round < 6; round++) assert.equal((await gateway.ask(get('/databases/movies/x'), renewed)).status, 200)
  const actions = store.audit.read({ filter: { action: 'certificate.renew' } })
  assert.deepEqual(
    actions.map(({ actor, target }) => [actor.name, target]),
    [['certgate', entry.fingerprint]],
  )
  // Another key is no renewal.
  assert.equal((await gateway.ask(get('/databases/movies/x'), await gateway.issue('CN=alice'))).status, 403)
})

test('a store that is named and cannot be made ends the start', async (t) => {
  const gateway = await startGateway(t, { extra: 'store: { sqlite: elsewhere/certgate.db }' })
  await gateway.program.stop()
  const folder = join(gateway.folder, 'elsewhere')
  rmSync(folder, { recursive: true })
  writeFileSync(folder, '')
  await assert.rejects(startProgram({ config: gateway.configFile }, t as never), /certgate: store .*elsewhere\/certgate\.db cannot be used/)
})
