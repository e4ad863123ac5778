import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import { judgeMapping } from '../../../../src/admin/mapping/judge-mapping.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import type { Problem } from '../../../../src/errors.ts'
import { AT_SOCKET, administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'
import { newEntry } from '../../../support/registry-store.ts'

async function opened(t: TestContext) {
  const files = await administeredFiles(t)
  return { files, ask: asking(gatewayApi(files.context, new EventHub())) }
}

describe('/api/v1/mapping', () => {
  it('shows the roles, and the file as it is', async (t) => {
    const { files, ask } = await opened(t)
    const { json, headers } = await ask('GET /api/v1/mapping')
    const { roles } = json as { roles: Record<string, { users: string[] }> }
    assert.deepEqual(Object.keys(roles), ['readall', 'admin', 'kept'])
    assert.deepEqual(roles.readall?.users, ['CLIENT0'])
    const file = await ask('GET /api/v1/mapping.yml')
    assert.equal(file.body, files.read())
    assert.equal(file.headers.ETag, headers.ETag)
    assert.equal((await ask('GET /api/v1/mapping.yml', { headers: { 'if-none-match': headers.ETag ?? '' } })).status, 304)
  })

  it('writes the file as it is given, reserved roles too', async (t) => {
    const { files, ask } = await opened(t)
    const text = '# mine\nreadall: { users: [CLIENT1] } # and a comment\n'
    const tag = (await ask('GET /api/v1/mapping.yml')).headers.ETag ?? ''
    const { status, json, headers } = await ask('PUT /api/v1/mapping.yml', { body: text, headers: { 'if-match': tag } })
    assert.equal(status, 200)
    assert.equal(files.read(), text)
    const { changes, warnings } = json as { changes: unknown; warnings: Problem[] }
    assert.deepEqual(changes, [
      { role: 'readall', change: 'changed' },
      { role: 'admin', change: 'deleted' },
      { role: 'kept', change: 'deleted' },
    ])
    assert.match(warnings[0]?.message ?? '', /^unknown role 'admin': nothing in .* defines it$/)
    assert.equal(headers.ETag, (await ask('GET /api/v1/mapping')).headers.ETag)
    const late = await ask('PUT /api/v1/mapping.yml', { body: 'a: {}\n', headers: { 'if-match': tag } })
    assert.equal(late.status, 412)
    assert.equal(files.read(), text)
  })

  it('takes no body at all for a mistake, and {} for a mapping without roles', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    for (const line of ['PUT /api/v1/mapping.yml', 'POST /api/v1/mapping/validate']) {
      const { status, json } = await ask(line, { body: '' })
      assert.deepEqual([status, (json as { detail: string }).detail], [400, 'the request has no body'], line)
    }
    assert.equal(files.read(), before)
    const roles = { readall: null, admin: null }
    files.write('roles_mapping.yml', 'readall: { users: [a] }\nadmin: { users: [b] }\n')
    const { text } = (await ask('POST /api/v1/mapping/preview', { body: { roles } })).json as { text: string }
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: text })).status, 200)
    assert.deepEqual((await ask('GET /api/v1/mapping')).json, { roles: {} })
  })

  it('takes back the tag that it gave for a file that is missing', async (t) => {
    const { files, ask } = await opened(t)
    const file = join(files.folder, 'roles_mapping.yml')
    rmSync(file)
    const told = await ask('GET /api/v1/mapping.yml')
    const headers = { 'if-match': told.headers.ETag ?? '' }
    assert.deepEqual([told.status, told.body], [200, ''])
    const body = { roles: { readall: { users: ['bob'] }, admin: { users: ['root'] } } }
    const previewed = await ask('POST /api/v1/mapping/preview', { body, headers })
    assert.equal(previewed.status, 200, previewed.text)
    const { text } = previewed.json as { text: string }
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: text, headers: { 'if-match': '*' } })).status, 412)
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: text, headers })).status, 200)
    assert.equal(files.read(), text)
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: text, headers })).status, 412)
    rmSync(file)
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: text, headers: { 'if-none-match': '*' } })).status, 200)
  })

  it('tells every problem of a text that it does not take, as check does', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    const body = 'a: { users: ["/(/"] }\nb: { usres: [] }\n'
    const put = await ask('PUT /api/v1/mapping.yml', { body })
    assert.equal(put.status, 400)
    const { code, type, problems } = put.json as { code: string; type: string; problems: Problem[] }
    assert.deepEqual([code, type], ['mapping_invalid', 'urn:certgate:admin:mapping_invalid'])
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 2],
    )
    assert.match(problems[1]?.snippet ?? '', /^ 2 \| b: \{ usres: \[\] \}\n/)
    assert.equal(problems[1]?.hint, 'did you mean `users`?')
    const validated = await ask('POST /api/v1/mapping/validate', { body })
    assert.deepEqual(validated.json, { ok: false, file: problems[0]?.file, problems, affected: null })
    assert.equal(files.read(), before)
  })

  it('says before the fact whose roles would change', async (t) => {
    const { files, ask } = await opened(t)
    const issue = async (name: string, disabled = false) => {
      const { der } = await files.authority.issue({ subject: `CN=${name},O=Acme` })
      const [entry] = files.context.store.registry.add(
        [newEntry({ der, name, notBefore: Date.now() - 1_000, notAfter: Date.now() + 86_400_000 })],
        AT_SOCKET.actor,
      )
      if (disabled) files.context.store.registry.disable(entry?.fingerprint ?? '', AT_SOCKET.actor)
      return entry?.fingerprint
    }
    const [root, , client] = [await issue('root'), await issue('other'), await issue('CLIENT0'), await issue('root2', true)]
    const { json } = await ask('POST /api/v1/mapping/validate', {
      body: 'readall: { users: ["root*", CLIENT0] }\nadmin: { users: [CLIENT0] }\n',
    })
    const { ok, problems, affected } = json as { ok: boolean; problems: Problem[]; affected: unknown }
    assert.deepEqual([ok, problems], [true, []])
    assert.deepEqual(affected, {
      total: 2,
      certificates: [
        { fingerprint: root, name: 'root', gained: ['readall'], lost: ['admin'] },
        { fingerprint: client, name: 'CLIENT0', gained: ['admin'], lost: [] },
      ],
      complete: true,
    })
    assert.match(files.read(), /# readers/, 'nothing is written')
  })

  it('shows what an edit of roles would make of the file, with its comments, and writes nothing', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    const tag = (await ask('GET /api/v1/mapping')).headers.ETag ?? ''
    const preview = (roles: unknown, headers = { 'if-match': tag }) => ask('POST /api/v1/mapping/preview', { body: { roles }, headers })
    const { json, headers, status } = await preview({
      readall: { users: ['CLIENT0', 'bob'] },
      made: { hosts: ['10.0.0.0/8'] },
      admin: null,
    })
    assert.equal(status, 200)
    const { text, changes, ok } = json as { text: string; changes: unknown; ok: boolean }
    assert.deepEqual(changes, [
      { role: 'readall', change: 'changed' },
      { role: 'made', change: 'created' },
      { role: 'admin', change: 'deleted' },
    ])
    assert.match(text, /# readers/)
    assert.match(text, /bob/)
    assert.equal(ok, true)
    assert.equal(headers.ETag, tag)
    assert.equal(files.read(), before)
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: text, headers: { 'if-match': tag } })).status, 200)
    assert.equal((await preview({ readall: {} })).status, 412)
  })

  it('knows a tag that lost its quotes from one of another text', async (t) => {
    const { files, ask } = await opened(t)
    const put = async (tag: string, header = 'if-match') => {
      const { status, json } = await ask('PUT /api/v1/mapping.yml', { body: files.read(), headers: { [header]: tag } })
      return [status, (json as { code?: string }).code]
    }
    const tag = (await ask('GET /api/v1/mapping.yml')).headers.ETag ?? ''
    for (const odd of [tag.slice(1, -1), '', `${tag}x`, `w/${tag}`, `*, ${tag}`, '"']) {
      assert.deepEqual(await put(odd), [400, 'invalid_request'], odd)
      assert.deepEqual(await put(odd, 'if-none-match'), [400, 'invalid_request'], odd)
    }
    for (const other of ['"x"', `W/${tag}`, '"a,b", W/"c"']) assert.deepEqual(await put(other), [412, 'precondition_failed'], other)
    for (const right of [tag, '*', `"x", ${tag}`, ` "x",, ${tag} `]) assert.deepEqual(await put(right), [200, undefined], right)
  })

  it('previews no edit that the roles API would refuse', async (t) => {
    const { ask } = await opened(t)
    const refused = async (body: unknown) => {
      const { status, json } = await ask('POST /api/v1/mapping/preview', { body })
      return [status, (json as { code: string }).code]
    }
    assert.deepEqual(await refused({ roles: { kept: null } }), [403, 'reserved'])
    assert.deepEqual(await refused({ roles: { nothing: null } }), [404, 'mapping_missing'])
    assert.deepEqual(await refused({ roles: { a: { users: 'x' } } }), [400, 'mapping_input'])
    assert.deepEqual(await refused({ roles: { a: { users: ['/(/'] } } }), [400, 'mapping_input'])
    assert.deepEqual(await refused({ roles: {} }), [400, 'invalid_request'])
    assert.deepEqual(await refused({ roles: { a: {} }, more: 1 }), [400, 'invalid_request'])
  })

  it('looks for who is affected only where that is wanted', async (t) => {
    const { ask } = await opened(t)
    const { json } = await ask('POST /api/v1/mapping/validate?affected=false', { body: 'admin: { users: [x] }\n' })
    assert.equal((json as { affected: unknown }).affected, null)
    for (const odd of ['maybe', '', 'true,false'])
      assert.equal((await ask(`POST /api/v1/mapping/validate?affected=${odd}`, { body: 'readall: {}' })).status, 400, odd)
  })

  it('warns of routes whose role nobody would have, with their lines', async (t) => {
    const { ask } = await opened(t)
    const { json } = await ask('POST /api/v1/mapping/validate', { body: 'readall: { users: [x] }\n' })
    const { ok, problems } = json as { ok: boolean; problems: Problem[] }
    assert.equal(ok, true)
    assert.match(problems[0]?.snippet ?? '', /name: read movies/)
    assert.deepEqual(new Set(problems.map(({ severity }) => severity)), new Set(['warning']))
  })

  it('is read by Operator and written by ClusterAdmin', async (t) => {
    const { files, ask } = await opened(t)
    for (const [clearance, read, write] of [
      ['Operator', 200, 403],
      ['ValidUser', 403, 403],
      ['ClusterAdmin', 200, 200],
    ] as const) {
      const caller = callerWith(files, clearance)
      for (const line of ['GET /api/v1/mapping', 'GET /api/v1/mapping.yml'])
        assert.equal((await ask(line, { caller })).status, read, `${clearance} ${line}`)
      assert.equal((await ask('POST /api/v1/mapping/validate', { caller, body: files.read() })).status, read, `${clearance} validate`)
      const edit = { caller, body: { roles: { readall: {} } } }
      assert.equal((await ask('POST /api/v1/mapping/preview', edit)).status, read, `${clearance} preview`)
      assert.equal((await ask('PUT /api/v1/mapping.yml', { caller, body: files.read() })).status, write, clearance)
    }
  })

  it('takes a mapping with a hundred thousand users, from who may write it', async (t) => {
    const { files, ask } = await opened(t)
    const users = Array.from({ length: 100_000 }, (_, index) => `some-user-${index}`)
    const told = await ask('PUT /_plugins/_security/api/rolesmapping/readall', { body: { users } })
    assert.equal(told.status, 200, told.text)
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: `# again\n${files.read()}` })).status, 200)
    const caller = callerWith(files, 'Operator')
    assert.equal((await ask('POST /api/v1/mapping/validate', { caller, body: files.read() })).status, 413)
    const [entry] = files.context.store.audit.read({ filter: { action: 'mapping.edit' } })
    assert.match(JSON.stringify(entry?.details.roles), /"some-user-999","and 99000 more"\]/)
  })

  it('takes no body of any size, and none that is no text', async (t) => {
    const { files, ask } = await opened(t)
    const before = files.read()
    const huge = `a: { users: ["${'x'.repeat(64 * 1024 * 1024)}"] }`
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: huge })).status, 413)
    assert.equal((await ask('PUT /_plugins/_security/api/rolesmapping/a', { body: huge })).status, 413)
    assert.equal((await ask('PUT /api/v1/mapping.yml', { body: '- a\n- b\n' })).status, 400)
    assert.equal(files.read(), before)
  })

  it('refuses what would take long to compile, whoever gives it', async (t) => {
    const { files, ask } = await opened(t)
    const users = Array.from({ length: 1_000 }, (_, index) => `/x{1000}${index}/`)
    const body = `r:\n users:\n${users.map((user) => ` - ${user}\n`).join('')}`
    const before = files.read()
    const started = performance.now()
    const judged = async (line: string, given: unknown) => (await ask(line, { body: given })).text
    assert.match(await judged('POST /api/v1/mapping/validate', body), /more than size 100000 together/)
    assert.match(await judged('POST /api/v1/mapping/preview', { roles: { r: { users } } }), /more than size 100000 together/)
    assert.match(await judged('PUT /api/v1/mapping.yml', body), /more than size 100000 together/)
    assert.match(await judged('PUT /_plugins/_security/api/rolesmapping/r', { users }), /more than size 100000 together/)
    assert(performance.now() - started < 10_000)
    assert.equal(files.read(), before)
  })

  it('judges nothing for who has gone', async (t) => {
    const { files } = await opened(t)
    const gone = AbortSignal.abort()
    const judged = judgeMapping('a: {}\n', 'm.yml', files.context.inForce(), files.context.authority(), gone)
    await assert.rejects(judged, { name: 'AbortError' })
  })
})
