/**
 * The promise: a client that sends the same head again and again on one connection is refused, identified and cleaned of forged headers
 * each time as it would be on a connection of its own, by what is configured, trusted and true at that moment.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import { basic, passwordAuth } from '../support/passwords.ts'
import type { RawClient } from '../support/raw-client.ts'
import { metricOf, reconfigure, reload, repeat, TIMES, withoutId } from '../support/repetition.ts'
import { seededRandom } from '../support/seeded-random.ts'

const lifetime = fileLifetime()
/** For whoever leaves it as it is. */
let shared: Gateway
before(async () => {
  shared = await startGateway(lifetime)
})

const mapping = (role: string, ...users: string[]): string => `${role}:\n  users: [${users.join(', ')}]\n`

describe('a reload', () => {
  test('that takes the role away holds from the very next request, and so does one that gives it back', async (t) => {
    const gateway = await startGateway(t)
    const client = await gateway.connect()
    const same = get('/same')
    for (let round = 0; round < 3; round++) {
      for (const { head } of await repeat(gateway, client, same)) assert.match(head, /\r\nX-Forwarded-User: alice\r\n/)
      await reload(gateway, 'roles_mapping.yml', mapping('reader', 'bob'))
      gateway.upstream.reset()
      for (let i = 0; i < 4; i++) {
        const refused = await client.ask(same)
        assert.deepEqual([refused.status, refused.json().code], [403, 'role_missing'])
      }
      assert.equal(gateway.upstream.receivedText, '')
      await reload(gateway, 'roles_mapping.yml', mapping('reader', 'alice'))
    }
  })

  test('of roles, header names, stripped names, upstreams or limits is seen by the very next request', async (t) => {
    const gateway = await startGateway(t)
    const client = await gateway.connect()
    const same = get('/same', 'X-Secret: 1\r\nX-Team: forged\r\n')
    const next = async () => (await repeat(gateway, client, same))[0]
    const first = await next()
    assert.deepEqual([first.values('x-forwarded-roles'), first.values('x-team')], [['reader'], ['forged']])

    await reload(gateway, 'roles_mapping.yml', mapping('reader', 'alice') + mapping('writer', 'alice'))
    assert.deepEqual((await next()).values('x-forwarded-roles'), ['reader,writer'])

    await reconfigure(gateway, '{ styles: [plain] }', '{ styles: [plain], custom: { X-Team: "of {name}" } }')
    assert.deepEqual((await next()).values('x-team'), ['of alice'])

    await reconfigure(gateway, 'upgrade: [websocket]', 'strip: [X-Secret]')
    const stripped = await next()
    assert.deepEqual([stripped.values('x-secret'), stripped.values('x-team')], [[], ['of alice']])
    await reconfigure(gateway, 'strip: [X-Secret]', 'upgrade: [websocket]')
    assert.deepEqual((await next()).values('x-secret'), ['1'])

    const nobody = 'http://127.0.0.1:1'
    await reconfigure(gateway, gateway.upstream.url, nobody)
    gateway.upstream.reset()
    assert.equal((await client.ask(same)).status, 502)
    assert.equal(gateway.upstream.receivedText, '')
    await reconfigure(gateway, nobody, gateway.upstream.url)
    await next()

    await reconfigure(gateway, 'workers: 1', 'workers: 1\nlimits: { headers: 2 }')
    gateway.upstream.reset()
    assert.equal((await client.ask(same)).status, 431)
    assert.equal(gateway.upstream.receivedText, '')
  })
})

test('a certificate that expires between two identical requests permits nothing more', async (t) => {
  const gateway = await startGateway(t)
  const notAfter = new Date(Math.ceil((Date.now() + 1_500) / 1_000) * 1_000)
  const brief = await gateway.issue('CN=alice', { notAfter })
  const client = await gateway.connect(brief)
  await repeat(gateway, client, get('/brief'))
  gateway.upstream.reset()
  let permitted = 0
  const last = await eventually('a refusal', async () => {
    // Whichever looks first: the next request, or the judgement of all live connections once a second.
    const response = await client.ask(get('/brief')).catch(() => null)
    if (response?.status !== 200) return { response }
    permitted++
    return false
  })
  assert.ok(Date.now() > notAfter.getTime())
  if (last.response !== null) assert.deepEqual([last.response.status, last.response.json().code], [403, 'certificate_expired'])
  assert.ok(permitted > 0)
  assert.equal(gateway.upstream.requests.length, permitted)
})

test('forged headers are removed and counted each time', async () => {
  const gateway = shared
  const client = await gateway.connect()
  const forged = ['X-Forwarded-User: root', 'x_forwarded_roles: admin', 'X.Forwarded.For: 10.0.0.1', 'Client-Cert: :AA==:']
  const stripped = () => metricOf(gateway, /^certgate_stripped_headers_total (\d+)$/m)
  const allowed = () => metricOf(gateway, /^certgate_authz_decisions_total\{(?=.*route="all")(?=.*decision="allow").*\} (\d+)$/m)
  const before = [await stripped(), await allowed()]
  for (const request of await repeat(gateway, client, get('/forged', forged.map((line) => `${line}\r\n`).join('')))) {
    assert.doesNotMatch(request.head, /root|admin|10\.0\.0\.1|AA==/)
    assert.deepEqual([request.values('x-forwarded-user'), request.values('x-forwarded-roles')], [['alice'], ['reader']])
  }
  assert.deepEqual([await stripped(), await allowed()], [before[0] + forged.length * TIMES, before[1] + TIMES])
})

test('heads in any order are each answered and forwarded as on a connection of their own', async (t) => {
  // All of one length, so that each might be taken for the one before.
  const heads = ['/public/a', '/admin/aa', '/public/b', '/stripped', '/no-route'].flatMap((path) => [
    get(path, 'X-Secret: a\r\nA: same\r\n'),
    get(path, 'X-Forwarded-User: xx\r\n'),
    get(path, 'X-Request-Id: abcdef\r\n'),
    get(path, 'X-Request-Id: abc,ef\r\n'),
    get(path, 'Connection: xa\r\nxa: \r\n'),
  ])
  assert.equal(new Set(heads.map(({ length }) => length)).size, 1)
  const gateway = await startGateway(t, {
    routes: `
  - { name: public, path: /public/**, allow: [anonymous], upstream: recorder }
  - { name: admin, path: /admin/**, allow: [authenticated], methods: [PUT], upstream: recorder }
  - { name: stripped, path: /stripped, allow: [reader], upstream: recorder, strip: [X-Secret] }`,
  })
  const { upstream } = gateway
  /** Its status, and what reached the upstream. */
  const outcome = async (client: RawClient, head: string) => {
    upstream.reset()
    const { status } = await client.ask(head)
    assert.equal(upstream.requests.length, status === 200 ? 1 : 0)
    return { status, forwarded: upstream.requests.map(withoutId).join('') }
  }
  const alone = new Map<string, unknown>()
  for (const head of heads) alone.set(head, await outcome(await gateway.connect(), head))

  const client = await gateway.connect()
  const [a, , , , b] = heads
  for (const head of [a, a, a, b, a, b, a, a, b, b, b, a]) assert.deepEqual(await outcome(client, head), alone.get(head))
  const seed = Date.now() % 1_000_000
  const random = seededRandom(seed)
  for (let i = 0; i < 300; i++) {
    const head = heads[random(heads.length)]
    for (let times = 1 + random(5); times > 0; times--) assert.deepEqual(await outcome(client, head), alone.get(head), `seed ${seed}`)
  }
})

test('names that a route or its upstream strips are removed and counted each time', async (t) => {
  const gateway = await startGateway(t)
  const { url } = gateway.upstream
  await reconfigure(gateway, `recorder: { targets: ["${url}"] }`, `recorder: { targets: ["${url}"], strip: [X-Upstream-Secret] }`)
  await reconfigure(gateway, 'upgrade: [websocket]', 'strip: [X-Route-Secret]')
  const client = await gateway.connect()
  const stripped = () => metricOf(gateway, /^certgate_stripped_headers_total (\d+)$/m)
  const before = await stripped()
  const secrets = 'X-Route-Secret: 1\r\nX-Kept: 2\r\nx_upstream_secret: 3\r\n'
  for (const request of await repeat(gateway, client, get('/secrets', secrets))) {
    assert.doesNotMatch(request.head, /secret:/i)
    assert.deepEqual(request.values('x-kept'), ['2'])
  }
  assert.equal(await stripped(), before + 2 * TIMES)
})

test('a password is looked at each time, is never forwarded, and counts for nothing once its user is gone', async (t) => {
  const options = await passwordAuth(t, ['ann'])
  const gateway = await startGateway(t, options)
  const client = await gateway.connect(null)
  const right = get('/secret', basic('ann'))
  const refusals = [
    [get('/secret', basic('ann', 'wrong')), 'credentials_invalid'],
    [get('/secret'), 'credentials_required'],
  ] as const
  for (let round = 0; round < 2; round++) {
    for (const request of await repeat(gateway, client, right)) {
      assert.deepEqual([request.values('authorization'), request.values('x-forwarded-user')], [[], ['ann']])
    }
    gateway.upstream.reset()
    for (const [head, code] of refusals) {
      for (let i = 0; i < 2; i++) {
        const refused = await client.ask(head)
        assert.deepEqual([refused.status, refused.json().code], [401, code])
      }
    }
    assert.equal(gateway.upstream.receivedText, '')
  }
  await repeat(gateway, client, right)
  const nobody =
    '_meta: { type: internalusers, config_version: 2 }\nbob: { hash: "$2y$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW" }\n'
  writeFileSync(join(gateway.folder, 'nobody.yml'), nobody)
  await reconfigure(gateway, options.extra?.trim() ?? '', 'internal_users: nobody.yml')
  gateway.upstream.reset()
  assert.equal((await client.ask(right)).status, 401)
  assert.equal(gateway.upstream.receivedText, '')
})

describe('what ends at this hop', () => {
  test('is taken out by a Connection list each time', async () => {
    const gateway = shared
    const client = await gateway.connect()
    const hop = 'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nX-End: 2\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\n'
    for (const request of await repeat(gateway, client, get('/hop', hop))) {
      for (const name of ['connection', 'x-hop', 'keep-alive', 'te']) assert.deepEqual(request.values(name), [], name)
      assert.deepEqual(request.values('x-end'), ['2'])
    }
  })

  test('an upgrade is asked for each time, on its route alone, and is one when the upstream agrees', async () => {
    const gateway = shared
    const client = await gateway.connect()
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    for (const { head } of await repeat(gateway, client, get('/public/ws', upgrade))) assert.doesNotMatch(head, /upgrade/i)
    for (const request of await repeat(gateway, client, get('/ws', upgrade))) {
      assert.deepEqual([request.values('connection'), request.values('upgrade')], [['Upgrade'], ['websocket']])
    }
    gateway.upstream.answer = (_request, socket) => void socket.write(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\nhello`)
    client.send(get('/ws', upgrade))
    await client.textMatching(/^HTTP\/1\.1 101 .*\r\n\r\nhello$/s)
    // From here on the very same bytes are no request, whoever was permitted to send them.
    gateway.upstream.answer = () => {}
    client.send(get('/ws', upgrade))
    await eventually('the bytes in the tunnel', () => gateway.upstream.receivedText.endsWith(get('/ws', upgrade)))
    client.close()
  })
})
