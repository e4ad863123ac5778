import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLI_CALLER } from '../../../src/admin/offline.ts'
import { malformed } from '../../../src/admin/problem.ts'
import { routeTable } from '../../../src/admin/route-table.ts'
import { BODY_LIMIT, bodyLimit, createRouter } from '../../../src/admin/router.ts'
import type { ApiRequest, Caller } from '../../../src/admin/types.ts'

const failures: unknown[] = []
const own: string[] = []
const table = routeTable([
  {
    method: 'GET',
    path: '/api/v1/things/{id}',
    answer: (_request, parameters) => ({ status: 200, headers: {}, body: parameters.get('id') ?? '' }),
  },
  { method: 'GET', path: '/console/{page}', answer: () => ({ status: 200, headers: {}, body: 'page' }) },
  { method: 'POST', path: '/api/v1/things/all', answer: () => ({ status: 204, headers: {}, body: null }) },
  { method: 'POST', path: '/admin/certificates', answer: () => ({ status: 200, headers: {}, body: 'made' }) },
  { method: 'GET', path: '/admin/certificates/export', answer: () => ({ status: 200, headers: {}, body: 'all' }) },
  {
    method: 'POST',
    path: '/api/v1/malformed',
    answer: () => {
      throw malformed('name is missing')
    },
  },
  {
    method: 'GET',
    path: '/api/v1/broken',
    answer: () => {
      throw new TypeError('a secret of ours at /home/x.ts:1')
    },
  },
])
const api = createRouter([table], { failed: (error) => failures.push(error), refusedOwnCertificate: ({ path }) => own.push(path) })

function ask(what: string, given: Partial<ApiRequest> & { readonly head?: Record<string, string> } = {}) {
  const [method = '', path = ''] = what.split(' ')
  const { head = {}, ...rest } = given
  const headers = new Map(Object.entries({ host: 'gate.example:9443', ...head }))
  return api({ method, path, query: new URLSearchParams(), headers, body: Buffer.alloc(0), caller: CLI_CALLER, ...rest })
}
const text = ({ body }: { readonly body: unknown }) => String(body)

test('paths, parameters and methods lead to their answer', async () => {
  assert.equal(text(await ask('GET /api/v1/things/a%2Fb%20c')), 'a/b c')
  assert.equal(text(await ask('HEAD /api/v1/things/x')), 'x')
  assert.equal((await ask('POST /api/v1/things/all')).status, 204)
  assert.equal((await ask('GET /api/v1/things/%zz')).status, 400)
  for (const path of ['/', '/api/v1/things/', '/api/v1/things', '/api/v1/things/a/b', '/API/v1/things/a'])
    assert.equal((await ask(`GET ${path}`)).status, 404, path)
  const response = await ask('DELETE /api/v1/things/x')
  assert.equal(response.status, 405)
  assert.equal(response.headers.Allow, 'GET, HEAD')
})

test('nothing is kept by caches or taken for what it is not', async () => {
  for (const what of ['GET /api/v1/things/x', 'GET /nothing', 'GET /api/v1/broken']) {
    const { headers } = await ask(what)
    assert.equal(headers['Cache-Control'], 'no-store')
    assert.equal(headers['X-Content-Type-Options'], 'nosniff')
    assert.equal(headers['Cross-Origin-Resource-Policy'], 'same-origin')
  }
})

test('errors have the shape of the family, and nothing of a fault of ours', async () => {
  const problem = await ask('GET /api/v1/none')
  assert.equal(problem.headers['Content-Type'], 'application/problem+json')
  assert.deepEqual(JSON.parse(text(problem)), {
    type: 'urn:certgate:admin:not_found',
    title: 'Not Found',
    status: 404,
    detail: 'there is nothing at this path',
    code: 'not_found',
  })
  const raven = await ask('GET /Admin/certificates')
  assert.equal(raven.status, 404)
  assert.deepEqual(Object.keys(JSON.parse(text(raven))), ['Url', 'Type', 'Message', 'Error'])
  assert.equal(JSON.parse(text(raven)).Url, '/Admin/certificates')
  const search = await ask('GET /_plugins/_security/api/x')
  assert.deepEqual(JSON.parse(text(search)), { status: 'NOT_FOUND', message: 'There is nothing at this path' })
  failures.length = 0
  const broken = await ask('GET /api/v1/broken')
  assert.equal(broken.status, 500)
  assert.doesNotMatch(text(broken), /secret|home/)
  assert.equal(failures.length, 1)
})

test('a body that is too large is refused', async () => {
  assert.equal((await ask('POST /api/v1/things/all', { body: Buffer.alloc(BODY_LIMIT) })).status, 204)
  assert.equal((await ask('POST /api/v1/things/all', { body: Buffer.alloc(BODY_LIMIT + 1) })).status, 413)
  assert.match(text(await ask('POST /admin/certificates', { body: Buffer.alloc(BODY_LIMIT + 1) })), /^\{"Url"/)
})

test('a body that is compressed, or a part of one, is refused and not taken for the whole', async () => {
  const table = routeTable([{ method: 'PUT', path: '/api/v1/all', answer: () => ({ status: 200, headers: {}, body: 'written' }) }])
  const write = createRouter([table], { failed: (error) => failures.push(error) })
  const put = (head: Record<string, string>, body = 'a: {}') =>
    write({
      ...{ method: 'PUT', path: '/api/v1/all', query: new URLSearchParams(), caller: CLI_CALLER },
      ...{ headers: new Map(Object.entries(head)), body: Buffer.from(body) },
    })
  for (const coding of ['gzip', 'br', 'identity, gzip', '']) {
    const refused = await put({ 'content-encoding': coding })
    assert.deepEqual([refused.status, JSON.parse(text(refused)).code], [415, 'unsupported_encoding'], coding)
  }
  const part = await put({ 'content-range': 'bytes 0-4/100' })
  assert.deepEqual([part.status, JSON.parse(text(part)).hint], [400, 'send all of it, without Content-Range'])
  assert.equal((await put({})).status, 200)
  assert.equal((await put({ 'content-encoding': 'Identity' })).status, 200)
  assert.equal((await put({ 'content-encoding': 'gzip' }, '')).status, 200)
})

test('who may change nothing is refused before much is read, and told no more', async () => {
  const of = (clearance: 'ValidUser' | 'Operator' | undefined, isServerCertificate = false): Caller => ({
    ...CLI_CALLER,
    rights: { ...CLI_CALLER.rights, clearance },
    peer: isServerCertificate ? ({ isServerCertificate } as Caller['peer']) : null,
  })
  const path = '/admin/certificates'
  for (const clearance of ['ValidUser', undefined] as const) {
    const caller = of(clearance)
    assert.equal(bodyLimit({ path, caller }), 4_096)
    const refused = await ask(`POST ${path}`, { caller, body: Buffer.alloc(4_097) })
    assert.deepEqual([refused.status, /clearance_too_low/.test(text(refused))], [403, true])
    const malformed = await ask('POST /api/v1/malformed', { caller })
    assert.deepEqual([malformed.status, JSON.parse(text(malformed)).code], [403, 'clearance_too_low'])
    assert.equal((await ask('GET /api/v1/things/%zz', { caller })).status, 400)
  }
  assert.equal(bodyLimit({ path, caller: of('Operator') }), BODY_LIMIT)
  assert.equal(bodyLimit({ path, caller: of(undefined, true) }), BODY_LIMIT)
  assert.equal((await ask('POST /api/v1/malformed', { caller: of('Operator') })).status, 400)
})

test('what a page of another site causes is refused', async () => {
  const post = async (head: Record<string, string>) => (await ask('POST /api/v1/things/all', { head })).status
  for (const site of ['cross-site', 'same-site', 'Cross-Site', 'none, cross-site'])
    assert.equal(await post({ 'sec-fetch-site': site }), 403, site)
  for (const origin of [
    'null',
    'https://evil.example',
    'https://gate.example',
    'https://gate.example:9443.evil',
    'https://x@gate.example:9443',
    'https://gate.example:9443/',
    'http://gate.example:9443',
    '',
  ])
    assert.equal(await post({ origin }), 403, origin)
  assert.equal(await post({ origin: 'https://GATE.example:9443', 'sec-fetch-site': 'same-origin' }), 204)
  assert.equal(await post({ origin: 'https://gate.example', host: 'gate.example:443' }), 204)
  assert.equal(await post({ 'sec-fetch-site': 'none' }), 204)
})

test('a page of another site may link to the console, and read or start nothing', async () => {
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const read = async (head: Record<string, string>, method = 'GET', path = '/api/v1/things/x') =>
    (await ask(`${method} ${path}`, { head })).status
  for (const site of ['cross-site', 'same-site', 'Same-Site', 'none, cross-site']) {
    for (const method of ['GET', 'HEAD']) {
      assert.equal(await read({ 'sec-fetch-site': site }, method), 403, site)
      assert.equal(await read({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, method), 403, site)
      assert.equal(await read({ 'sec-fetch-site': site, ...link, 'sec-fetch-dest': 'iframe' }, method), 403, site)
      assert.equal(await read({ 'sec-fetch-site': site, ...link, 'sec-fetch-mode': 'cors' }, method), 403, site)
      for (const path of ['/console', '/console/roles', '/'])
        assert.equal(await read({ 'sec-fetch-site': site, ...link }, method, path), path === '/console/roles' ? 200 : 404, path)
      for (const path of ['/api/v1/things/x', '/admin/certificates/export', '/consolex'])
        assert.equal(await read({ 'sec-fetch-site': site, ...link }, method, path), 403, path)
    }
    assert.equal((await ask('POST /api/v1/things/all', { head: { 'sec-fetch-site': site, ...link } })).status, 403, site)
  }
  for (const site of ['same-origin', 'none']) assert.equal(await read({ 'sec-fetch-site': site, 'sec-fetch-mode': 'cors' }), 200, site)
  assert.equal(await read({}), 200)
})

test('what a browser sends as a form of any page could is refused, and what programs send is not', async () => {
  const body = Buffer.from('{"a": 1}')
  const post = async (head: Record<string, string>, sent = body) => (await ask('POST /api/v1/things/all', { head, body: sent })).status
  const forms = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json', '']
  const signs: Record<string, string>[] = [
    { origin: 'https://gate.example:9443' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-mode': 'no-cors' },
  ]
  for (const sign of signs) {
    assert.equal(await post(sign), 403, 'no type')
    assert.equal(await post(sign, Buffer.alloc(0)), 204, 'no body')
    for (const type of [...forms, 'application/json, text/plain', 'application/jsonp']) {
      assert.equal(await post({ ...sign, 'content-type': type }), 403, type)
      assert.equal(await post({ ...sign, 'content-type': type }, Buffer.alloc(0)), 403, type)
    }
    for (const type of [
      'application/json',
      'Application/JSON; charset=utf-8',
      'application/merge-patch+json',
      'application/yaml',
      'text/yaml',
    ])
      assert.equal(await post({ ...sign, 'content-type': type }), 204, type)
  }
  for (const type of forms) assert.equal(await post({ 'content-type': type }), 204, type)
  assert.equal(await post({}), 204)
})

test("the gateway's own certificate makes certificates, and nothing else", async () => {
  const peer = { certificate: null, refusal: null, detail: '', serverName: null, resumed: false, isServerCertificate: true } as const
  const caller: Caller = { ...CLI_CALLER, via: 'network', peer }
  assert.equal((await ask('POST /admin/certificates', { caller })).status, 200)
  for (const path of ['/admin/certificates/export', '/api/v1/things/x', '/admin/certificates/', '/nothing', '//admin/certificates'])
    assert.equal((await ask(`GET ${path}`, { caller })).status, 403, path)
  for (const method of ['GET', 'PUT', 'DELETE']) assert.equal((await ask(`${method} /admin/certificates`, { caller })).status, 403, method)
  assert.equal(own.length, 8)
})
