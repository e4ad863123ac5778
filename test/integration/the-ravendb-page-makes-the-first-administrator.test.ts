// The promise: the calls of RavenDB's page on client certificates work as they stand there. With nothing but the gateway's own server
// certificate, which is for servers only, an administrator gets a PFX that signs in as ClusterAdmin; and that is all it may do.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '../../src/store/store.ts'
import { startAdministeredGateway } from '../support/administered-gateway.ts'
import { storedFiles } from '../support/stored-files.ts'

const missing = ['curl', 'openssl'].find((program) => spawnSync(program, [program === 'curl' ? '--version' : 'version']).status !== 0)

test('the page for cURL, word by word', { skip: missing === undefined ? false : `${missing} is not installed` }, async (t) => {
  const gateway = await startAdministeredGateway(t)
  const { folder } = gateway
  const run = (line: string) => {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: folder, encoding: 'utf8' })
    assert.equal(status, 0, `${line}\n${stderr}`)
    return stdout
  }
  run('openssl pkcs12 -export -in server.crt -inkey server.key -out cluster.server.certificate.example.pfx -passout pass:s3cr7t')
  // Its two prompts, and its host name and folder, are all that differ from the page.
  run('openssl pkcs12 -in cluster.server.certificate.example.pfx -out server.pem -clcerts -passin pass:s3cr7t -passout pass:pem_password')
  const trust = `-sS --cacert ca/ca.crt --resolve localhost:${gateway.adminPort}:127.0.0.1`
  const url = `https://localhost:${gateway.adminPort}`
  run(
    `curl -X POST -H "Content-Type: application/json" -d '{"Name": "cluster.admin.client.certificate","SecurityClearance": "ClusterAdmin","Password": "p@$$w0rd"}' -o cluster.admin.cert.zip ${url}/admin/certificates --cert server.pem:pem_password ${trust}`,
  )
  const files = storedFiles(readFileSync(join(folder, 'cluster.admin.cert.zip')))
  const name = 'cluster.admin.client.certificate'
  assert.deepEqual([...files.keys()].sort(), ['README.txt', 'ca.crt', `${name}.crt`, `${name}.key`, `${name}.pfx`])
  writeFileSync(join(folder, 'admin.pfx'), files.get(`${name}.pfx`) ?? '')
  const whoami = JSON.parse(run(`curl ${trust} --cert-type P12 --cert 'admin.pfx:p@$$w0rd' ${url}/certificates/whoami`))
  assert.deepEqual([whoami.Name, whoami.SecurityClearance], [name, 'ClusterAdmin'])
  const listed = JSON.parse(run(`curl ${trust} --cert-type P12 --cert 'admin.pfx:p@$$w0rd' ${url}/admin/certificates?metadataOnly=true`))
  assert.ok(
    listed.Results.some(({ Name, SecurityClearance }: Record<string, string>) => Name === name && SecurityClearance === 'ClusterAdmin'),
  )

  const asServer = (path: string) => JSON.parse(run(`curl ${trust} --cert server.pem:pem_password ${url}${path}`))
  assert.equal(asServer('/api/v1/certificates').code, 'own_certificate')
  assert.equal(asServer('/certificates/whoami').Type, 'InvalidAuth')
  const store = openStore(join(folder, 'certgate.db'))
  t.after(async () => store.close())
  const refused = store.audit.read({ filter: { action: 'access' } })
  assert.deepEqual(
    refused.map(({ actor, outcome }) => [actor.name, outcome]),
    [
      ['server certificate', 'refused'],
      ['server certificate', 'refused'],
    ],
  )
})

test('the page for PowerShell sends this', async (t) => {
  const gateway = await startAdministeredGateway(t)
  const read = (file: string) => readFileSync(join(gateway.folder, file))
  const own = { cert: read('server.crt'), key: read('server.key') }
  const body = '{"Name": "cluster.admin.client.certificate","SecurityClearance": "ClusterAdmin","Password": "p@$$w0rd"}'
  const headers = { 'content-type': 'application/json', expect: '100-continue' }
  const answer = await gateway.ask('POST /admin/certificates', { client: own, body, headers })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="cluster.admin.client.certificate.zip"')
  const pfx = storedFiles(answer.body).get('cluster.admin.client.certificate.pfx')
  const admin = { pfx: pfx as Buffer, passphrase: 'p@$$w0rd' }
  const told = JSON.parse((await gateway.ask('GET /api/v1/whoami', { client: admin })).body.toString())
  assert.equal(told.clearance, 'ClusterAdmin')

  // Taken back by a reload, also on the address that stays as it is.
  gateway.edit('server_certificate: allow\n', 'server_certificate: deny\n')
  const reload = JSON.parse((await gateway.local('POST /reload')).body.toString())
  assert.notEqual(reload.outcome, 'failed', JSON.stringify(reload))
  const refused = await gateway.ask('POST /admin/certificates', { client: own, body, headers: { 'content-type': 'application/json' } })
  assert.equal(refused.status, 403)
  assert.match(refused.body.toString(), /^\{"Type":"InvalidAuth","Message":/)
  assert.equal((await gateway.ask('GET /api/v1/whoami', { client: admin })).status, 200)
})
