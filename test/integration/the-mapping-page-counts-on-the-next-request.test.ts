// The promise: the Open Distro page's own request, sent to the admin address, answers as the page says and decides the very next request on
// a connection that is open; the file keeps its comments; who listens hears of it, and hears nothing once they may not.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AdministeredGateway, type Client, startAdministeredGateway } from '../support/administered-gateway.ts'
import { RawClient } from '../support/raw-client.ts'

const MAPPING = `# kept by hand
admin:
  users: [admin] # the first one
`

async function opened(t: Parameters<typeof startAdministeredGateway>[0]) {
  const gateway = await startAdministeredGateway(t, [['      - admin\n', '      - readall\n      - admin\n']])
  writeFileSync(join(gateway.folder, 'roles_mapping.yml'), MAPPING)
  assert.equal((await gateway.local('POST /api/v1/reload')).status, 200)
  return gateway
}

const json = ({ body }: { readonly body: Buffer }) => JSON.parse(body.toString())
const mapping = ({ folder }: AdministeredGateway) => readFileSync(join(folder, 'roles_mapping.yml'), 'utf8')

/** What comes of a stream, piece by piece. */
function listen(gateway: AdministeredGateway, { cert, key }: Client) {
  const heard = { text: '', status: 0 }
  const waiting = new Set<() => void>()
  const ended = Promise.withResolvers<void>()
  const tell = () => {
    for (const check of waiting) check()
  }
  const sent = request({
    host: '127.0.0.1',
    servername: 'localhost',
    port: gateway.adminPort,
    path: '/api/v1/events',
    ca: gateway.ca,
    agent: false,
    cert,
    key,
  })
  sent.on('response', (response) => {
    heard.status = response.statusCode ?? 0
    response.on('data', (part: Buffer) => {
      heard.text += part.toString()
      tell()
    })
    response.once('close', () => ended.resolve())
  })
  sent.on('error', () => ended.resolve())
  sent.end()
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (pattern.test(heard.text)) resolve()
      }
      waiting.add(check)
      check()
    })
  return { heard, until, ended: ended.promise }
}

test("the page's PUT answers as it says, and the next request is let through", async (t) => {
  const gateway = await opened(t)
  const [admin, client] = [await gateway.make('boss', 'ClusterAdmin'), await gateway.make('CLIENT1', 'ValidUser')]
  const { cert, key } = client
  const raw = await RawClient.connect({ port: gateway.program.port, ca: gateway.ca.toString(), tls: { cert, key } }, t)
  const get = 'GET /movies/_doc/3 HTTP/1.1\r\nHost: localhost\r\n\r\n'
  assert.equal((await raw.ask(get)).status, 403)
  const body = JSON.stringify({ backend_roles: ['sample_role'], hosts: ['example.host.com'], users: ['CLIENT1'] })
  const path = '/_opendistro/_security/api/rolesmapping/readall'
  const first = await gateway.ask(`PUT ${path}`, { client: admin, body })
  assert.deepEqual([first.status, first.body.toString().trim()], [201, `{"status":"CREATED","message":"'readall' created."}`])
  const second = await gateway.ask(`PUT ${path}`, { client: admin, body: JSON.stringify({ users: ['CLIENT1'] }) })
  assert.deepEqual([second.status, second.body.toString().trim()], [200, `{"status":"OK","message":"'readall' updated."}`])
  assert.equal((await raw.ask(get)).status, 200, 'on the connection that was open')
  assert.match(mapping(gateway), /^# kept by hand\nadmin:\n {2}users: \[admin\] # the first one\n/)
  const who = json(await gateway.ask('GET /_plugins/_security/authinfo', { client }))
  assert.deepEqual([who.user_name, who.roles, who.peer_certificates], ['CLIENT1', ['readall'], '1'])
  assert.equal((await gateway.ask(`DELETE ${path}`, { client: admin })).status, 200)
  assert.equal((await raw.ask(get)).status, 403)
})

test('twenty edits at once are all there, and all of them in the audit log', async (t) => {
  const gateway = await opened(t)
  const client = await gateway.make('boss', 'ClusterAdmin')
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  t.after(() => agent.destroy())
  const names = Array.from({ length: 20 }, (_, index) => `role-${index}`)
  const put = (name: string) =>
    gateway.ask(`PUT /_plugins/_security/api/rolesmapping/${name}`, { client, agent, body: JSON.stringify({ users: [name] }) })
  const answers = await Promise.all(names.map(put))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
  const all = json(await gateway.ask('GET /_plugins/_security/api/rolesmapping', { client }))
  assert.deepEqual(Object.keys(all).sort(), [...names, 'admin'].sort())
  const audit = json(await gateway.ask('GET /api/v1/audit?action=mapping.edit&limit=1000', { client }))
  assert.equal(audit.entries.length, 20)
  assert.ok(audit.entries.every(({ actor }: { actor: { name: string } }) => actor.name === 'boss'))
  assert.equal(json(await gateway.ask('GET /api/v1/audit/verify', { client })).ok, true)
})

test('who listens hears of edits and reloads, until their clearance or the gateway goes', async (t) => {
  const gateway = await opened(t)
  const [admin, operator] = [await gateway.make('boss', 'ClusterAdmin'), await gateway.make('op', 'Operator')]
  const [one, other] = [listen(gateway, admin), listen(gateway, operator)]
  await Promise.all([one.until(/^retry:/), other.until(/^retry:/)])
  await gateway.ask('PUT /_plugins/_security/api/rolesmapping/readall', { client: admin, body: '{"users":["x"]}' })
  for (const { until } of [one, other]) {
    await until(/event: reload\n/)
    await until(/event: mapping\ndata: \{"by":"boss"/)
  }
  assert.equal((await gateway.local('PATCH /api/v1/certificates/op', { clearance: 'ValidUser' })).status, 200)
  await other.ended
  await one.until(/event: certificate\n/)
  assert.doesNotMatch(other.heard.text, /event: certificate/)
  const stopped = gateway.program.stop()
  await one.ended
  assert.equal((await stopped).code, 0)
})

test('a mapping that the gateway refuses changes nothing, and a reload says who asked for it', async (t) => {
  const gateway = await opened(t)
  const client = await gateway.make('boss', 'ClusterAdmin')
  const refused = await gateway.ask('PUT /api/v1/mapping.yml', { client, body: 'admin: { users: ["/(/"] }\n' })
  assert.deepEqual([refused.status, json(refused).problems[0].line], [400, 1])
  assert.equal(mapping(gateway), MAPPING)
  gateway.edit(/^listeners:/m, 'listners:')
  const edit = await gateway.ask('PUT /_plugins/_security/api/rolesmapping/readall', { client, body: '{"users":["x"]}' })
  assert.equal(edit.status, 409)
  assert.equal(mapping(gateway), MAPPING)
  gateway.edit(/^listners:/m, 'listeners:')
  assert.equal((await gateway.ask('POST /api/v1/reload', { client })).status, 200)
  const { entries } = json(await gateway.ask('GET /api/v1/audit?action=configuration.*', { client }))
  const asked = entries.find(
    ({ action, actor }: { action: string; actor: { name: string } }) => action === 'configuration.reload' && actor.name === 'boss',
  )
  assert.ok(asked !== undefined)
  assert.ok(entries.some(({ action }: { action: string }) => action === 'configuration.rejected'))
  assert.equal(json(await gateway.ask('GET /api/v1/status', { client })).state, 'serving')
})
