/** What a certificate may do, route by route, and changes that are held to what their sender has seen. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Certificates } from '../../../../src/admin/certificates/certificates.ts'
import { certificatesV1 } from '../../../../src/admin/v1/certificates.ts'
import { AT_SOCKET, administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'
import { administration } from '../../../support/administration.ts'

const ROOT = '/api/v1/certificates'
const ROUTES = `routes:
  - { name: read movies, path: "/movies/{kind}/**", methods: [GET, HEAD], allow: [readall, admin], upstream: search }
  - { name: database, path: "/databases/{db}/**", allow: [admin, { database: "{db}", access: auto }], upstream: search }
  - { name: writing, path: "/write/{db}", allow: [{ database: "{db}", access: write }], upstream: search }
  - { name: posting, path: "/post/{db}", methods: [POST], allow: [{ database: "{db}" }], upstream: search }
  - { name: anybody, path: /who, allow: [authenticated], upstream: search }
  - { name: open, path: /open, allow: [anonymous], upstream: search }
  - { name: rest, path: /**, allow: [admin], upstream: search }
`

interface Access {
  readonly total: number
  readonly routes: readonly {
    route: string
    access: string
    reason: string | null
    detail: string
    databases: string[]
    listener: string
  }[]
}

async function opened(t: TestContext) {
  const files = await administeredFiles(t)
  files.write('certgate.yml', files.read('certgate.yml').replace(/routes:[\s\S]*/, ROUTES))
  await files.context.reload({ name: 'cli', fingerprint: null })
  const ask = asking([certificatesV1(new Certificates(files.context))])
  const trust = async (name: string, clearance: string, permissions = {}) => {
    const { certificate } = await files.authority.issue({ subject: `CN=${name}` })
    const told = await ask(`POST ${ROOT}/trust`, { body: JSON.stringify({ certificate, name, clearance, permissions }) })
    assert.equal(told.status, 201, told.text)
    return (told.json as { certificates: { fingerprint: string }[] }).certificates[0]?.fingerprint ?? ''
  }
  const access = async (fingerprint: string, query = '') => (await ask(`GET ${ROOT}/${fingerprint}/access${query}`)).json as Access
  return { files, ask, trust, access }
}

describe('/api/v1/certificates/{ref}/access', () => {
  it('says of each route whether it lets the holder in, and why', async (t) => {
    const { trust, access } = await opened(t)
    const { total, routes } = await access(await trust('CLIENT0', 'ValidUser', { Movies: 'Read', Logs: 'ReadWrite' }))
    assert.equal(total, 7)
    assert.deepEqual(
      routes.map(({ route, access: told }) => [route, told]),
      [
        ['read movies', 'allowed'],
        ['database', 'conditional'],
        ['writing', 'conditional'],
        ['posting', 'conditional'],
        ['anybody', 'allowed'],
        ['open', 'allowed'],
        ['rest', 'denied'],
      ],
    )
    const [movies, database, writing, posting, , , rest] = routes
    assert.equal(movies?.detail, 'the route allows readall')
    assert.equal(database?.detail, 'by database: Logs: ReadWrite, Movies: Read')
    assert.equal(movies?.listener, 'main')
    assert.deepEqual(database?.databases, ['Logs', 'Movies'])
    assert.deepEqual(writing?.databases, ['Logs'], 'what may only be read is not written')
    assert.deepEqual(posting?.databases, ['Logs'], 'nor where only POST is taken')
    assert.equal(rest?.reason, 'role_missing')
    assert.match(rest?.detail ?? '', /has only readall; route 'rest' allows admin/)
  })

  it('lets an operator into every database, and a disabled certificate nowhere', async (t) => {
    const { ask, trust, access } = await opened(t)
    const fingerprint = await trust('olga', 'Operator')
    assert.deepEqual((await access(fingerprint)).routes[2]?.detail, 'Operator has Admin on every database')
    await ask(`POST ${ROOT}/${fingerprint}/disable`)
    const { routes } = await access(fingerprint)
    assert.ok(routes.every(({ access: told, reason }) => told === 'denied' && reason === 'certificate_disabled'))
  })

  it('tells the pages that are asked for, and only to who may read', async (t) => {
    const { files, ask, trust, access } = await opened(t)
    const fingerprint = await trust('olga', 'Operator')
    const { total, routes } = await access(fingerprint, '?offset=5&limit=1')
    assert.deepEqual([total, routes.map(({ route }) => route)], [7, ['open']])
    assert.equal((await ask(`GET ${ROOT}/${fingerprint}/access?limit=1001`)).status, 400)
    assert.equal((await ask(`GET ${ROOT}/${fingerprint}/access`, { caller: callerWith(files, 'ValidUser') })).status, 403)
    assert.equal((await ask(`GET ${ROOT}/${'0'.repeat(64)}/access`, { caller: AT_SOCKET })).status, 404)
  })
})

describe('changes of a certificate that say what they have seen', () => {
  it('are made where it still is so, and else change nothing', async (t) => {
    const { ask, json, someone, entry } = administration(t)
    await someone('root', 'ClusterAdmin')
    await someone('bob', 'ValidUser', { Movies: 'Read' })
    const { fingerprint } = entry('bob')
    const one = `${ROOT}/${fingerprint}`
    const tag = async () => String((await ask(`GET ${one}`)).headers.ETag)
    const first = await tag()
    const edited = await ask(`PATCH ${one}`, { body: { name: 'Bob' }, headers: { 'if-match': first } })
    assert.equal(edited.status, 200)
    assert.notEqual(edited.headers.ETag, first)
    assert.equal(edited.headers.ETag, await tag(), 'the answer has the tag of what is there now')
    const stale = { headers: { 'if-match': first } }
    const withBody = { ...stale, body: { clearance: 'Operator' } }
    assert.equal((await json(412, `PATCH ${one}`, withBody)).code, 'precondition_failed')
    for (const action of ['disable', 'revoke']) await json(412, `POST ${one}/${action}`, stale)
    await json(412, `DELETE ${one}`, stale)
    await json(200, `POST ${one}/disable`, { headers: { 'if-match': await tag() } })
    await json(412, `POST ${one}/enable`, stale)
    await json(200, `POST ${one}/enable`, { headers: { 'if-match': await tag() } })
    const { name, clearance, disabled, revoked } = entry('Bob')
    assert.deepEqual({ name, clearance, disabled, revoked }, { name: 'Bob', clearance: 'ValidUser', disabled: false, revoked: null })
    await json(204, `DELETE ${one}`, { headers: { 'if-match': await tag() } })
  })

  it('are held to nothing that only time and use change', async (t) => {
    const { ask, someone, entry, store } = administration(t)
    await someone('bob', 'ValidUser')
    const { fingerprint } = entry('bob')
    const before = (await ask(`GET ${ROOT}/${fingerprint}`)).headers.ETag
    store.registry.noteSeen(new Map([[fingerprint, Date.now()]]))
    assert.equal((await ask(`GET ${ROOT}/${fingerprint}`)).headers.ETag, before)
  })
})

describe('the details of a certificate', () => {
  it('have the CAs above it, and those that its key would take with it', async (t) => {
    const { json, someone, entry } = administration(t)
    await someone('bob', 'ValidUser')
    const { chain, same_key: sameKey } = await json(200, `GET ${ROOT}/${entry('bob').fingerprint}`)
    const above = chain as { subject: string; fingerprint: string; not_after: string }[]
    assert.equal(new Set(above.map(({ subject }) => subject)).size, 2, 'the issuing CA and its root')
    assert.equal(above[0]?.subject, entry('bob').issuerDn)
    assert.match(above[0]?.fingerprint ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(sameKey, [])
  })
})
