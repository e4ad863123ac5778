import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import * as z from 'zod'
import type { AuthorityService } from '../../../../src/admin/authority-service.ts'
import { Certificates } from '../../../../src/admin/certificates/certificates.ts'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import { OPENAPI } from '../../../../src/admin/openapi/document.ts'
import type { Answer, Operation, Schema } from '../../../../src/admin/openapi/types.ts'
import { ref } from '../../../../src/admin/openapi/words.ts'
import { ravenCertificates } from '../../../../src/admin/raven/certificates.ts'
import type { RoutedHandler } from '../../../../src/admin/route-table.ts'
import { authorityHandler } from '../../../../src/admin/v1/authority.ts'
import { backupV1 } from '../../../../src/admin/v1/backup.ts'
import { certificatesV1 } from '../../../../src/admin/v1/certificates.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import { tokensV1 } from '../../../../src/admin/v1/tokens.ts'
import { whoamiV1 } from '../../../../src/admin/v1/whoami.ts'
import { tellRefusal } from '../../../../src/gateway/refusal/render.ts'
import { REASONS } from '../../../../src/gateway/refusal/table.ts'
import { type AdministeredFiles, AT_SOCKET, administeredFiles, asking } from '../../../support/administered-files.ts'
import { newEntry } from '../../../support/registry-store.ts'

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const

interface Documented {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

const documented: readonly Documented[] = Object.entries(OPENAPI.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }]
  }),
)

async function opened(t: TestContext): Promise<{ files: AdministeredFiles; handlers: readonly RoutedHandler[] }> {
  const files = await administeredFiles(t)
  const certificates = new Certificates(files.context)
  const own = [certificatesV1(certificates), tokensV1(certificates), whoamiV1(), ravenCertificates(certificates)]
  const authority = authorityHandler(files.context.authorityService() as AuthorityService, files.context)
  return { files, handlers: [...own, authority, backupV1(files.context), ...gatewayApi(files.context, new EventHub())] }
}

describe('the OpenAPI document', () => {
  it('describes exactly what the handlers know', async (t) => {
    const { handlers } = await opened(t)
    const known = new Set(handlers.flatMap(({ routes }) => routes.map(({ method, path }) => `${method} ${path}`)))
    const told = new Set(documented.map(({ method, path }) => `${method} ${path}`))
    assert.deepEqual([...told].sort(), [...known].sort())
  })

  it('describes nothing that is not there', async (t) => {
    const { handlers } = await opened(t)
    const ask = asking(handlers)
    for (const { method, path } of documented) {
      const known = path.replace('{ref}', 'nobody').replace('{id}', 'none').replace('{name}', 'readall')
      const { status, text } = await ask(`${method} ${known}`)
      assert.notEqual(status, 405, `${method} ${path}`)
      assert.ok(status < 500 || status === 501, `${method} ${path}: ${status} ${text}`)
      assert.doesNotMatch(text, /there is nothing at this path/i, `${method} ${path}`)
    }
  })

  it('knows every parameter and member: another one is refused before anything is done', async (t) => {
    const { files, handlers } = await opened(t)
    const ask = asking(handlers)
    const before = files.context.store.audit.head().sequence
    const own = documented.filter(({ path }) => path.startsWith('/api/v1/'))
    for (const { method, path, operation } of own) {
      const line = `${method} ${path.replace('{ref}', 'nobody').replace('{id}', 'none')}`
      const { status, text } = await ask(`${line}?dry_run=true`)
      assert.match(`${status} ${text}`, /^400 .*unknown parameter \\"dry_run\\"/, line)
      if (method === 'GET' || method === 'DELETE' || operation.requestBody?.content['application/yaml'] !== undefined) continue
      const told = await ask(line, { body: { dry_run: true } })
      assert.match(`${told.status} ${told.text}`, /^400 .*unknown member \\"dry_run\\"/, line)
    }
    assert.equal(files.context.store.audit.head().sequence, before)
  })

  it('is sound: references lead somewhere, identifiers are one of a kind, parameters are those of the path', () => {
    const references = [...JSON.stringify(OPENAPI).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)]
    for (const [, kind, name] of references) {
      const components = OPENAPI.components as unknown as Record<string, Record<string, unknown>>
      assert.ok(components[kind ?? '']?.[name ?? ''] !== undefined, `${kind} ${name}`)
    }
    const used = new Set(references.map(([, , name]) => name))
    for (const name of Object.keys(OPENAPI.components.schemas)) assert.ok(used.has(name), `nothing refers to ${name}`)
    const identifiers = documented.map(({ operation }) => operation.operationId)
    assert.equal(new Set(identifiers).size, identifiers.length)
    for (const { path, operation } of documented) {
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      assert.deepEqual(
        inPath,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        path,
      )
      assert.ok(
        operation.tags.every((tag) => OPENAPI.tags.some(({ name }) => name === tag)),
        path,
      )
    }
  })

  it('is served to every trusted certificate', async (t) => {
    const { handlers } = await opened(t)
    const { status, json } = await asking(handlers)('GET /api/v1/openapi.json')
    assert.equal(status, 200)
    assert.deepEqual(json, JSON.parse(JSON.stringify(OPENAPI)))
  })
})

/** `given`: what is asked, in the words of the document; `{fingerprint}` stands for a registered certificate. */
const SAMPLES: readonly (readonly [line: string, status: number, body?: unknown])[] = [
  ['GET /api/v1/certificates', 200],
  ['GET /api/v1/certificates?limit=x', 400],
  ['GET /api/v1/certificates/{fingerprint}', 200],
  ['GET /api/v1/certificates/nobody', 404],
  ['GET /api/v1/certificates/{fingerprint}/access', 200],
  ['GET /api/v1/certificates/{fingerprint}/access?limit=x', 400],
  ['PATCH /api/v1/certificates/{fingerprint}', 200, { permissions: { movies: 'Read' } }],
  ['POST /api/v1/certificates/{fingerprint}/disable', 200],
  ['POST /api/v1/certificates/{fingerprint}/revoke', 200, { reason: 'superseded' }],
  ['POST /api/v1/certificates/purge', 200],
  ['POST /api/v1/certificates', 409, { name: 'a', clearance: 'ValidUser' }],
  ['POST /api/v1/tokens', 201, { name: 'a', clearance: 'ValidUser' }],
  ['GET /api/v1/tokens', 200],
  ['GET /api/v1/whoami', 200],
  ['GET /api/v1/mapping', 200],
  ['GET /api/v1/mapping.yml', 200],
  ['PUT /api/v1/mapping.yml', 200, 'readall: { users: [a] }\n'],
  ['PUT /api/v1/mapping.yml', 400, 'readall: { users: ["/(/"] }\n'],
  ['POST /api/v1/mapping/validate', 200, 'readall: { users: [CLIENT0] }\nadmin: { users: ["*"] }\n'],
  ['POST /api/v1/mapping/validate', 200, 'readall: ['],
  ['POST /api/v1/mapping/preview', 200, { roles: { readall: { users: ['b'] }, more: {} } }],
  ['POST /api/v1/mapping/preview', 404, { roles: { nothing: null } }],
  ['GET /api/v1/routes', 200],
  ['POST /api/v1/explain', 200, { cn: 'CLIENT0', method: 'GET', url: '/movies/a/b' }],
  ['POST /api/v1/explain', 200, { anonymous: true, method: 'GET', url: '/movies/a/b' }],
  ['POST /api/v1/explain', 200, { fingerprint: '{fingerprint}', method: 'GET', url: '/x' }],
  ['POST /api/v1/explain', 400, {}],
  ['GET /api/v1/access', 200],
  ['GET /api/v1/access?limit=101', 400],
  ['GET /api/v1/status', 200],
  ['GET /api/v1/overview', 200],
  ['POST /api/v1/reload', 200],
  ['GET /api/v1/audit', 200],
  ['GET /api/v1/audit?limit=x', 400],
  ['GET /api/v1/audit/verify', 200],
  [`GET /api/v1/audit/verify?head=${'ab'.repeat(32)}`, 200],
  ['GET /api/v1/openapi.json', 200],
  ['GET /api/v1/ca', 200],
  ['GET /api/v1/ca/crl', 409],
  ['GET /api/v1/ca/crl?issuer=00', 404],
  ['POST /api/v1/ca/rotate', 409],
  ['POST /api/v1/backup', 400],
  ['GET /admin/certificates', 200],
  ['GET /admin/certificates?thumbprint=00', 404],
  ['GET /admin/certificates?start=x', 400],
  ['POST /admin/certificates', 409, { Name: 'a', SecurityClearance: 'ValidUser', Permissions: { movies: 'Read' }, $type: 'x' }],
  ['POST /admin/certificates/edit', 201, { Thumbprint: '{fingerprint}', Name: 'b', NotAfter: null }],
  ['POST /admin/certificates/edit', 400, {}],
  ['DELETE /admin/certificates?thumbprint={fingerprint}', 204],
  ['DELETE /admin/certificates', 400],
  ['DELETE /admin/certificates/purge', 204],
  ['GET /admin/certificates/export', 200],
  ['GET /certificates/whoami', 204],
  ['GET /_plugins/_security/api/rolesmapping', 200],
  ['GET /_plugins/_security/api/rolesmapping/readall', 200],
  ['GET /_plugins/_security/api/rolesmapping/nothing', 404],
  ['PUT /_plugins/_security/api/rolesmapping/readall', 200, { users: ['b'], hosts: [] }],
  ['PUT /_plugins/_security/api/rolesmapping/more', 201, { backend_roles: ['b'], reserved: true, description: 'x' }],
  ['PUT /_plugins/_security/api/rolesmapping/readall', 400, { reserved: true }],
  ['PUT /_plugins/_security/api/rolesmapping/kept', 403, { users: ['b'] }],
  ['PATCH /_plugins/_security/api/rolesmapping/readall', 200, [{ op: 'add', path: '/users/-', value: 'b' }]],
  ['PATCH /_plugins/_security/api/rolesmapping', 200, [{ op: 'remove', path: '/readall' }]],
  ['PATCH /_plugins/_security/api/rolesmapping', 400, []],
  ['DELETE /_plugins/_security/api/rolesmapping/readall', 200],
  ['POST /_plugins/_security/api/rolesmapping/readall', 501],
  ['GET /_opendistro/_security/authinfo', 200],
  ['GET /_opendistro/_security/whoami', 200],
  ['POST /_opendistro/_security/api/whoami', 200],
  ['GET /_opendistro/_security/health?mode=lenient', 200],
]

describe('answers are as described', () => {
  for (const [line, status, body] of SAMPLES) {
    it(`${line} ${body === undefined ? '' : JSON.stringify(body)} -> ${status}`, async (t) => {
      const { files, handlers } = await opened(t)
      const { der } = await files.authority.issue({ subject: 'CN=root,O=Acme' })
      const facts = { der, name: 'root', notAfter: Date.now() + 3_600_000, sans: ['dNSName:a.test'] }
      const [entry] = files.context.store.registry.add([newEntry(facts)], AT_SOCKET.actor)
      const asked = line.replace('{fingerprint}', entry?.fingerprint ?? '')
      const given: unknown =
        typeof body === 'object' ? JSON.parse(JSON.stringify(body).replace('{fingerprint}', entry?.fingerprint ?? '')) : body
      const told = await asking(handlers)(asked, body === undefined ? {} : { body: given })
      assert.equal(told.status, status, told.text)
      const operation = operationOf(line)
      const wanted = operation?.requestBody?.content['application/json']?.schema
      if (wanted !== undefined && given !== undefined && status < 400) zodOf(wanted).parse(given)
      const answer = answerOf(operation, status)
      const type = (told.headers['Content-Type'] ?? '').split(';')[0] ?? ''
      if (type === '' && answer.content === undefined) return
      const schema = answer.content?.[type]?.schema
      assert.ok(schema !== undefined, `${type} is not described for ${line} ${status}`)
      if (told.json !== null) zodOf(schema).parse(told.json)
      for (const name of Object.keys(answer.headers ?? {})) assert.ok(told.headers[name] !== undefined, `${name} is missing`)
    })
  }

  it('also where a certificate or the form of a request is refused', () => {
    const schemas = { problem: 'Problem', raven: 'RavenProblem', opensearch: 'OpenSearchProblem' } as const
    const asked = { requestId: 'x', accept: '', method: 'GET', url: '/', close: true }
    for (const [shape, name] of Object.entries(schemas) as ['problem' | 'raven' | 'opensearch', string][])
      for (const reason of REASONS) {
        const { status, contentType, text } = tellRefusal({ reason, shape, ...asked })
        if (contentType.startsWith('text/plain')) assert.deepEqual([shape, status], ['opensearch', 401])
        else zodOf(ref(name)).parse(JSON.parse(text))
      }
  })

  it('and what is not would be seen', () => {
    const problem = { type: 'urn:certgate:admin:x', title: 'x', status: 400, detail: 'x', code: 'x' }
    const checked = zodOf(ref('Problem'))
    assert.ok(checked.safeParse(problem).success)
    for (const wrong of [{ ...problem, more: 1 }, { ...problem, status: 'x' }, { ...problem, type: 'about:blank' }, { title: 'x' }])
      assert.ok(!checked.safeParse(wrong).success, JSON.stringify(wrong))
  })
})

function answerOf(operation: Operation | undefined, status: number): Answer {
  const answer = operation?.responses[String(status)]
  assert.ok(answer !== undefined, `${operation?.operationId} does not describe ${status}`)
  const name = /^#\/components\/responses\/(\w+)$/.exec(answer.$ref ?? '')?.[1]
  return name === undefined ? answer : (OPENAPI.components.responses[name] as Answer)
}

/** The operation that a line asks for: by its words, or where they stand for what varies. */
function operationOf(line: string): Operation | undefined {
  const [method, path = ''] = line.replace(/\?.*/, '').split(' ')
  const isLike = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/, '[^/]+')}$`).test(path)
  const fitting = documented.filter((one) => one.method === method && isLike(one.path))
  return (fitting.find((one) => one.path === path) ?? fitting[0])?.operation
}

/** Without `not`, which zod does not know. */
function zodOf(schema: Schema): z.ZodType {
  const known = JSON.parse(JSON.stringify(whole(schema)), (key, value: unknown) => (key === 'not' ? undefined : value))
  return z.fromJSONSchema(known as Parameters<typeof z.fromJSONSchema>[0])
}

/** With what it refers to in its place. */
function whole(schema: Schema): unknown {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    const name = /^#\/components\/schemas\/(\w+)$/.exec((value as Schema | null)?.$ref ?? '')?.[1]
    return name === undefined ? value : whole(OPENAPI.components.schemas[name] as Schema)
  })
}
