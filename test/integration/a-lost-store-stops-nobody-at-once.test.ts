// ATTACKS 36: a store that is lost while certgate runs takes no change; certificates are judged by what is known for
// store.max_stale, then whoever shows one is answered 503; and it comes back by itself.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { askReload, askStatus } from '../../src/control/administration/admin-client.ts'
import { askApi } from '../../src/control/administration/api-client.ts'
import { openStore } from '../../src/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { entryOf, storeOf } from '../support/registered.ts'
import { fingerprintOf } from '../support/registry.ts'
import { CLI } from '../support/registry-store.ts'

const socketOf = (gateway: Gateway) => join(gateway.folder, 'admin.sock')
const standing = async (gateway: Gateway) => (await askStatus(socketOf(gateway))).store

async function disable(gateway: Gateway, fingerprint: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await askApi(socketOf(gateway), {
    method: 'POST',
    path: `/api/v1/certificates/${fingerprint}/disable`,
    body: Buffer.alloc(0),
  })
  return { status: answer.status, body: JSON.parse(Buffer.concat(await Array.fromAsync(answer.body)).toString()) }
}

interface Loss {
  readonly what: string
  lose(file: string): void
  /** Brings it back as it was. */
  mend(file: string, copy: string): void
}

const putBack = (file: string, copy: string) => {
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
  writeFileSync(`${file}.new`, readFileSync(copy), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

const losses: readonly Loss[] = [
  { what: 'removed', lose: (file) => rmSync(file), mend: putBack },
  { what: 'overwritten with garbage', lose: (file) => writeFileSync(file, 'garbage '.repeat(20_000)), mend: putBack },
]

for (const { what, lose, mend } of losses) {
  test(`a store that is ${what}: the last that was known for max_stale, then 503, then back`, async (t) => {
    const gateway = await startGateway(t, { workers: 2, extra: 'store: { sqlite: data/certgate.db, max_stale: 3s }' })
    const file = join(gateway.folder, 'data', 'certgate.db')
    const store = storeOf(gateway, t)
    store.registry.add([entryOf(gateway.alice, gateway.authority), entryOf(gateway.mallory, gateway.authority)], CLI)
    // It is told after the address: a copy without it would be older than what is known.
    await eventually('the start in the audit log', () => store.audit.read({ filter: { action: 'configuration.loaded' } }).length > 0)
    await store.backup(`${file}.copy`)
    store.close()
    // Else what is overwritten comes back out of the write-ahead log.
    const checkpoint = new DatabaseSync(file)
    checkpoint.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    checkpoint.close()
    const kept = await gateway.connect()
    assert.equal((await kept.ask(get('/x'))).status, 200)

    lose(file)
    const refused = await disable(gateway, fingerprintOf(gateway.alice))
    assert.equal(refused.status, 503)
    assert.match(String(refused.body.code), /^store_(lost|corrupt)$/)
    assert.equal((await gateway.ask(get('/x'))).status, 200)
    await eventually('the loss being told', async () => (await standing(gateway))?.lost_for !== null)

    await eventually('it being too old', async () => (await standing(gateway))?.stale === true)
    await eventually('503 for who shows a certificate', async () => (await gateway.ask(get('/x'))).status === 503)
    const answer = await gateway.ask(get('/x'))
    assert.deepEqual([answer.status, answer.json().code], [503, 'registry_lost'])
    // The same head on the same connection too, which was permitted before.
    assert.equal((await kept.ask(get('/x'))).status, 503)

    mend(file, `${file}.copy`)
    await eventually('it being back', async () => (await standing(gateway))?.lost_for === null)
    assert.equal((await gateway.ask(get('/x'))).status, 200)
    assert.equal((await disable(gateway, fingerprintOf(gateway.alice))).status, 200)
    assert.equal((await gateway.ask(get('/x'))).json().code, 'certificate_disabled')
    const again = openStore(file)
    assert.equal(again.registry.get(fingerprintOf(gateway.alice))?.disabled, true)
    again.close()
    assert.ok(existsSync(file))
  })
}

test('a worker that ends while the folder of the store is gone is replaced, and refuses whom it is to', async (t) => {
  const gateway = await startGateway(t, { workers: 1, extra: 'store: { sqlite: data/certgate.db }' })
  const store = storeOf(gateway, t)
  store.registry.add([entryOf(gateway.alice, gateway.authority)], CLI)
  store.registry.disable(fingerprintOf(gateway.alice), CLI)
  store.close()
  await eventually('alice to be refused', async () => (await gateway.ask(get('/x'))).status === 403)
  rmSync(join(gateway.folder, 'data'), { recursive: true })
  await gateway.program.line(/the store is lost/)
  const [worker] = (await askStatus(socketOf(gateway))).workers
  assert.ok(worker !== undefined)
  process.kill(worker.pid, 'SIGKILL')
  await gateway.program.line(/worker \d+ serves/)
  assert.equal((await gateway.ask(get('/x'))).status, 403)
  const report = await askReload(socketOf(gateway), true)
  assert.equal(report.outcome, 'unchanged')
  const [next] = (await askStatus(socketOf(gateway))).workers.filter(({ state }) => state === 'serving')
  assert.notEqual(next?.pid, worker.pid)
})
