import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import type { Explanation } from '../../../../src/admin/explain/explanation.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import { verifyExport } from '../../../../src/store/audit-chain.ts'
import { AT_SOCKET, administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'
import { newEntry } from '../../../support/registry-store.ts'

async function opened(t: TestContext) {
  const files = await administeredFiles(t)
  const hub = new EventHub()
  const context = { ...files.context, announce: hub.publish.bind(hub) }
  return { files, hub, ask: asking(gatewayApi(context, hub)) }
}

const code = (told: { json: unknown }) => (told.json as { code: string }).code

describe('/api/v1/routes, status and reload', () => {
  it('shows the routes in their order', async (t) => {
    const { ask } = await opened(t)
    const { routes } = (await ask('GET /api/v1/routes')).json as { routes: Record<string, unknown>[] }
    assert.deepEqual(routes[0], {
      name: 'read movies',
      line: 14,
      listeners: [],
      hosts: [],
      path: '/movies/{kind}/**',
      methods: ['GET', 'HEAD'],
      allow: ['readall', 'admin'],
      upstream: 'search',
      targets: ['http://127.0.0.1:9200'],
      upgrade: [],
      cross_site: 'refuse',
    })
    assert.equal(routes.length, 2)
  })

  it('tells how the gateway is', async (t) => {
    const { ask } = await opened(t)
    assert.deepEqual((await ask('GET /api/v1/status')).json, { state: 'serving', started_at: '2026-01-01T00:00:00.000Z' })
  })

  it('has the files read again, recorded, and tells what is wrong with them', async (t) => {
    const { files, ask } = await opened(t)
    assert.equal(((await ask('POST /api/v1/reload')).json as { outcome: string }).outcome, 'unchanged')
    files.write('roles_mapping.yml', 'readall: { users: [x] }\n')
    assert.equal(((await ask('POST /api/v1/reload')).json as { outcome: string }).outcome, 'loaded')
    files.write('roles_mapping.yml', 'readall: [')
    const failed = await ask('POST /api/v1/reload')
    assert.deepEqual([failed.status, code(failed)], [409, 'reload_failed'])
    assert.equal((failed.json as { problems: { file: string }[] }).problems[0]?.file, `${files.folder}/roles_mapping.yml`)
    const operator = await ask('POST /api/v1/reload', { caller: callerWith(files, 'Operator') })
    assert.equal(operator.status, 403)
    const entries = files.context.store.audit.read({ filter: { action: 'configuration.reload' } })
    assert.deepEqual(
      entries.map(({ outcome }) => outcome),
      ['done', 'done', 'done', 'refused'],
    )
  })

  it('tells who may not ask, and that there is nothing, as problem JSON', async (t) => {
    const { files, ask } = await opened(t)
    for (const line of [
      'GET /api/v1/routes',
      'GET /api/v1/status',
      'GET /api/v1/overview',
      'GET /api/v1/audit',
      'GET /api/v1/events',
      'POST /api/v1/explain',
      'GET /api/v1/access',
    ]) {
      const told = await ask(line, { caller: callerWith(files, 'ValidUser') })
      assert.deepEqual([told.status, code(told)], [403, 'clearance_too_low'], line)
      assert.equal(told.headers['Content-Type'], 'application/problem+json')
    }
    assert.deepEqual([(await ask('GET /api/v1/nothing')).status, (await ask('DELETE /api/v1/routes')).status], [404, 405])
  })
})

describe('/api/v1/explain', () => {
  it('answers as the command does, by name', async (t) => {
    const { ask } = await opened(t)
    const { json } = await ask('POST /api/v1/explain', { body: { cn: 'CLIENT0', method: 'GET', url: '/movies/old/3' } })
    const explanation = json as Explanation
    assert.equal(explanation.allowed, true)
    assert.deepEqual(explanation.roles, [{ role: 'readall', by: 'users', pattern: 'CLIENT0', file: 'roles_mapping.yml', line: 10 }])
    assert.deepEqual(explanation.route?.captures, { kind: 'old' })
    const denied = (await ask('POST /api/v1/explain', { body: { cn: 'CLIENT0', method: 'DELETE', url: '/movies/old/3' } }))
      .json as Explanation
    assert.deepEqual([denied.allowed, denied.reason, denied.status], [false, 'role_missing', 403])
  })

  it('judges a certificate that is shown, and one of the registry by its fingerprint', async (t) => {
    const { files, ask } = await opened(t)
    const issued = await files.authority.issue({ subject: 'CN=CLIENT0,O=Acme' })
    const question = { method: 'GET', url: 'https://gate.example:8443/movies/old/3' }
    const shown = (await ask('POST /api/v1/explain', { body: { certificate: issued.chain, ...question } })).json as Explanation
    assert.deepEqual([shown.allowed, shown.certificate?.trusted], [true, true])
    const { pin } = (await import('../../../../src/certificates/entry-facts.ts')).leafOf(issued.der)
    const [entry] = files.context.store.registry.add(
      [newEntry({ der: issued.der, pin, name: 'CLIENT0', subjectDn: 'CN=CLIENT0,O=Acme', notAfter: Date.now() + 3_600_000 })],
      AT_SOCKET.actor,
    )
    const fingerprint = entry?.fingerprint ?? ''
    for (const one of [fingerprint, fingerprint.toUpperCase().replace(/(..)(?=.)/g, '$1:'), entry?.thumbprint ?? '']) {
      const known = (await ask('POST /api/v1/explain', { body: { fingerprint: one, ...question } })).json as Explanation
      assert.equal(known.allowed, true, one)
    }
    files.context.store.registry.revoke(fingerprint, 'keyCompromise', AT_SOCKET.actor)
    const revoked = (await ask('POST /api/v1/explain', { body: { fingerprint, ...question } })).json as Explanation
    assert.deepEqual([revoked.allowed, revoked.reason], [false, 'certificate_revoked'])
    assert.equal((await ask('POST /api/v1/explain', { body: { fingerprint: '00'.repeat(32), ...question } })).status, 404)
  })

  const wrong: readonly (readonly [body: unknown, words: RegExp])[] = [
    [{}, /nobody is named/],
    [{ cn: 'a', dn: 'CN=b', method: 'GET', url: '/' }, /only one of/],
    [{ cn: 'a', anonymous: true, method: 'GET', url: '/' }, /without any credentials/],
    [{ cn: 'a', url: '/' }, /method is missing/],
    [{ cn: 'a', method: 'G ET', url: '/' }, /is not a method/],
    [{ cn: 'a', method: 'GET', url: 'movies' }, /neither a path nor a URL/],
    [{ cn: 'a', method: 'GET', url: '/', listener: 'other' }, /there is no listener/],
    [{ cn: 'a', method: 'GET', url: '/', address: '10.0.0' }, /'10.0.0' is not an IP address/],
    [{ cn: 'a', method: 'GET', url: '/', address: '' }, /not an IP address/],
    [{ dn: 'no dn', method: 'GET', url: '/' }, /./],
    [{ certificate: 'AAAA', method: 'GET', url: '/' }, /cannot be read/],
    [{ certificate: '-----BEGIN CERTIFICATE-----', method: 'GET', url: '/' }, /no certificate in the PEM/],
    [{ certificate: '!', method: 'GET', url: '/' }, /neither PEM nor base64/],
    [{ cn: 'a', method: 'GET', url: '/', more: 1 }, /unknown member/],
    ['[]', /not a JSON object/],
    ['{"cn":"a","cn":"b"}', /twice/],
  ]
  for (const [body, words] of wrong) {
    it(`refuses ${JSON.stringify(body)}`, async (t) => {
      const { ask } = await opened(t)
      const { status, json } = await ask('POST /api/v1/explain', { body })
      assert.equal(status, 400)
      assert.match((json as { detail: string }).detail, words)
    })
  }
})

describe('/api/v1/audit', () => {
  it('shows the newest first, pages through, and filters', async (t) => {
    const { files, ask } = await opened(t)
    for (let n = 1; n <= 5; n++) {
      files.context.store.audit.append(
        { action: n % 2 === 0 ? 'mapping.edit' : 'configuration.reload', target: `t${n}` },
        { name: 'bob', fingerprint: null },
      )
    }
    const sequences = async (query: string) =>
      ((await ask(`GET /api/v1/audit${query}`)).json as { entries: { sequence: number }[] }).entries.map(({ sequence }) => sequence)
    assert.deepEqual(await sequences(''), [5, 4, 3, 2, 1])
    assert.deepEqual(await sequences('?limit=2'), [5, 4])
    assert.deepEqual(await sequences('?before=4&limit=2'), [3, 2])
    assert.deepEqual(await sequences('?after=3'), [4, 5])
    assert.deepEqual(await sequences('?action=mapping.*'), [4, 2])
    assert.deepEqual(await sequences('?actor=bob&target=t3'), [3])
    assert.deepEqual(await sequences('?actor=nobody'), [])
    assert.deepEqual(await sequences('?until=2000-01-01'), [])
    assert.deepEqual((await sequences('?since=2000-01-01T00:00:00Z')).length, 5)
    assert.deepEqual(await sequences('?text=MAPPING%20t4'), [4])
    assert.deepEqual(await sequences('?text='), [5, 4, 3, 2, 1])
    const next = async (query: string) => ((await ask(`GET /api/v1/audit${query}`)).json as { next: number | null }).next
    assert.deepEqual(await Promise.all(['?limit=2', '?before=3', '?after=1&limit=2', '?after=5', '?limit=0'].map(next)), [
      4,
      null,
      3,
      5,
      null,
    ])
    const { entries, head } = (await ask('GET /api/v1/audit')).json as { entries: { at: string; hash: string }[]; head: object }
    assert.match(entries[0]?.at ?? '', /^\d{4}-\d\d-\d\dT/)
    assert.deepEqual(head, { sequence: 5, hash: entries[0]?.hash })
    for (const query of [
      '?limit=-1',
      '?limit=1e9',
      '?since=yesterday',
      '?since=2026-02-30',
      '?foo=1',
      '?limit=1&limit=2',
      '?after=x',
      `?text=${'a'.repeat(201)}`,
    ])
      assert.equal((await ask(`GET /api/v1/audit${query}`)).status, 400, query)
  })

  it('exports lines that verify elsewhere', async (t) => {
    const { files, ask } = await opened(t)
    for (let n = 0; n < 600; n++) files.context.store.audit.append({ action: 'x.y', target: 'ü' }, { name: 'bob', fingerprint: null })
    const { status, headers, body } = await ask('GET /api/v1/audit/export')
    assert.deepEqual([status, headers['Content-Type']], [200, 'application/x-ndjson'])
    let text = ''
    for await (const block of body as AsyncIterable<string>) text += block
    const verdict = await verifyExport(text.split('\n'))
    assert.deepEqual(verdict, { ok: true, entries: 600, head: files.context.store.audit.head().hash })
    let found = ''
    for await (const block of (await ask('GET /api/v1/audit/export?text=%2359')).body as AsyncIterable<string>) found += block
    assert.deepEqual(found.split('\n').length, 12, 'of 59 and 590 to 599')
  })

  it('verifies itself, and knows a head that is not in it', async (t) => {
    const { files, ask } = await opened(t)
    const { hash } = files.context.store.audit.append({ action: 'x.y', target: null }, { name: 'bob', fingerprint: null })
    assert.deepEqual((await ask(`GET /api/v1/audit/verify?head=${hash}`)).json, { ok: true, entries: 1, head: hash })
    assert.equal(((await ask(`GET /api/v1/audit/verify?head=${'ab'.repeat(32)}`)).json as { ok: boolean }).ok, false)
    assert.equal((await ask('GET /api/v1/audit/verify?head=x')).status, 400)
  })
})

describe('/api/v1/events', () => {
  it('tells of an edit of the mapping, and ends for who is disabled meanwhile', async (t) => {
    const { files, hub, ask } = await opened(t)
    const caller = callerWith(files, 'Operator')
    const { status, headers, body } = await ask('GET /api/v1/events', { caller })
    assert.equal(status, 200)
    assert.match(headers['Content-Type'] ?? '', /^text\/event-stream/)
    const stream = (body as AsyncIterable<string>)[Symbol.asyncIterator]()
    assert.match((await stream.next()).value, /^retry:/)
    await ask('PUT /_plugins/_security/api/rolesmapping/readall', { body: { users: ['x'] } })
    assert.match((await stream.next()).value, /event: mapping\ndata: \{"by":"cli",.*"role":"readall","change":"changed"/)
    files.context.store.registry.disable(caller.actor.fingerprint ?? '', AT_SOCKET.actor)
    hub.publish({ kind: 'certificate', data: {} })
    assert.equal((await stream.next()).done, true)
    assert.equal(hub.clients, 0)
  })
})

describe('answers that take long', () => {
  const asked: [string, object][] = [
    ['POST /api/v1/mapping/validate', { body: 'admin: { users: [x] }\n' }],
    ['POST /api/v1/mapping/preview', { body: { roles: { readall: { users: ['x'] } } } }],
    ['GET /api/v1/audit/verify', {}],
    ['GET /api/v1/audit?text=alice', {}],
    ['GET /api/v1/access', {}],
  ]
  for (const [what, given] of asked) {
    it(`${what} is given four times at once to one certificate, and to another one beside`, async (t) => {
      const { files, ask } = await opened(t)
      files.context.store.registry.add([newEntry({ name: 'alice' })], AT_SOCKET.actor)
      const [alice, bob] = [callerWith(files, 'Operator'), callerWith(files, 'Operator', 'bob')]
      const told = await Promise.all([
        ...Array.from({ length: 6 }, () => ask(what, { ...given, caller: alice })),
        ask(what, { ...given, caller: bob }),
      ])
      assert.deepEqual(
        told.map(({ status }) => status),
        [200, 200, 200, 200, 429, 429, 200],
      )
      assert.deepEqual([code(told[4] as { json: unknown }), told[4]?.headers['Retry-After']], ['too_many_requests', '2'])
      assert.equal((await ask(what, { ...given, caller: alice })).status, 200)
    })
  }
})
