import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Lifetime } from '../../support/lifetime.ts'
import { ask, type Movies, type Page, preparePage, reply, runVerbatim, type Setup, serveMovies, type Told } from '../../support/movies.ts'
import { absentPython } from '../../support/outside-program.ts'

// Open Distro's page "Client certificate authentication", carried out: its block of configuration as it stands, its files in
// its own format, and its Python program reading movies/_doc/3. What a stranger asks never reaches the store.

const skip = absentPython('requests')
let page: Page

before(async () => {
  if (skip === false) page = await preparePage()
})

const serve = (t: Lifetime, setup: Setup) => serveMovies(t, page, setup)

/** The read arrived, as this user and with these roles; nothing else did. */
function assertRead(movies: Movies, answer: Told, user: string, roles: string): void {
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, reply])
  const [request, ...others] = movies.store.requests
  assert.deepEqual(others, [])
  assert.equal(request?.path, '/movies/_doc/3')
  assert.equal(request.headers['x-proxy-user'], user)
  assert.equal(request.headers['x-proxy-roles'], roles)
  assert.equal(request.headers.authorization, undefined)
}

function assertRefused(movies: Movies, answer: Told, status: number, code: string): void {
  assert.deepEqual([answer.status, JSON.parse(answer.body).code], [status, code])
  assert.deepEqual(movies.store.requests, [])
}

describe('the certificate alone', { skip }, () => {
  for (const mode of ['OPTIONAL', 'REQUIRE'] as const) {
    test(`the page's program reads the document under ${mode}`, async (t) => {
      const movies = await serve(t, { mode })
      const body = await runVerbatim(movies)
      assertRead(movies, { status: 200, body }, 'CLIENT1', 'own_index,readall')
    })

    test(`it does so with real verification too under ${mode}`, async (t) => {
      const movies = await serve(t, { mode })
      assertRead(movies, await ask(movies, { certificate: 'CLIENT1' }), 'CLIENT1', 'own_index,readall')
    })

    test(`another common name has no role, and no certificate is 401 under ${mode}`, async (t) => {
      const movies = await serve(t, { mode })
      assertRefused(movies, await ask(movies, { certificate: 'CLIENT2' }), 403, 'role_missing')
      assertRefused(movies, await ask(movies), 401, 'certificate_required')
    })
  }

  test('under NONE no certificate is asked for, and so nobody is anybody', async (t) => {
    const movies = await serve(t, { mode: 'NONE' })
    const { status } = await ask(movies, { certificate: 'CLIENT1' })
    assert.equal(status, 401)
    assert.deepEqual(movies.store.requests, [])
  })

  test('CLIENT1 reads movies, and may neither write them nor read anything else', async (t) => {
    const movies = await serve(t, { mode: 'REQUIRE' })
    const cert = 'cert = (cert_file_path, key_file_path), verify=False'
    const more = `
print(requests.put(url, json = {'title': 'forged'}, ${cert}).status_code)
print(requests.delete(url, ${cert}).status_code)
print(requests.get(base_url + '_cat/indices', ${cert}).status_code)
print(requests.get(base_url + 'movies/../_cat/indices', ${cert}).status_code)`
    const { body } = await ask(movies, { certificate: 'CLIENT1', more })
    assert.deepEqual(body.split('\n').slice(-4), ['403', '403', '403', '403'])
    assert.deepEqual(
      movies.store.requests.map(({ method, path }) => `${method} ${path}`),
      ['GET /movies/_doc/3'],
    )
  })
})

describe('basic authentication behind it in the chain', { skip }, () => {
  test('a certificate is enough', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRead(movies, await ask(movies, { certificate: 'CLIENT1' }), 'CLIENT1', 'own_index,readall')
  })

  test('a password is enough, hashed by bcrypt', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRead(movies, await ask(movies, { password: ['readall', 'readall'] }), 'readall', 'own_index,readall')
  })

  test('a password is enough, hashed by argon2id', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRead(movies, await ask(movies, { password: ['CLIENT1', 'Kenne dich selbst'] }), 'CLIENT1', 'own_index,readall')
  })

  test('a password is all there can be under NONE', async (t) => {
    const movies = await serve(t, { mode: 'NONE', basic: true })
    assertRead(movies, await ask(movies, { certificate: 'CLIENT1', password: ['admin', 'admin'] }), 'admin', 'all_access,own_index')
  })

  test('a wrong password, and none at all, are challenged and go no further', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    const more = "print(response.headers['WWW-Authenticate'])"
    for (const password of [['readall', 'wrong'], ['nobody', 'readall'], undefined] as const) {
      const { status, body } = await ask(movies, { ...(password === undefined ? {} : { password }), more })
      assert.equal(status, 401)
      assert.match(body, /\nBasic realm="[^"]+"/)
    }
    assert.deepEqual(movies.store.requests, [])
  })

  test('a password without a role is refused', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true })
    assertRefused(movies, await ask(movies, { password: ['logstash', 'logstash'] }), 403, 'role_missing')
  })
})

describe('two layers of security: combine all', { skip }, () => {
  const both = { mode: 'OPTIONAL', basic: true, auth: 'combine: all' } as const

  test('certificate and password of the same user read, and roles by either count', async (t) => {
    const movies = await serve(t, both)
    const asked = await ask(movies, { certificate: 'CLIENT1', password: ['CLIENT1', 'Kenne dich selbst'] })
    assertRead(movies, asked, 'CLIENT1', 'own_index,readall')
  })

  test('the backend roles of the password count beside the certificate', async (t) => {
    const movies = await serve(t, both)
    assertRead(
      movies,
      await ask(movies, { certificate: 'CLIENT2', password: ['CLIENT2', 'Erkenne andere'] }),
      'CLIENT2',
      'own_index,readall',
    )
  })

  test('one of the two alone is refused', async (t) => {
    const movies = await serve(t, both)
    for (const asker of [{ certificate: 'CLIENT1' }, { password: ['CLIENT1', 'Kenne dich selbst'] }, {}] as const) {
      assert.equal((await ask(movies, asker)).status, 401)
    }
    assert.equal((await ask(movies, { certificate: 'CLIENT1', password: ['CLIENT1', 'wrong'] })).status, 401)
    assert.deepEqual(movies.store.requests, [])
  })

  test("somebody else's password is refused, unless names need not match", async (t) => {
    const asker = { certificate: 'CLIENT2', password: ['readall', 'readall'] } as const
    const strict = await serve(t, both)
    assertRefused(strict, await ask(strict, asker), 403, 'identity_mismatch')
    const loose = await serve(t, { ...both, auth: 'combine: all\nusername_must_match: false' })
    assertRead(loose, await ask(loose, asker), 'CLIENT2', 'own_index,readall')
  })
})

describe('anonymous', { skip }, () => {
  const mapping = 'public:\n  users: ["opendistro_security_anonymous"]\n'
  const routes = `- name: public
  path: /movies/_doc/3
  methods: [GET]
  allow: [public, readall]
  upstream: search`

  test('with anonymous on, who shows nothing has the role that names them literally', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', auth: 'anonymous: true', routes, mapping })
    assertRead(movies, await ask(movies), 'opendistro_security_anonymous', 'public')
  })

  test('a pattern does not make anonymous somebody: own_index has "*"', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', auth: 'anonymous: true', routes: routes.replace('public, readall', 'own_index') })
    const { status } = await ask(movies)
    assert.ok(status === 401 || status === 403, String(status))
    assert.deepEqual(movies.store.requests, [])
  })

  test('with anonymous off the same request is refused', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', routes, mapping })
    assertRefused(movies, await ask(movies), 401, 'certificate_required')
  })

  test('who shows credentials is not anonymous, also not with wrong ones', async (t) => {
    const movies = await serve(t, { mode: 'OPTIONAL', basic: true, auth: 'anonymous: true', routes, mapping })
    assert.equal((await ask(movies, { password: ['readall', 'wrong'] })).status, 401)
    assertRefused(movies, await ask(movies, { certificate: 'CLIENT2' }), 403, 'role_missing')
  })
})
