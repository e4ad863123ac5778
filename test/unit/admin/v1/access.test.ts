/** The matrix of identities by routes, and that it says what explain says. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { EventHub } from '../../../../src/admin/event-hub.ts'
import type { AccessRow } from '../../../../src/admin/explain/access-matrix.ts'
import type { Explanation } from '../../../../src/admin/explain/explanation.ts'
import { gatewayApi } from '../../../../src/admin/v1/gateway-api.ts'
import { leafOf } from '../../../../src/certificates/entry-facts.ts'
import type { NewEntry } from '../../../../src/store/types.ts'
import { AT_SOCKET, administeredFiles, asking, callerWith } from '../../../support/administered-files.ts'
import { createAuthority, type Issued } from '../../../support/authority.ts'
import { newEntry } from '../../../support/registry-store.ts'

const CONFIG = `listeners:
  main:
    address: 127.0.0.1:8443
    tls:
      certificate: { cert: server.crt, key: server.key }
      clientauth_mode: REQUIRE
      client_ca: [ca.crt]
      trust: both
  plain: { address: 127.0.0.1:8444, tls: off }
roles_mapping: roles_mapping.yml
upstreams:
  search: { targets: ["http://127.0.0.1:9200"] }
routes:
  - { name: read movies, path: "/movies/{kind}/**", methods: [GET, HEAD], allow: [readall, admin], upstream: search }
  - { name: databases, path: "/databases/{db}/**", allow: [admin, { database: "{db}" }], upstream: search }
  - { name: own, path: /own, allow: [authenticated], host: [db.example, "*.db.example"], upstream: search }
  - { name: inside, path: /inside/*.json, allow: [authenticated], listener: [plain], upstream: search }
  - { name: open, path: /status, allow: [anonymous], upstream: search }
  - { name: rest, path: /**, allow: [admin], upstream: search }
  - { name: never, path: /movies/never, allow: [admin], upstream: search }
`

interface Access {
  readonly total: number
  readonly registered: number
  readonly routes: readonly { readonly name: string }[]
  readonly routes_total: number
  readonly by_address: boolean
  readonly identities: readonly AccessRow[]
}

async function opened(t: TestContext) {
  const files = await administeredFiles(t, { config: CONFIG })
  const ask = asking(gatewayApi(files.context, new EventHub()))
  const add = (name: string, issued: Issued, more: Partial<NewEntry> = {}): string => {
    const { pin, certificate } = leafOf(issued.der)
    const facts = { der: issued.der, pin, name, subjectDn: certificate.dn, notAfter: certificate.notAfter, ...more }
    return files.context.store.registry.add([newEntry(facts)], AT_SOCKET.actor)[0]?.fingerprint ?? ''
  }
  const issue = (name: string, notAfter?: Date) =>
    files.authority.issue({ subject: `CN=${name}`, ...(notAfter === undefined ? {} : { notAfter }) })
  add('reader', await issue('CLIENT0'), {
    permissions: new Map([
      ['Movies', 'Read'],
      ['books', 'ReadWrite'],
    ]),
  })
  add('boss', await issue('root'), { clearance: 'ValidUser' })
  add('operator', await issue('operator'), { clearance: 'Operator' })
  add('nobody', await issue('nobody'))
  add('expired', await issue('CLIENT0', new Date(Date.now() - 60_000)))
  add('stranger', await (await createAuthority('CN=Other')).issue({ subject: 'CN=root' }))
  files.context.store.registry.revoke(add('revoked', await issue('root')), 'keyCompromise', AT_SOCKET.actor)
  const access = async (query = '') => {
    const told = await ask(`GET /api/v1/access${query}`)
    assert.equal(told.status, 200, told.text)
    return told.json as Access
  }
  return { files, ask, access }
}

function rowsOf({ identities }: Access): Record<string, string[]> {
  return Object.fromEntries(identities.map(({ name, cells }) => [name, cells.map(({ access, reason }) => reason ?? access)]))
}

describe('/api/v1/access', () => {
  it('tells who gets through which route, by which ground', async (t) => {
    const { access } = await opened(t)
    const told = await access()
    const names = ['read movies', 'databases', 'own', 'inside', 'open', 'rest', 'never']
    assert.deepEqual(
      told.routes.map(({ name }) => name),
      names,
    )
    const plain = ['certificate_required', 'allowed']
    const refused = (reason: string) => [reason, reason, reason, 'certificate_required', reason, reason, reason]
    assert.deepEqual(rowsOf(told), {
      boss: ['allowed', 'allowed', 'allowed', ...plain, 'allowed', 'allowed'],
      expired: refused('certificate_expired'),
      nobody: ['role_missing', 'role_missing', 'allowed', ...plain, 'role_missing', 'role_missing'],
      operator: ['role_missing', 'allowed', 'allowed', ...plain, 'role_missing', 'role_missing'],
      reader: ['allowed', 'conditional', 'allowed', ...plain, 'role_missing', 'role_missing'],
      revoked: refused('certificate_revoked'),
      stranger: refused('certificate_unknown_issuer'),
    })
    const reader = told.identities.find(({ name }) => name === 'reader')
    assert.deepEqual([reader?.identity, reader?.roles, reader?.state], ['CLIENT0', ['readall'], 'expiring'])
    const [movies, databases] = reader?.cells ?? []
    assert.deepEqual(movies, {
      access: 'allowed',
      methods: ['GET', 'HEAD'],
      reason: null,
      detail: 'the route allows readall',
      example: { listener: 'main', method: 'GET', url: '/movies/kind' },
    })
    assert.equal(databases?.detail, 'by database: Movies: Read, books: ReadWrite')
    assert.deepEqual(databases?.example, { listener: 'main', method: 'GET', url: '/databases/Movies' })
    assert.deepEqual(reader?.cells[2]?.example, { listener: 'main', method: 'GET', url: 'https://db.example/own' })
    assert.equal(reader?.cells[6]?.example, null, 'an earlier route takes all that the last one would')
  })

  it('says what explain says, cell by cell', async (t) => {
    const { ask, access } = await opened(t)
    let compared = 0
    for (const { fingerprint, name, cells } of (await access()).identities) {
      for (const { access: told, reason, example } of cells) {
        if (example === null) continue
        const { json } = await ask('POST /api/v1/explain', { body: { fingerprint, ...example } })
        const said = json as Explanation
        assert.deepEqual([said.allowed, said.reason], [told !== 'denied', reason], `${name} ${example.method} ${example.url}`)
        compared++
      }
    }
    assert.equal(compared, 42)
  })

  const MAPPING = `admin: { users: [root, "guest*", "/x.*/", zoe, "CN=boss, O=Acme", opendistro_security_anonymous] }
readall: { users: [ZOE, zoe, CLIENT0, "CN=boss,O=Acme", " "] }
`
  const mapped = ({ identities }: Access) => identities.filter(({ source }) => source === 'mapping').map(({ name }) => name)

  it('tells of those whom the mapping names exactly and no certificate is registered of, as explain does', async (t) => {
    const { files, ask, access } = await opened(t)
    files.write('roles_mapping.yml', MAPPING)
    await files.context.reload({ name: 'cli', fingerprint: null })
    const told = await access()
    assert.deepEqual([told.total, told.registered, told.identities.length], [10, 7, 10])
    assert.deepEqual(mapped(told), ['CN=boss,O=Acme', 'zoe', 'ZOE'])
    assert.deepEqual(
      told.identities.slice(0, 7).map(({ source }) => source),
      Array(7).fill('registered'),
    )
    const zoe = told.identities.find(({ name }) => name === 'zoe')
    assert.deepEqual(
      [zoe?.fingerprint, zoe?.state, zoe?.clearance, zoe?.subject, zoe?.identity, zoe?.roles],
      [null, null, null, 'CN=zoe', 'zoe', ['admin', 'readall']],
    )
    const plain = ['certificate_required', 'allowed']
    assert.deepEqual(rowsOf(told).ZOE, ['allowed', 'role_missing', 'allowed', ...plain, 'role_missing', 'role_missing'])
    let compared = 0
    for (const { source, name, cells } of told.identities) {
      for (const { access: cell, reason, example } of cells) {
        if (source !== 'mapping' || example === null) continue
        const claim = name.includes('=') ? { dn: name } : { cn: name }
        const { json } = await ask('POST /api/v1/explain', { body: { ...claim, ...example } })
        const said = json as Explanation
        assert.deepEqual([said.allowed, said.reason], [cell !== 'denied', reason], `${name} ${example.method} ${example.url}`)
        compared++
      }
    }
    assert.equal(compared, 18)
  })

  it('pages and finds them behind the certificates, or alone', async (t) => {
    const { files, ask, access } = await opened(t)
    files.write('roles_mapping.yml', MAPPING)
    await files.context.reload({ name: 'cli', fingerprint: null })
    const names = async (query: string) => (await access(query)).identities.map(({ name }) => name)
    assert.deepEqual(await names('?offset=6&limit=2'), ['stranger', 'CN=boss,O=Acme'])
    assert.deepEqual(await names('?offset=8&limit=5'), ['zoe', 'ZOE'])
    assert.deepEqual(await names('?offset=10'), [])
    assert.deepEqual(await names('?source=mapping&offset=1&limit=1'), ['zoe'])
    assert.deepEqual((await access('?source=registered')).total, 7)
    assert.deepEqual(await names('?text=BOSS'), ['boss', 'CN=boss,O=Acme'])
    assert.deepEqual(await names('?text=cn%3DZoe'), ['zoe', 'ZOE'])
    assert.equal((await ask('GET /api/v1/access?source=both')).status, 400)
  })

  it('follows certificates that come and go, and the mapping, and judges no more than the page', { timeout: 60_000 }, async (t) => {
    const { files, access } = await opened(t)
    const { registry } = files.context.store
    const many = Array.from({ length: 20_000 }, (_, index) => `u${String(index).padStart(6, '0')}`)
    files.write('roles_mapping.yml', `readall: { users: [${many.join(', ')}, CLIENT0, early] }\n`)
    await files.context.reload({ name: 'cli', fingerprint: null })
    const first = await access('?source=mapping&text=early')
    assert.deepEqual(mapped(first), ['early'])
    assert.equal((await access('?source=mapping&limit=1')).total, 20_001)
    const issued = await files.authority.issue({ subject: 'CN=early,O=Acme' })
    const add = (more: Partial<NewEntry> = {}) =>
      registry.add(
        [newEntry({ der: issued.der, pin: leafOf(issued.der).pin, name: 'label', subjectDn: 'CN=early,O=Acme', ...more })],
        AT_SOCKET.actor,
      )
    // Of a CA of ours it stays refused when it was removed: its name is free all the same.
    for (const origin of [{}, { issuerKeyId: 'ab'.repeat(32) }]) {
      const [entry] = add({ notAfter: Date.now() + 3_600_000, ...origin })
      assert.deepEqual(mapped(await access('?source=mapping&text=early')), [])
      registry.edit(entry?.fingerprint ?? '', { name: 'other' }, AT_SOCKET.actor)
      registry.remove(entry?.fingerprint ?? '', AT_SOCKET.actor)
      assert.deepEqual(mapped(await access('?source=mapping&text=early')), ['early'])
    }
    files.write('roles_mapping.yml', 'readall: { users: [late, CLIENT0] }\n')
    await files.context.reload({ name: 'cli', fingerprint: null })
    assert.deepEqual(mapped(await access()), ['late'])
  })

  it('tells the methods that a permission is enough for', async (t) => {
    const { files, access } = await opened(t)
    const { registry } = files.context.store
    const [entry] = registry.list({ text: 'reader' }).entries
    registry.edit(entry?.fingerprint ?? '', { permissions: new Map([['movies', 'Read']]) }, AT_SOCKET.actor)
    const [row] = (await access('?text=reader&route=databases')).identities
    assert.deepEqual([row?.cells[0]?.access, row?.cells[0]?.methods], ['conditional', ['GET', 'HEAD', 'OPTIONS']])
  })

  it('pages, finds, and is bounded', async (t) => {
    const { files, ask, access } = await opened(t)
    const page = await access('?offset=2&limit=2&route=MOVIES')
    assert.deepEqual([page.total, page.identities.map(({ name }) => name)], [7, ['nobody', 'operator']])
    assert.deepEqual([page.routes.map(({ name }) => name), page.routes_total], [['read movies', 'never'], 2])
    assert.deepEqual((await access('?text=zzz')).identities, [])
    for (const query of ['?limit=101', '?offset=-1', '?more=1', '?text=a&text=b'])
      assert.equal((await ask(`GET /api/v1/access${query}`)).status, 400, query)
    assert.equal((await ask('GET /api/v1/access', { caller: callerWith(files, 'Operator') })).status, 200)
  })

  it('lets others get their turn between rows, and ends for who is disabled meanwhile', async (t) => {
    const { files, ask } = await opened(t)
    const caller = callerWith(files, 'Operator')
    const asked = ask('GET /api/v1/access', { caller })
    let turns = 0
    const count = (): void => {
      if (++turns === 2) files.context.store.registry.disable(caller.actor.fingerprint ?? '', AT_SOCKET.actor)
      setImmediate(count).unref()
    }
    setImmediate(count)
    assert.equal((await asked).status, 403)
    assert.ok(turns >= 2)
  })
})
