import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { NewEntry } from '../../src/store/types.ts'
import { createAuthority, type Issued } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import type { Lifetime } from '../support/lifetime.ts'
import type { RawClient } from '../support/raw-client.ts'
import { entryOf, storeOf } from '../support/registered.ts'
import { fingerprintOf } from '../support/registry.ts'
import { CLI } from '../support/registry-store.ts'

// Clearance and permissions of the registry decide about databases, and a change of them bites on the next request of an open connection.

const ROUTES = `
  - name: databases
    path: /databases/{db}/**
    allow: [{ database: "{db}", access: auto }]
    upstream: recorder
  - name: admins
    path: /admin/**
    allow: [operators]
    upstream: recorder
  - name: rest
    path: /**
    allow: [authenticated]
    upstream: recorder`

const MAPPING = 'operators:\n  backend_roles: ["clearance:ClusterAdmin", "clearance:Operator"]\n'

type Rights = Pick<NewEntry, 'clearance' | 'permissions'>

const validUser = (...permissions: [string, 'Admin' | 'ReadWrite' | 'Read'][]): Rights => ({
  clearance: 'ValidUser',
  permissions: new Map(permissions),
})

async function start(t: Lifetime, rights: Rights) {
  const gateway = await startGateway(t, { workers: 2, routes: ROUTES, rolesMapping: MAPPING })
  const store = storeOf(gateway, t)
  store.registry.add([entryOf(gateway.alice, gateway.authority, rights)], CLI)
  // Both workers know it once each has answered so.
  await eventually('the rights to count everywhere', async () => {
    for (let round = 0; round < 6; round++) assert.equal((await gateway.ask(get('/databases/movies/docs'))).status, 200)
    return true
  })
  const edit = (change: Partial<Rights>) => store.registry.edit(fingerprintOf(gateway.alice), change, CLI)
  return { gateway, store, edit }
}

const request = (method: string, path: string) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`

async function statuses(client: RawClient, ...asked: [method: string, path: string][]): Promise<number[]> {
  const answers: number[] = []
  for (const [method, path] of asked) answers.push((await client.ask(request(method, path), { head: method === 'HEAD' })).status)
  return answers
}

test('what is listed grants that and no more, whatever came before on the connection', async (t) => {
  const { gateway } = await start(t, validUser(['Movies', 'Read'], ['people', 'ReadWrite']))
  const client = await gateway.connect()
  const asked: [string, string][] = [
    ['GET', '/databases/movies/docs'],
    ['HEAD', '/databases/movies/docs'],
    ['PUT', '/databases/movies/docs'],
    ['get', '/databases/movies/docs'],
    ['GET', '/databases/MOVIES/docs'],
    ['GET', '/databases/movies%20/docs'],
    ['PUT', '/databases/people/docs'],
    ['GET', '/databases/books/docs'],
    ['GET', '/databases/'],
    ['GET', '/admin/x'],
  ]
  const expected = [200, 200, 403, 403, 200, 403, 200, 403, 200, 403]
  // Twice, and mixed: nothing that was decided for one request is taken for another's.
  for (let round = 0; round < 2; round++) assert.deepEqual(await statuses(client, ...asked), expected)
  for (const [index, one] of asked.entries()) {
    const [first] = asked as [[string, string]]
    assert.deepEqual(await statuses(client, first, one, first, one), [200, expected[index], 200, expected[index]], one.join(' '))
  }
})

test('an edit bites on the next request of an open connection, on every worker', async (t) => {
  const { gateway, edit } = await start(t, validUser(['movies', 'Read']))
  const clients = await Promise.all(Array.from({ length: 8 }, () => gateway.connect()))
  const all = async (...asked: [string, string][]) => {
    const answers = await Promise.all(clients.map((client) => statuses(client, ...asked)))
    return answers.every((one) => JSON.stringify(one) === JSON.stringify(answers[0])) ? answers[0] : null
  }
  const read: [string, string] = ['GET', '/databases/movies/docs']
  const write: [string, string] = ['PUT', '/databases/movies/docs']
  const administer: [string, string] = ['GET', '/admin/x']
  assert.deepEqual(await all(read, write, administer), [200, 403, 403])
  const steps: [Partial<Rights>, number[]][] = [
    [validUser(['movies', 'ReadWrite']), [200, 200, 403]],
    [validUser(['books', 'Read']), [403, 403, 403]],
    [{ clearance: 'Operator' }, [200, 200, 200]],
    [validUser(), [403, 403, 403]],
  ]
  for (const [change, expected] of steps) {
    const changedAt = performance.now()
    edit(change)
    await eventually(JSON.stringify(expected), async () => {
      assert.deepEqual(await all(read, write, administer), expected)
      return true
    })
    const took = performance.now() - changedAt
    assert.ok(took < 1_500, `after ${Math.round(took)} ms`)
  }
  assert.ok(clients.every(({ ended }) => !ended))
})

test('a chain to the CA of the listener and a DN of admin_dn hold ClusterAdmin; the DN alone, and another CA, do not', async (t) => {
  const other = await createAuthority('CN=test root')
  const boss = (authority: { issue(options: { subject: string }): Promise<Issued> }) => authority.issue({ subject: 'CN=boss,OU=ops' })
  const { gateway, store } = await start(t, validUser(['movies', 'Read']))
  const config = readFileSync(gateway.configFile, 'utf8')
  assert.match(config, /admin: \{ socket: admin.sock \}/)
  const [real, fake] = await Promise.all([boss(gateway.authority), boss(other)])
  assert.deepEqual(await ask(gateway, real), [403, 403])
  writeFileSync(
    gateway.configFile,
    config.replace('admin: { socket: admin.sock }', 'admin: { socket: admin.sock, admin_dn: ["CN=boss,OU=ops"] }'),
  )
  await gateway.program.line(/snapshot 2 is in force/)
  assert.deepEqual(await ask(gateway, real), [200, 200])
  // Registered by itself it is trusted, and has what the registry says and nothing else.
  store.registry.add([entryOf(fake, null, validUser(['movies', 'Read']))], CLI)
  await eventually('it to be trusted', async () => {
    for (let round = 0; round < 6; round++) assert.deepEqual(await ask(gateway, fake), [403, 403])
    return (await gateway.ask(get('/databases/movies/x'), fake)).status === 200
  })
})

const ask = async (gateway: Gateway, client: Issued) => [
  (await gateway.ask(get('/databases/books/x'), client)).status,
  (await gateway.ask(get('/admin/x'), client)).status,
]
