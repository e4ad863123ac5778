import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Explanation } from '../../src/admin/explain/explanation.ts'
import type { Terminal } from '../../src/cli/command.ts'
import { explainCommand } from '../../src/cli/explain.ts'
import { createAuthority, type Issued, selfSigned } from '../support/authority.ts'
import { eventually } from '../support/eventually.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'
import { entryOf, issuerKeyIdOf, storeOf } from '../support/registered.ts'
import { fingerprintOf } from '../support/registry.ts'
import { CLI } from '../support/registry-store.ts'

// What explain says of a request is what the gateway does with it: the same status and code, or the same path and headers upstream.

const ROUTES = `
  - name: public
    path: /public/**
    allow: [anonymous]
    upstream: recorder
  - name: mine
    path: /mine/{id}
    host: [localhost]
    methods: [GET, PUT]
    allow: [reader]
    upstream: recorder
  - name: exclaimed
    path: /a!b/**
    allow: [nobody_has_this]
    upstream: recorder
  - name: slashes
    path: /raw/**
    allow: [reader]
    path_policy: { encoded_slash: keep, semicolon: keep, double_slash: keep }
    upstream: recorder
  - name: databases
    path: /db/{db}/**
    allow: [{ database: "{db}" }]
    path_policy: { semicolon: keep }
    upstream: recorder
  - name: known
    path: /known/**
    allow: [authenticated]
    upstream: recorder`

const REQUESTS: readonly (readonly [method: string, target: string])[] = [
  ['GET', '/public/x'],
  ['GET', '/mine/7'],
  ['PUT', '/mine//7?q=1'],
  ['DELETE', '/mine/7'],
  ['HEAD', '/mine/7'],
  ['get', '/known/x'],
  ['TRACE', '/known/x'],
  ['GET', '/known/x'],
  ['GET', '/known/./y/../x%7e%3B'],
  ['GET', '/known/..;/mine'],
  ['GET', '/known/x%2Fy'],
  ['GET', '/raw/x%2fy;v=1//z'],
  ['GET', '/a%21b/c'],
  ['GET', '/known/%252e'],
  ['GET', '/../x'],
  ['GET', '/nowhere'],
  ['OPTIONS', '*'],
  ['GET', '/db/movies/x?q=1'],
  ['PUT', '/db/MOVIES/x'],
  ['PUT', '/db/people/x'],
  ['GET', '/db/movies;v=1/x'],
  ['GET', '/db/books/x'],
]

async function explain(gateway: Gateway, who: readonly string[], method: string, target: string): Promise<Explanation> {
  let output = ''
  const terminal: Terminal = {
    out: (text) => (output += text),
    err: assert.fail,
    isTty: false,
    colour: false,
    columns: 80,
    env: {},
    cwd: gateway.folder,
  }
  await explainCommand.run(['--json', '--host', 'localhost', ...who, method, target], terminal)
  return JSON.parse(output) as Explanation
}

test('for whoever asks, and whatever they ask for', async (t) => {
  const gateway = await startGateway(t, { routes: ROUTES })
  const stranger = await createAuthority('CN=test root')
  const store = storeOf(gateway, t)
  const [registered, revoked, removed, renewed, boss] = await Promise.all([
    selfSigned({ subject: 'CN=alice' }),
    gateway.issue('CN=alice'),
    gateway.issue('CN=alice'),
    gateway.issue('CN=mallory', { key: gateway.mallory.key }),
    selfSigned({ subject: 'CN=boss' }),
  ])
  const permissions = new Map([
    ['movies', 'Read'],
    ['people', 'ReadWrite'],
  ] as const)
  const issuerKeyId = issuerKeyIdOf(gateway.authority)
  store.registry.add([entryOf(gateway.mallory, gateway.authority, { permissions })], CLI)
  store.registry.add([entryOf(registered, null, { permissions })], CLI)
  store.registry.add([entryOf(boss, null, { clearance: 'Operator' })], CLI)
  for (const one of [revoked, removed]) store.registry.add([entryOf(one, gateway.authority, { issuerKeyId })], CLI)
  store.registry.revoke(fingerprintOf(revoked), 'superseded', CLI)
  store.registry.remove(fingerprintOf(removed), CLI)
  await eventually(
    'the registry',
    async () => (await gateway.ask('GET /known/x HTTP/1.1\r\nHost: localhost\r\n\r\n', removed)).status === 403,
  )
  const clients: [string, Issued | null][] = [
    ['alice', gateway.alice],
    ['mallory', gateway.mallory],
    ['stranger', await stranger.issue({ subject: 'CN=alice' })],
    ['expired', await gateway.issue('CN=alice', { notAfter: new Date(Date.now() - 60_000) })],
    ['server', await gateway.issue('CN=alice', { eku: ['serverAuth'] })],
    ['wordy', await gateway.issue('CN=CN\\=alice\\,O\\=x')],
    ['registered', registered],
    ['revoked', revoked],
    ['removed', removed],
    ['renewed', renewed],
    ['boss', boss],
    ['nobody', null],
  ]
  let forwarded = 0
  let refused = 0
  for (const [name, client] of clients) {
    if (client !== null) writeFileSync(join(gateway.folder, `client-${name}.crt`), client.chain)
    const who = client === null ? ['--anonymous'] : ['--cert', `client-${name}.crt`]
    for (const [method, target] of REQUESTS) {
      const what = `${name}: ${method} ${target}`
      const said = await explain(gateway, who, method, target)
      const before = gateway.upstream.requests.length
      const response = await gateway.ask(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`, client)
      assert.equal(gateway.upstream.requests.length - before, said.allowed ? 1 : 0, what)
      if (!said.allowed) {
        refused++
        assert.equal(response.status, said.status, `${what}: ${said.reason}`)
        if (method !== 'HEAD') assert.equal(response.json().code, said.reason, what)
        continue
      }
      forwarded++
      const request = gateway.upstream.requests.at(-1)
      assert.equal(request?.target.split('?')[0], said.forwarded?.path, what)
      for (const header of said.forwarded?.headers ?? [])
        assert.deepEqual(request?.values(header.name), [header.value], `${what}: ${header.name}`)
    }
  }
  assert.ok(forwarded >= 10 && refused >= 70, `${forwarded} forwarded, ${refused} refused`)
})
