import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDocumentStore } from '../../support/document-store.ts'
import { copyExample } from '../../support/example.ts'

// examples/opensearch before a store that speaks a little of OpenSearch's REST: what it would be told, and what clients are.

test('readers read and search movies, all else is refused in the shape that OpenSearch clients know', async (t) => {
  const store = await startDocumentStore(t)
  store.put('movies', '3', { title: 'The Tramp' })
  const example = await copyExample(t, 'opensearch')
  example.replace('certgate.yml', 'targets: ["http://127.0.0.1:9200"]', `targets: ["${store.url}"]`)
  const gateway = await example.serve()
  const client1 = gateway.client(await example.issue('CLIENT1'))

  const read = await client1.ask('/movies/_doc/3', { headers: { 'x-proxy-user': 'admin', 'x-proxy-roles': 'all_access' } })
  assert.equal(JSON.parse(read.text)._source.title, 'The Tramp')
  const [request] = store.requests
  assert.deepEqual(
    ['x-proxy-user', 'x-proxy-roles', 'x-forwarded-for'].map((name) => request?.headers[name]),
    ['CLIENT1', 'readall', '127.0.0.1'],
  )

  const written = await client1.ask('/movies/_doc/3', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' })
  const { status, error } = JSON.parse(written.text)
  assert.deepEqual([written.status, status, error.type], [403, 403, 'security_exception'])
  assert.equal((await client1.ask('/_security/user')).status, 403)
  const nobody = await gateway.client().ask('/movies/_doc/3')
  assert.equal(nobody.status, 401)
  assert.match(String(nobody.headers['www-authenticate']), /^Basic realm=/)
  assert.equal(store.requests.length, 1)

  // A search has a body; that the store knows none is its own answer.
  assert.equal((await client1.ask('/movies/_search', { method: 'POST', body: '{}' })).status, 400)
  const admin = gateway.client({ cert: example.read('data/clients/admin.crt'), key: example.read('data/clients/admin.key') })
  const put = await admin.ask('/movies/_doc/4', { method: 'PUT', body: '{"title":"The Kid"}' })
  assert.deepEqual([put.status, JSON.parse(put.text).result], [201, 'created'])
  assert.equal(store.requests.at(-1)?.headers['x-proxy-roles'], 'all_access')
})
