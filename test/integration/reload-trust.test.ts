import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { askStatus } from '../../src/control/administration/admin-client.ts'
import { createAuthority } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'

// Whoever is not trusted any more is cut off on every worker within a second of the change.

function replace(gateway: Gateway, name: string, content: string): void {
  const file = join(gateway.folder, name)
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

const inForce = (gateway: Gateway, number: number) =>
  eventually(`snapshot ${number}`, async () => (await askStatus(join(gateway.folder, 'admin.sock'))).snapshot.number === number)

test('a certificate revoked by a CRL file is cut off on every worker within a second, and others are not', async (t) => {
  const gateway = await startGateway(t, { workers: 2, rolesMapping: 'reader:\n  users: [alice, bob]\n' })
  const revoke = (...serials: string[]) => replace(gateway, 'ca.crl', gateway.authority.crl({ revoked: serials }))
  revoke()
  const config = readFileSync(gateway.configFile, 'utf8')
  replace(
    gateway,
    'certgate.yml',
    config.replace('client_ca: [ca.crt]', 'client_ca: [ca.crt]\n      crl: { validate: true, files: [ca.crl] }'),
  )
  await inForce(gateway, 2)
  const bob = await gateway.issue('CN=bob')
  const alices = await Promise.all(Array.from({ length: 6 }, () => gateway.connect()))
  const bobs = await Promise.all(Array.from({ length: 2 }, () => gateway.connect(bob)))
  for (const client of [...alices, ...bobs]) assert.equal((await client.ask(get('/x'))).status, 200)

  const changedAt = performance.now()
  revoke(gateway.alice.serial)
  await Promise.all(alices.map((client) => client.end(5_000)))
  const took = performance.now() - changedAt
  assert.ok(took < 2_000, `cut off after ${Math.round(took)} ms`)
  for (const client of bobs) assert.equal((await client.ask(get('/x'))).status, 200)
  const refused = await gateway.ask(get('/x'))
  assert.deepEqual([refused.status, refused.json().code], [403, 'certificate_revoked'])
})

test('a revocation list that runs out closes the connections that it spoke for', async (t) => {
  const gateway = await startGateway(t)
  const nextUpdate = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 8_000)
  replace(gateway, 'ca.crl', gateway.authority.crl({ nextUpdate }))
  const config = readFileSync(gateway.configFile, 'utf8')
  const crl = 'crl: { validate: true, files: [ca.crl] }'
  replace(gateway, 'certgate.yml', config.replace('client_ca: [ca.crt]', `client_ca: [ca.crt]\n      ${crl}`))
  await inForce(gateway, 2)
  const client = await gateway.connect()
  assert.equal((await client.ask(get('/x'))).status, 200)
  await client.end(15_000)
  const late = Date.now() - nextUpdate.getTime()
  assert.ok(late >= 0 && late < 2_000, `closed ${late} ms after the list had run out`)
  assert.equal((await gateway.ask(get('/x'))).json().code, 'certificate_status_unknown')
})

test('a CA taken out cuts off its clients, and a session of theirs is not resumed', async (t) => {
  const other = await createAuthority('CN=other root')
  const gateway = await startGateway(t, { workers: 2 })
  replace(gateway, 'ca.crt', gateway.authority.certificate + other.certificate)
  await inForce(gateway, 2)
  const stranger = await other.issue({ subject: 'CN=alice' })
  const before = await gateway.connect(stranger)
  const session = new Promise<Buffer>((resolve) => before.socket.once('session', resolve))
  assert.equal((await before.ask(get('/x'))).status, 200)
  const ticket = await session
  replace(gateway, 'ca.crt', gateway.authority.certificate)
  await before.end(5_000)
  const resumed = await gateway.connect(stranger, { tls: { session: ticket } })
  const answer = await resumed.ask(get('/x'))
  assert.deepEqual([answer.status, answer.json().code], [403, 'certificate_unknown_issuer'])
})

test('a renewed server certificate is shown to new connections, and open ones go on', async (t) => {
  const gateway = await startGateway(t)
  const open = await gateway.connect()
  const renewed = await gateway.authority.server(['localhost', '127.0.0.1'], { subject: 'CN=renewed' })
  replace(gateway, 'server.key', renewed.key)
  replace(gateway, 'server.crt', renewed.chain)
  await inForce(gateway, 2)
  const fresh = await gateway.connect()
  assert.equal((fresh.socket as TLSSocket).getPeerX509Certificate()?.subject, 'CN=renewed')
  assert.equal((await open.ask(get('/x'))).status, 200)
})

test('a worker that hangs does not keep a revoked CA alive on the others', async (t) => {
  const gateway = await startGateway(t, { workers: 2 })
  const socket = join(gateway.folder, 'admin.sock')
  const clients = await Promise.all(Array.from({ length: 12 }, () => gateway.connect()))
  const { workers } = await askStatus(socket)
  const victim = workers.find(({ connections }) => connections !== null && connections < clients.length) ?? workers[0]
  assert.ok(victim !== undefined)
  process.kill(victim.pid, 'SIGSTOP')

  const changedAt = performance.now()
  replace(gateway, 'ca.crt', (await createAuthority('CN=other root')).certificate)
  // Those of the worker that hangs are cut off when it is killed, the others when the rest has taken up the change.
  await Promise.all(clients.map((client) => client.end(8_000)))
  const took = performance.now() - changedAt
  assert.ok(took < 4_000, `cut off after ${Math.round(took)} ms`)
  await gateway.program.line(new RegExp(`killing worker ${victim.pid}: no answer within 1000 ms \\(prepared\\)`))
  await eventually('its successor', async () => {
    const { workers: now } = await askStatus(socket)
    return now.length === 2 && now.every(({ pid, state, snapshot }) => pid !== victim.pid && state === 'serving' && snapshot === 2)
  })
})
