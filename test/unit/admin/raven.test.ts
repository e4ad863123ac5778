/** RavenDB's family, in its shapes and statuses. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { CLI_CALLER } from '../../../src/admin/offline.ts'
import { writePfx } from '../../../src/certificates/pkcs12-write.ts'
import { callerOf } from '../../../src/control/administration/caller.ts'
import { administration, callerWith, server } from '../../support/administration.ts'
import { selfSigned } from '../../support/authority.ts'

const PATH = '/admin/certificates'

test('certificates are generated, listed, edited and deleted as in RavenDB', async (t) => {
  const { ask, json, entry, someone } = administration(t)
  await someone('root', 'ClusterAdmin')
  const body = {
    Name: 'reader',
    SecurityClearance: 'ValidUser',
    Permissions: { Northwind: 'Read' },
    Password: 'p',
    NotAfter: '2027-01-01T00:00:00.0000000Z',
  }
  const made = await ask(`POST ${PATH}`, { body })
  assert.equal(made.status, 200)
  assert.equal(made.headers['Content-Disposition'], 'attachment; filename="reader.zip"')
  assert.equal(
    Buffer.from(made.body as Uint8Array)
      .subarray(0, 2)
      .toString(),
    'PK',
  )
  const { thumbprint, pin, der } = entry('reader')
  const listed = await json(200, `GET ${PATH}?thumbprint=${thumbprint.toLowerCase()}`)
  assert.equal(listed.LoadedServerCert, new X509Certificate(server.certificate).fingerprint.replaceAll(':', ''))
  const [definition] = listed.Results as Record<string, unknown>[]
  assert.deepEqual(
    [definition?.Name, definition?.Thumbprint, definition?.SecurityClearance, definition?.Permissions, definition?.NotAfter],
    ['reader', thumbprint, 'ValidUser', { Northwind: 'Read' }, '2027-01-01T00:00:00.0000000Z'],
  )
  assert.equal(definition?.PublicKeyPinningHash, Buffer.from(pin, 'hex').toString('base64'))
  assert.equal(definition?.Certificate, der.toString('base64'))
  const metadata = await json(200, `GET ${PATH}?name=reader&metadataOnly=True&start=0&pageSize=1`)
  await json(400, `GET ${PATH}?metadataOnly=yes`)
  assert.ok(!('Certificate' in ((metadata.Results as object[])[0] ?? {})))
  assert.deepEqual(
    (await json(200, `GET ${PATH}?start=1&pageSize=1`)).Results as unknown[],
    ((await json(200, `GET ${PATH}`)).Results as unknown[]).slice(1, 2),
  )
  const edited = await ask(`POST ${PATH}/edit`, {
    body: { Thumbprint: thumbprint, Name: 'writer', SecurityClearance: 'Operator', Permissions: {} },
  })
  assert.equal(edited.status, 201)
  assert.equal(entry('writer').clearance, 'Operator')
  assert.equal((await ask(`DELETE ${PATH}?thumbprint=${thumbprint}`)).status, 204)
  assert.equal((await ask(`GET ${PATH}?thumbprint=${thumbprint}`)).status, 404)
  assert.equal((await ask(`DELETE ${PATH}/purge`)).status, 204)
  assert.equal((await ask(`GET ${PATH}/export`)).status, 200)
  assert.equal((await ask(`PATCH ${PATH}`)).headers.Allow, 'GET, HEAD, POST, PUT, DELETE')
})

test('a PFX with several leaves is one certificate, and each of its thumbprints works', async (t) => {
  const { ask, json, store } = administration(t)
  const [one, two] = [await selfSigned({ subject: 'CN=one' }), await selfSigned({ subject: 'CN=two' })]
  const pfx = writePfx({ certificate: one.certificate + two.certificate, key: one.key }, 'secret', 'both').toString('base64')
  const body = {
    Name: 'both',
    SecurityClearance: 'Operator',
    Certificate: pfx,
    Password: 'secret',
    Permissions: null,
    CollectionSecondaryKeys: [],
  }
  assert.equal((await ask(`PUT ${PATH}`, { body })).status, 201)
  const { Results } = await json(200, `GET ${PATH}`)
  const [definition, ...others] = Results as { Thumbprint: string; CollectionSecondaryKeys: string[] }[]
  assert.equal(others.length, 0)
  const second = definition?.CollectionSecondaryKeys[0] ?? ''
  // Pages count what people count: one, not two leaves.
  await ask('POST /api/v1/certificates', { body: { name: 'single', clearance: 'ValidUser', format: 'json' } })
  const page = async (start: number) => {
    const answer = await json(200, `GET ${PATH}?start=${start}&pageSize=1&metadataOnly=true`)
    return (answer.Results as { Name: string }[]).map(({ Name }) => Name)
  }
  assert.deepEqual([await page(0), await page(1), await page(2)], [['both'], ['single'], []])
  await ask(`DELETE ${PATH}?thumbprint=${store.registry.byName('single')[0]?.thumbprint}`)
  assert.equal(store.registry.byThumbprint(second).length, 1)
  assert.equal((await ask(`DELETE ${PATH}?thumbprint=${second}`)).status, 204)
  assert.equal(store.registry.list().total, 0)
})

test('errors are in RavenDB words', async (t) => {
  const gate = administration(t)
  const operator = await gate.someone('operator', 'Operator')
  const cases: [number, string, object | undefined][] = [
    [400, `POST ${PATH}`, { Name: 'x' }],
    [400, `POST ${PATH}`, { Name: 'x', SecurityClearance: 'God' }],
    [400, `POST ${PATH}`, { Name: 'x', SecurityClearance: 'ValidUser', Permisions: {} }],
    [400, `POST ${PATH}`, undefined],
    [403, `POST ${PATH}`, { Name: 'x', SecurityClearance: 'ClusterAdmin' }],
    [400, `DELETE ${PATH}`, undefined],
    [404, `DELETE ${PATH}?thumbprint=${'0'.repeat(40)}`, undefined],
    [409, `DELETE ${PATH}?thumbprint=${gate.entry('operator').thumbprint}`, undefined],
    [405, `PATCH ${PATH}/edit`, undefined],
  ]
  for (const [status, what, body] of cases) {
    const answer = await gate.json(status, what, { caller: operator, ...(body === undefined ? {} : { body }) })
    assert.deepEqual(Object.keys(answer), ['Url', 'Type', 'Message', 'Error'], what)
  }
  const twice = await gate.json(400, `POST ${PATH}`, { raw: '{"Name":"a","Name":"b","SecurityClearance":"ValidUser"}' })
  assert.match(String(twice.Message), /twice/)
  const own = { Name: 'x', SecurityClearance: 'Operator', Certificate: Buffer.from(server.der).toString('base64') }
  assert.match(String((await gate.json(400, `PUT ${PATH}`, { body: own })).Message), /server certificate/)
})

test('whoami tells the definition, and nothing to who showed no certificate', async (t) => {
  const gate = administration(t)
  const user = await gate.someone('user', 'ValidUser', { a: 'Read' })
  const told = await gate.json(200, 'GET /certificates/whoami', { caller: user })
  assert.deepEqual([told.Name, told.SecurityClearance, told.Permissions], ['user', 'ValidUser', { a: 'Read' }])
  assert.equal((await gate.ask('GET /certificates/whoami', { caller: CLI_CALLER })).status, 204)
  const { peer } = user
  const renewing = {
    ...user,
    peer: { ...peer, renews: gate.entry('user').fingerprint, certificate: { ...peer?.certificate, fingerprint: 'ff' } },
  }
  assert.equal((await gate.json(200, 'GET /certificates/whoami', { caller: renewing as never })).Name, 'user')
  const unknown = callerOf(
    { ...peer, certificate: { ...peer?.certificate, fingerprint: 'ff' }, clearance: undefined } as never,
    gate.context.inForce(),
    '',
  )
  const { Name, Thumbprint, SecurityClearance, NotAfter } = await gate.json(200, 'GET /certificates/whoami', { caller: unknown })
  assert.deepEqual(
    [Name, Thumbprint, SecurityClearance, NotAfter],
    ['CN=user', gate.entry('user').thumbprint, 'UnauthenticatedClients', told.NotAfter],
  )
  const own = await gate.json(200, 'GET /api/v1/whoami', { caller: callerWith(gate.entry('user'), gate.context.inForce()) })
  assert.deepEqual([own.name, own.clearance, own.permissions, own.via], ['user', 'ValidUser', { a: 'Read' }, 'network'])
})
