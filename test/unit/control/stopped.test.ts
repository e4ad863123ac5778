import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { initialize } from '../../../src/cli/initialize.ts'
import { openStopped } from '../../../src/control/stopped.ts'
import { temporaryFolder } from '../../support/authority.ts'

async function prepared(t: { after(callback: () => void): void }) {
  const { path: folder } = temporaryFolder(t)
  const free = '127.0.0.1:0'
  const request = { folder, names: ['localhost'], cwd: folder, listen: free, telemetry: free, admin: free }
  await initialize({ ...request, upstream: { name: 'app', target: 'http://127.0.0.1:1' } })
  return { folder, config: join(folder, 'certgate.yml') }
}

const body = (value: object) => Buffer.from(JSON.stringify(value))

test('commands administer a gateway that is stopped, and what they did stays', async (t) => {
  const { config } = await prepared(t)
  const first = await openStopped(config)
  const made = await first.handle({
    method: 'POST',
    target: '/api/v1/certificates',
    body: body({ name: 'root', clearance: 'ClusterAdmin', format: 'json' }),
  })
  assert.equal(made.status, 201)
  first.close()
  const second = await openStopped(config)
  t.after(() => second.close())
  const listed = await second.handle({ method: 'GET', target: '/api/v1/certificates?clearance=ClusterAdmin' })
  const [certificate] = JSON.parse(String(listed.body)).certificates
  assert.deepEqual([certificate.name, certificate.created_by], ['root', 'cli'])
  const last = await second.handle({ method: 'DELETE', target: '/api/v1/certificates/root' })
  assert.equal(last.status, 409)
})

test('a configuration that would not start is said to be so, with every problem', async (t) => {
  const { folder, config } = await prepared(t)
  rmSync(join(folder, 'server.key'))
  await assert.rejects(openStopped(config), { code: 'config_invalid' })
})

test('without the key of the authority all but issuing works', async (t) => {
  const { folder, config } = await prepared(t)
  rmSync(join(folder, 'ca', 'issuing.key'))
  const offline = await openStopped(config)
  t.after(() => offline.close())
  const order = body({ name: 'x', clearance: 'ValidUser' })
  const made = await offline.handle({ method: 'POST', target: '/api/v1/certificates', body: order })
  assert.deepEqual([made.status, JSON.parse(String(made.body)).code], [409, 'no_authority'])
  assert.equal((await offline.handle({ method: 'GET', target: '/api/v1/certificates' })).status, 200)
})
