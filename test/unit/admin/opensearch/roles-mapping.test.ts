import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { MappingStore } from '../../../../src/admin/mapping/mapping-store.ts'
import { openSearchApi } from '../../../../src/admin/opensearch/opensearch-api.ts'
import { type AdministeredFiles, administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'
import { certificateIdentity } from '../../../support/identities.ts'

const BASE = '/_opendistro/_security/api/rolesmapping'
const SEED = { backend_roles: ['sample_role'], hosts: ['example.host.com'], users: ['CLIENT1'] }

async function opened(t: TestContext, given: { mapping?: string } = {}) {
  const files = await administeredFiles(t, given)
  return { files, ask: asking([openSearchApi(files.context, new MappingStore(files.context))]) }
}

const rolesOf = (files: AdministeredFiles, name: string) => [...files.policy().rolesOf(certificateIdentity(name, `CN=${name}`), '').names]

describe('rolesmapping', () => {
  it("answers the page's own request as the page says, and it counts from then on", async (t) => {
    const { files, ask } = await opened(t)
    assert.deepEqual(rolesOf(files, 'CLIENT1'), [])
    const { status, text } = await ask(`PUT ${BASE}/readall`, { body: SEED })
    assert.equal(status, 200)
    assert.equal(text, `{"status":"OK","message":"'readall' updated."}\n`)
    assert.deepEqual(rolesOf(files, 'CLIENT1'), ['readall'])
    assert.deepEqual(rolesOf(files, 'CLIENT0'), [], 'a PUT replaces the whole role')
  })

  it('tells of a route that nobody passes any more', async (t) => {
    const { ask } = await opened(t)
    assert.equal((await ask(`PUT ${BASE}/admin`, { body: { users: ['x'] } })).headers.Warning, undefined)
    assert.equal((await ask(`DELETE ${BASE}/readall`)).headers.Warning, undefined, 'admin still passes')
    const { status, headers } = await ask(`DELETE ${BASE}/admin`)
    assert.equal(status, 200)
    assert.equal(headers.Warning, `299 certgate "nobody passes the route 'read movies' now: no role that it allows is left"`)
  })

  it('creates with 201, and tells of a role that no route allows', async (t) => {
    const { ask } = await opened(t)
    const { status, json, headers } = await ask(`PUT /_plugins/_security/api/rolesmapping/new%20one`, { body: { users: ['x'] } })
    assert.deepEqual([status, json], [201, { status: 'CREATED', message: "'new one' created." }])
    assert.equal(headers.Warning, `299 certgate "no route allows the role 'new one'"`)
  })

  it('shows all roles and one, as the page prints them', async (t) => {
    const { ask } = await opened(t)
    const all = (await ask(`GET ${BASE}`)).json as Record<string, unknown>
    assert.deepEqual(Object.keys(all), ['readall', 'admin', 'kept'])
    assert.deepEqual((await ask(`GET ${BASE}/admin/`)).json, {
      admin: {
        hosts: [],
        users: ['root'],
        reserved: false,
        hidden: false,
        backend_roles: [],
        and_backend_roles: [],
        description: 'all of it',
      },
    })
    const { status, json } = await ask(`GET /${BASE}/nothing`)
    assert.deepEqual([status, json], [404, { status: 'NOT_FOUND', message: "rolesmapping 'nothing' not found." }])
  })

  it('deletes, and does not know what it deleted', async (t) => {
    const { files, ask } = await opened(t)
    assert.deepEqual((await ask(`DELETE ${BASE}/readall`)).json, { status: 'OK', message: "'readall' deleted." })
    assert.equal((await ask(`DELETE ${BASE}/readall`)).status, 404)
    assert.deepEqual(rolesOf(files, 'CLIENT0'), [])
    assert.match(files.read(), /# who may what\n_meta:/)
  })

  it('patches one role and all of them, whole or not at all', async (t) => {
    const { files, ask } = await opened(t)
    const one = await ask(`PATCH ${BASE}/readall`, { body: [{ op: 'add', path: '/users/-', value: 'CLIENT1' }] })
    assert.deepEqual([one.status, one.json], [200, { status: 'OK', message: "'readall' updated." }])
    assert.match(files.read(), /- CLIENT0 # the first\n {4}- CLIENT1\n/)
    const same = await ask(`PATCH ${BASE}/readall`, { body: [{ op: 'replace', path: '/users/1', value: 'CLIENT1' }] })
    assert.deepEqual(same.json, { status: 'OK', message: 'No updates required' })
    const all = await ask(`PATCH ${BASE}`, {
      body: [
        { op: 'add', path: '/fresh', value: { users: ['y'] } },
        { op: 'remove', path: '/readall' },
      ],
    })
    assert.deepEqual(all.json, { status: 'OK', message: 'Resource updated.' })
    const before = files.read()
    const half = await ask(`PATCH ${BASE}`, {
      body: [
        { op: 'remove', path: '/fresh' },
        { op: 'remove', path: '/nothing' },
      ],
    })
    assert.equal(half.status, 400)
    assert.equal(files.read(), before)
    const missing = await ask(`PATCH ${BASE}/nothing`, { body: [{ op: 'remove', path: '/users' }] })
    assert.deepEqual([missing.status, missing.json], [404, { status: 'NOT_FOUND', message: "rolesmapping 'nothing' not found." }])
    const move = await ask(`PATCH ${BASE}`, { body: [{ op: 'move', from: '/a', path: '/b' }] })
    assert.deepEqual(move.json, { status: 'BAD_REQUEST', message: 'Unsupported patch operation: move. Supported are: add,replace,remove' })
    assert.deepEqual((await ask(`PATCH ${BASE}`, { body: { op: 'add' } })).json, { status: 'BAD_REQUEST', message: 'Wrong request body' })
    const long = Array.from({ length: 1_001 }, () => ({ op: 'add', path: '/readall/users/-', value: 'x' }))
    assert.equal((await ask(`PATCH ${BASE}`, { body: long })).status, 400)
  })

  const refused: readonly (readonly [body: unknown, answer: object])[] = [
    [undefined, { status: 'error', reason: 'Request body required for this action.' }],
    [{}, { status: 'error', reason: 'Request body required for this action.' }],
    ['{"users":["a"],"users":["b"]}', { status: 'error', reason: 'Could not parse content of request.' }],
    ['{"users":["a"]', { status: 'error', reason: 'Could not parse content of request.' }],
    [
      { users: ['a'], foo: 1 },
      { status: 'error', reason: 'Invalid configuration', invalid_keys: { keys: 'foo' } },
    ],
    [
      { foo: 1 },
      {
        status: 'error',
        reason: 'Invalid configuration',
        invalid_keys: { keys: 'foo' },
        specify_one_of: { keys: 'backend_roles,and_backend_roles,hosts,users' },
      },
    ],
    ['{"__proto__":["a"],"users":[]}', { status: 'error', reason: 'Invalid configuration', invalid_keys: { keys: '__proto__' } }],
    [{ users: 'a' }, { status: 'error', reason: 'Wrong datatype', users: 'Array expected' }],
    [{ users: [null] }, { status: 'error', reason: '`null` or blank values are not allowed as json array elements' }],
    [{ users: [' '] }, { status: 'error', reason: '`null` or blank values are not allowed as json array elements' }],
  ]
  for (const [body, answer] of refused) {
    it(`refuses ${JSON.stringify(body)} with 400 and changes nothing`, async (t) => {
      const { files, ask } = await opened(t)
      const before = files.read()
      const { status, json } = await ask(`PUT ${BASE}/readall`, { body })
      assert.deepEqual([status, json], [400, answer])
      assert.equal(files.read(), before)
    })
  }

  it('refuses a pattern that nobody can compile', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    const { status, json } = await ask(`PUT ${BASE}/readall`, { body: { users: ['/(/'] } })
    assert.equal(status, 400)
    assert.equal((json as { status: string }).status, 'BAD_REQUEST')
    assert.equal(files.read(), before)
  })

  it('leaves reserved roles alone, and records who tried', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    const answer = { status: 'FORBIDDEN', message: "Resource 'kept' is reserved." }
    for (const [line, body] of [
      [`PUT ${BASE}/kept`, { users: ['me'] }],
      [`DELETE ${BASE}/kept`, undefined],
      [`PATCH ${BASE}/kept`, [{ op: 'add', path: '/users/-', value: 'me' }]],
      [`PATCH ${BASE}`, [{ op: 'remove', path: '/kept' }]],
      [`PATCH ${BASE}`, [{ op: 'replace', path: '/kept/reserved', value: false }]],
    ] as const) {
      const { status, json } = await ask(line, { body })
      assert.deepEqual([status, json], [403, answer], line)
    }
    assert.equal(files.read(), before)
    const entries = files.context.store.audit.read({ filter: { action: 'mapping.edit' } })
    assert.deepEqual(new Set(entries.map(({ outcome, target }) => `${outcome} ${target}`)), new Set(['refused kept']))
  })

  it('does not implement POST, and says so as there', async (t) => {
    const { ask } = await opened(t)
    for (const path of [BASE, `${BASE}/readall`]) {
      const { status, json } = await ask(`POST ${path}`, { body: SEED })
      assert.deepEqual([status, json], [501, { status: 'NOT_IMPLEMENTED', message: 'Method POST not supported for this action.' }])
    }
  })

  it('holds a change to the ETag that its sender has seen', async (t) => {
    const { ask } = await opened(t)
    const { headers } = await ask(`GET ${BASE}/readall`)
    const tag = headers.ETag ?? ''
    assert.equal((await ask(`GET ${BASE}/readall`, { headers: { 'if-none-match': tag } })).status, 304)
    assert.equal((await ask(`PUT ${BASE}/admin`, { body: { users: ['other'] } })).status, 200, 'another role')
    const first = await ask(`PUT ${BASE}/readall`, { body: SEED, headers: { 'if-match': tag } })
    assert.equal(first.status, 200)
    assert.equal(first.headers.ETag, (await ask(`GET ${BASE}/readall`)).headers.ETag)
    const late = await ask(`PUT ${BASE}/readall`, { body: { users: ['late'] }, headers: { 'if-match': tag } })
    assert.equal(late.status, 412)
    assert.equal((late.json as { status: string }).status, 'PRECONDITION_FAILED')
    assert.equal((await ask(`DELETE ${BASE}/readall`, { headers: { 'if-match': tag } })).status, 412)
    assert.equal((await ask(`PUT ${BASE}/readall`, { body: SEED, headers: { 'if-none-match': '*' } })).status, 412)
    const all = (await ask(`GET ${BASE}`)).headers.ETag ?? ''
    const patch = [{ op: 'add', path: '/more', value: { users: ['m'] } }]
    assert.equal((await ask(`PATCH ${BASE}`, { body: patch, headers: { 'if-match': tag } })).status, 412)
    assert.equal((await ask(`PATCH ${BASE}`, { body: patch, headers: { 'if-match': all } })).status, 200)
  })

  it('is written by ClusterAdmin alone, read by Operator, and refusals of writing are recorded', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    for (const clearance of ['Operator', 'ValidUser', null] as const) {
      const caller = callerWith(files, clearance, `user-${clearance}`)
      const put = await ask(`PUT ${BASE}/readall`, { caller, body: SEED })
      assert.equal(put.status, 403)
      assert.equal((put.json as { status: string }).status, 'FORBIDDEN')
      assert.equal((await ask(`GET ${BASE}`, { caller })).status, clearance === 'Operator' ? 200 : 403)
    }
    assert.equal(files.read(), before)
    const refusals = files.context.store.audit.read({ filter: { action: 'mapping.edit' } })
    assert.deepEqual(
      refusals.map(({ actor, outcome, details }) => [actor.name, outcome, details.code]),
      ['Operator', 'ValidUser', 'null'].map((who) => [`user-${who}`, 'refused', 'clearance_too_low']),
    )
    assert.equal((await ask(`PUT ${BASE}/readall`, { caller: callerWith(files, 'ClusterAdmin', 'boss'), body: SEED })).status, 200)
  })

  it('does not act for somebody whose certificate was disabled after they connected', async (t) => {
    const { files, ask } = await opened(t)
    const caller = callerWith(files, 'ClusterAdmin')
    files.context.store.registry.disable(caller.actor.fingerprint ?? '', { name: 'cli', fingerprint: null })
    assert.equal((await ask(`PUT ${BASE}/readall`, { caller, body: SEED })).status, 403)
  })

  it('takes role names of any kind as names', async (t) => {
    const { files, ask } = await opened(t)
    for (const name of ['__proto__', 'constructor', 'a/b', 'a b: c #d', 'Ünïcode', '0123', 'null', "it's"]) {
      const { status } = await ask(`PUT ${BASE}/${encodeURIComponent(name)}`, { body: { users: ['odd'] } })
      assert.equal(status, 201, name)
      const shown = await ask(`GET ${BASE}/${encodeURIComponent(name)}`)
      assert.equal(shown.status, 200, name)
      assert.match(shown.text, /"users":\["odd"\]/)
      assert.ok(rolesOf(files, 'odd').includes(name), name)
    }
    for (const name of ['authenticated', 'anonymous', '_meta', '%00', '%20', 'a%0Ab'])
      assert.equal((await ask(`PUT ${BASE}/${name}`, { body: { users: ['odd'] } })).status, 400, name)
    assert.equal((await ask(`PUT ${BASE}/%E0`, { body: { users: ['odd'] } })).status, 400)
  })
})
